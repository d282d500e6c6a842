//! XEP-0357 section 7.1: what app servers answer. One that refuses is not asked again, and the account's
//! sessions are told; one that cannot be reached is given some chances.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, ErrorKind, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use tokio::time::Instant;

use crate::context::Context;
use crate::delivery::place::available;
use crate::push::publish::Tell;
use crate::storage::push::{self as storage, Registration};

/// Notices under way, all together.
const PENDING: usize = 1024;

/// How long an answer may take.
const ANSWERING: Duration = Duration::from_secs(10 * 60);

/// Failures in a row, none of them a refusal, that make one.
const FAILURES: u32 = 5;

/// The notices that have not been answered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pending: Mutex<HashMap<String, Pending>>,
}

/// A notice under way.
#[derive(Debug)]
pub(crate) struct Pending {
    account: String,
    jid: String,
    node: String,
    tell: Tell,
    since: Instant,
}

impl Pending {
    pub(super) fn new(account: &str, registration: &Registration, tell: Tell) -> Self {
        Self {
            account: account.to_owned(),
            jid: registration.jid.clone(),
            node: registration.node.clone(),
            tell,
            since: Instant::now(),
        }
    }
}

impl Answers {
    /// Notes a notice that goes out. When too many are under way, the oldest are forgotten.
    pub(super) fn expect(&self, id: &str, new: Pending) {
        let mut pending = self.lock();
        if pending.len() >= PENDING {
            let now = Instant::now();
            pending.retain(|_, one| now < one.since + ANSWERING);
        }
        if pending.len() >= PENDING {
            let oldest = pending.iter().min_by_key(|(_, one)| one.since).map(|(id, _)| id.clone());
            oldest.and_then(|oldest| pending.remove(&oldest));
        }
        pending.insert(id.to_owned(), new);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes an iq result or error that is for the server itself: an app server's, perhaps.
pub(crate) fn answered(context: &Context, answer: &Element) {
    let Some(id) = answer.attr("id") else { return };
    let from = answer.attr("from").and_then(|from| from.parse::<Jid>().ok());
    let expected = |one: &Pending| one.jid.parse::<Jid>().ok() == from;
    if !context.memory().push.answers.lock().get(id).is_some_and(expected) {
        return;
    }
    heard(context, id, StanzaError::of(answer).map_or(Ok(()), Err));
}

/// Lets go of a notice for which there was no room here: that says nothing about the app server.
pub(super) fn unsent(context: &Context, id: &str) {
    let pending = context.memory().push.answers.lock().remove(id);
    tracing::debug!("too much is under way for one more notice");
    if let Some(tell) = pending.and_then(|pending| pending.tell) {
        // Whoever asked may have stopped waiting.
        let _ = tell.send(Err(Condition::ResourceConstraint.into()));
    }
}

/// Sees to what became of a notice.
pub(super) fn heard(context: &Context, id: &str, answer: Result<(), StanzaError>) {
    let Some(pending) = context.memory().push.answers.lock().remove(id) else { return };
    let context = context.clone();
    tokio::spawn(async move {
        if let Err(error) = consider(&context, &pending, answer.as_ref().err()).await {
            tracing::error!(%error, "what an app server said could not be kept");
        }
        if let Some(tell) = pending.tell {
            // Whoever asked may have stopped waiting.
            let _ = tell.send(answer);
        }
    });
}

async fn consider(
    context: &Context,
    pending: &Pending,
    error: Option<&StanzaError>,
) -> Result<(), televisor_store::Error> {
    let Pending { account, jid, node, .. } = pending;
    let Some(error) = error else {
        return storage::succeeded(context.store(), account, jid, node).await;
    };
    let most = if is_for_now(error) { FAILURES } else { 1 };
    if storage::failed(context.store(), account, jid, node, most).await? {
        tracing::info!(%account, %jid, condition = %error.condition, "an app server is not asked any more");
        tell_sessions(context, pending, error);
    }
    Ok(())
}

/// Whether an error says that a notice may be taken another time.
pub(super) fn is_for_now(error: &StanzaError) -> bool {
    error.kind == ErrorKind::Wait || is_unreachable(error.condition)
}

/// Whether it was not the app server that said so: there was no way to it.
pub(super) const fn is_unreachable(condition: Condition) -> bool {
    matches!(condition, Condition::RemoteServerNotFound | Condition::RemoteServerTimeout)
}

/// Tells the account's sessions, in words, and in the shape of section 8.
fn tell_sessions(context: &Context, pending: &Pending, error: &StanzaError) {
    let to = context.address(&pending.account);
    let affiliation = Element::builder("affiliation", ns::PUBSUB)
        .attr("jid", to.as_str())
        .attr("affiliation", "none");
    let pubsub = Element::builder("pubsub", ns::PUBSUB)
        .attr("node", pending.node.as_str())
        .child(affiliation);
    let text = format!(
        "Notifications by way of {} are switched off: they were not taken ({})",
        pending.jid, error.condition
    );
    let message = Element::builder("message", ns::CLIENT)
        .attr("type", "headline")
        .attr("from", context.domain())
        .attr("to", to.as_str())
        .field("body", text)
        .child(pubsub)
        .child(Element::new("no-store", ns::HINTS))
        .build();
    let sessions = available(context, &pending.account, i8::MIN);
    context.router().send_all(&sessions, &message);
}
