//! RFC 6121: what becomes of each stanza of a bound session. The core calls these six functions and
//! nothing else; addresses in what it hands over are canonical, and `from` is stamped.
//!
//! | module | holds |
//! | --- | --- |
//! | `worth` | what a message carries, and what that makes it worth: archiving, keeping, copying |
//! | `blocked` | what one end blocks |
//! | `carbons` | copies for an account's other sessions |
//! | `rules` | the decisions of section 8.5, pure |
//! | `place` | where an address leads |
//! | `message` | messages |
//! | `recording` | messages on their way to the archive, and those kept for later |
//! | `iq` | requests to features, sessions and residents |
//! | `lost` | what a client never acknowledged |
//! | `presence` | availability: broadcast, probes, directed presence |
//! | `remote` | stanzas from other servers, and those that came back |
//! | `resident` | what residents say, and what others are told of them |
//! | `standing` | who somebody on another server is to the one addressed |
//! | `standings` | what was read of that already |
//! | `outside` | the way to other servers |
//! | `memory` | questions under way, what was delivered already |
//! | `audience` | who sees an account's presence |
//! | `interest` | what available clients want to hear of nodes |
//! | `subscribe` | the stanzas that manage subscriptions |

mod audience;
pub(crate) mod blocked;
mod carbons;
mod interest;
mod iq;
mod lost;
pub(crate) mod memory;
mod message;
pub(crate) mod outside;
pub(crate) mod place;
pub(crate) mod presence;
pub(crate) mod recording;
pub(crate) mod remote;
pub(crate) mod resident;
mod rules;
mod standing;
pub(crate) mod standings;
pub(crate) mod subscribe;
mod worth;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::stanza::{Kind, Stanza};

use crate::context::Context;
use crate::features::last_activity;
use crate::household;
use crate::pubsub;
use crate::push;
use crate::router::{Origin, Session};

/// Takes one stanza a session sent; returns the one reply to that session, if there is one.
pub(crate) async fn stanza(
    context: &Context,
    origin: &Origin,
    mut stanza: Stanza,
) -> Option<Element> {
    if let Err(blocked::Blocked(reply)) = blocked::check(context, &stanza) {
        return reply;
    }
    match stanza.kind() {
        Kind::Message(_) => {
            pubsub::displayed::assist(context, origin, &mut stanza).await;
            if pubsub::approval::answered(context, origin, &stanza).await {
                return None;
            }
            message::from_session(context, origin, stanza).await
        }
        // Large, and rarer than messages.
        Kind::Presence(kind) => {
            Box::pin(presence::from_session(context, origin, stanza, kind)).await
        }
        Kind::Iq(kind) => Box::pin(iq::from_session(context, origin, stanza, kind)).await,
    }
}

/// Is told that a resource was bound (after `Accounts::logged_in`); `first` if the account had
/// never logged in before.
pub(crate) async fn session_started(context: &Context, origin: &Origin, first: bool) {
    push::awake(context, &origin.account);
    if first {
        accounts_changed(context).await;
    }
}

/// Is told that a session has ended, with its state at the end: it is no longer in the router.
pub(crate) async fn session_ended(context: &Context, session: Session) {
    context.clients().left(session.origin.session);
    last_activity::ended(context, &session).await;
    presence::ended(context, session).await;
}

/// Is told of a stanza that a session which has ended was sent then, and never acknowledged.
pub(crate) fn undelivered(context: &Context, origin: &Origin, stanza: Element, then: u64) {
    if let Ok(stanza) = Stanza::try_from(stanza) {
        lost::undelivered(context, origin, stanza, then);
    }
}

/// Is told that messages wait for an account that may have been here for long: its available resources
/// get them.
pub(crate) async fn waits(context: &Context, account: &str) {
    let to = place::available(context, account, 0);
    if let Err(error) = recording::deliver_kept(context, account, to).await {
        tracing::error!(%error, "messages wait for a client that is here");
    }
}

/// Is told that accounts came, went or were renamed. Sessions of those gone have been ended.
pub(crate) async fn accounts_changed(context: &Context) {
    if let Err(error) = household::refresh(context).await {
        tracing::error!(%error, "the household's rosters could not be brought up to date");
    }
    if let Err(error) = context.client_certificates().tidy().await {
        tracing::error!(%error, "certificates of accounts that are gone could not be dropped");
    }
    if let Err(error) = context.clients().tidy().await {
        tracing::error!(%error, "tokens of accounts that are gone could not be dropped");
    }
}

/// Answers a stanza with an error, unless it must not be answered.
fn refuse(stanza: &Stanza, condition: Condition) -> Option<Element> {
    StanzaError::new(condition).reply_to(stanza.element())
}

/// Answers a stanza that met trouble with the database.
fn failed(stanza: &Stanza, error: &televisor_store::Error) -> Option<Element> {
    tracing::error!(%error, "a stanza could not be handled");
    refuse(stanza, Condition::InternalServerError)
}
