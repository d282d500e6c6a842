//! The way out: stanzas for other servers, and what is remembered of them.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::stanza::{IqType, Kind, Stanza};

use crate::context::Context;
use crate::delivery::blocked;
use crate::delivery::memory::Share;

/// Sends a stanza to another server. Never waits: what cannot be delivered later comes back to
/// `remote::bounced`.
///
/// # Errors
/// `remote-server-not-found` if there is no way out, `resource-constraint` if too much waits for that
/// server, or for its answers.
pub(crate) fn send(context: &Context, stanza: &Stanza) -> Result<(), Condition> {
    if matches!(stanza.kind(), Kind::Iq(IqType::Get | IqType::Set)) {
        let asker = stanza.from().ok_or(Condition::BadRequest)?;
        return ask(context, stanza, Share::Asker(asker.bare().to_string()));
    }
    hand_over(context, stanza)
}

/// Sends an iq request of the server's own, which is one of this share.
///
/// # Errors
/// Those of [`send`].
pub(crate) fn ask(context: &Context, request: &Stanza, share: Share) -> Result<(), Condition> {
    context.memory().asked.note(request, share)?;
    hand_over(context, request)
}

fn hand_over(context: &Context, stanza: &Stanza) -> Result<(), Condition> {
    let to = stanza.to().ok_or(Condition::RemoteServerNotFound)?;
    if let Some(sent) = context.neighbours().send(to.domainpart().as_str(), stanza.element()) {
        return sent;
    }
    let federation = context.federation().ok_or(Condition::RemoteServerNotFound)?;
    federation.send(context, stanza.element().clone())
}

/// Sends a stanza that nobody waits for: presence, or an answer. One that cannot be sent is lost, as
/// it would be by a stream that breaks.
pub(crate) fn tell(context: &Context, stanza: Element) {
    let to = stanza.attr("to").map(str::to_owned);
    let whom = to.as_deref().and_then(|to| to.parse().ok());
    let presence = stanza.name() == "presence";
    if presence && whom.is_some_and(|whom| blocked::is_withheld(context, &stanza, &whom)) {
        return;
    }
    let sent = Stanza::try_from(stanza).map_err(|_| Condition::BadRequest);
    if let Err(condition) = sent.and_then(|stanza| send(context, &stanza)) {
        tracing::debug!(to, %condition, "another server could not be told");
    }
}

/// Sends a presence to one address elsewhere.
pub(crate) fn show(context: &Context, presence: &Element, to: &str) {
    let mut presence = presence.clone();
    presence.set_attr("to", to);
    tell(context, presence);
}
