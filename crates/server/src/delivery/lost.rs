//! XEP-0198 section 5: what a client never acknowledged is dealt with as if its resource had not been
//! there, when its session ends.
//!
//! | stanza | becomes of it |
//! | --- | --- |
//! | message, no other resource got it | kept for later, which is now where another is there by now |
//! | message, another did, or a copy | that has it already; what was sent to the full address is sent to those without a copy |
//! | iq request | answered with an error |
//! | all else | is out of date |

use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{IqType, Kind, MessageType, Stanza};

use crate::context::Context;
use crate::delivery::recording::keep_unacknowledged;
use crate::delivery::{iq, outside, place};
use crate::router::{Origin, Session};

/// Deals with one stanza that `origin` was sent then, and never acknowledged.
pub(super) fn undelivered(context: &Context, origin: &Origin, stanza: Stanza, then: u64) {
    match stanza.kind() {
        Kind::Message(MessageType::Normal | MessageType::Chat) if !is_copy(&stanza) => {
            message_lost(context, origin, stanza, then);
        }
        Kind::Iq(IqType::Get | IqType::Set) => request_lost(context, &stanza),
        Kind::Message(_) | Kind::Presence(_) | Kind::Iq(_) => {}
    }
}

fn message_lost(context: &Context, origin: &Origin, stanza: Stanza, then: u64) {
    let to_full = stanza.to().is_some_and(|to| to.to_full().is_some());
    let had = |s: &Session| s.since < then && (s.carbons || !to_full);
    let others = context.router().look(&origin.account, |sessions| {
        let other = |s: &&Session| s.origin.session != origin.session;
        let willing = |s: &&Session| s.available.as_ref().is_some_and(|a| a.priority >= 0);
        sessions
            .filter(other)
            .filter(willing)
            .map(|s| (s.origin.jid.clone(), had(s)))
            .collect::<Vec<_>>()
    });
    if !others.iter().any(|(_, had)| *had) {
        if !keep_unacknowledged(context, &origin.account, stanza) {
            tracing::warn!(account = %origin.account, "no room for a message that was not received");
        }
        return;
    }
    if to_full {
        let to: Vec<_> = others.into_iter().filter(|(_, had)| !had).map(|(jid, _)| jid).collect();
        context.router().send_all(&to, stanza.element());
    }
}

fn request_lost(context: &Context, request: &Stanza) {
    let error = StanzaError::new(Condition::RecipientUnavailable).reply_to(request.element());
    let Some(Ok(error)) = error.map(Stanza::try_from) else { return };
    let to = error.to().map(ToString::to_string).unwrap_or_default();
    if place::is_elsewhere(context, to.split('/').next().unwrap_or_default()) {
        outside::tell(context, error.into_element());
    } else {
        iq::pass_on(context, &error);
    }
}

/// Whether it is a copy of what another resource sent or got (XEP-0280).
fn is_copy(stanza: &Stanza) -> bool {
    stanza.element().children().any(|child| child.namespace() == ns::CARBONS)
}
