//! XEP-0163 section 4.3.4: whoever becomes available is told the last item of each node that its
//! client wants. What that is, its caps say (XEP-0115), and a client of a kind not seen before is
//! asked for once.

use std::sync::Arc;

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::caps::{Verdict, verify};
use televisor_xmpp::payload::disco::Info;
use televisor_xmpp::stanza::Stanza;

use crate::context::Context;
use crate::delivery::memory::Share;
use crate::delivery::{outside, place};
use crate::pubsub::interests::{Caps, Step, WANTED, WANTED_BYTES, Wanted, Watcher};
use crate::pubsub::{last, managing};
use crate::random::token;
use crate::router::Origin;
use crate::storage::pubsub as kept;

/// The ids of the server's own questions start so.
const QUESTION: &str = "caps-";

/// Is told of the presence of an available session.
pub(crate) async fn available(context: &Context, origin: &Origin, presence: &Element) {
    seen(context, here(&origin.jid.to_string()), Caps::of(presence)).await;
}

/// Is told that a session is not available any more.
pub(crate) fn unavailable(context: &Context, origin: &Origin) {
    context.memory().interests.gone(&here(&origin.jid.to_string()));
}

/// Is told of the presence of a contact elsewhere that `account` sees.
pub(crate) async fn contact(context: &Context, account: &str, from: &Jid, presence: &Element) {
    let watcher = Watcher { seen_by: Some(account.to_owned()), jid: from.to_string() };
    if presence.attr("type").is_some() {
        context.memory().interests.gone(&watcher);
    } else if !from.is_bare() {
        seen(context, watcher, Caps::of(presence)).await;
    }
}

/// Is told that `contact` sees `account` now, or does not any more: its clients are told the last items
/// then, or it loses its subscriptions.
pub(crate) async fn standing_changed(context: &Context, account: &str, contact: &str, on: bool) {
    if !on {
        managing::contact_changed(context, account, contact).await;
        return;
    }
    for (jid, wanted) in context.memory().interests.of_contact(account, contact) {
        failed(last::of_account(context, account, &jid, &wanted).await);
    }
}

fn here(jid: &str) -> Watcher {
    Watcher { seen_by: None, jid: jid.to_owned() }
}

async fn seen(context: &Context, watcher: Watcher, caps: Option<Caps>) {
    let done = match context.memory().interests.seen(&watcher, caps) {
        Step::Nothing => Ok(()),
        Step::Tell(wanted) => last::tell(context, &watcher, &wanted).await,
        Step::Unknown(caps) => find_out(context, &watcher, caps).await,
    };
    failed(done);
}

fn failed(done: Result<(), Error>) {
    if let Err(error) = done {
        tracing::error!(%error, "it could not be found out what a client wants");
    }
}

/// Finds out what a client wants that is of a kind not seen since the start.
async fn find_out(context: &Context, watcher: &Watcher, caps: Caps) -> Result<(), Error> {
    if let Some(hash) = &caps.hash
        && let Some(wanted) = kept::wanted(context.store(), hash, &caps.version).await?
    {
        return learn(context, &caps, &Arc::new(wanted)).await;
    }
    ask(context, watcher, &caps);
    Ok(())
}

async fn learn(context: &Context, caps: &Caps, wanted: &Wanted) -> Result<(), Error> {
    for (watcher, new) in context.memory().interests.learn(caps, wanted) {
        last::tell(context, &watcher, &new).await?;
    }
    Ok(())
}

/// XEP-0115 section 6.2: asks a client what it can. Contacts elsewhere are asked by the account they
/// show themselves to: they would not tell a server they do not know.
fn ask(context: &Context, watcher: &Watcher, caps: &Caps) {
    let Ok(id) = token().map(|token| format!("{QUESTION}{token}")) else { return };
    if !context.memory().interests.ask(watcher, caps, &id) {
        return;
    }
    let from = match &watcher.seen_by {
        None => context.domain().to_owned(),
        Some(account) => context.address(account),
    };
    let node = format!("{}#{}", caps.node, caps.version);
    let query = Element::builder("query", ns::DISCO_INFO).attr("node", node);
    let iq = Element::builder("iq", ns::CLIENT)
        .attr("type", "get")
        .attr("id", id)
        .attr("from", from)
        .attr("to", watcher.jid.as_str())
        .child(query)
        .build();
    if place::is_elsewhere(context, watcher.jid.split('/').next().unwrap_or_default()) {
        ask_outside(context, iq);
    } else if let Ok(full) = watcher.jid.parse() {
        context.router().send(&full, &iq);
    }
}

/// A question that cannot be sent is one that nobody answers.
fn ask_outside(context: &Context, iq: Element) {
    let sent = Stanza::try_from(iq).map_err(|_| Condition::BadRequest);
    if let Err(condition) = sent.and_then(|iq| outside::ask(context, &iq, Share::Caps)) {
        tracing::debug!(%condition, "a client elsewhere could not be asked what it wants");
    }
}

/// Takes an iq result or error; returns whether it answers a question of [`ask`].
pub(crate) async fn answered(context: &Context, answer: &Stanza) -> bool {
    let Some(id) = answer.id().filter(|id| id.starts_with(QUESTION)) else { return false };
    let from = answer.from().map(Jid::to_string).unwrap_or_default();
    let Some((watcher, caps)) = context.memory().interests.answered(id, &from) else {
        return false;
    };
    failed(take(context, &watcher, &caps, answer).await);
    true
}

async fn take(
    context: &Context,
    watcher: &Watcher,
    caps: &Caps,
    answer: &Stanza,
) -> Result<(), Error> {
    let info = answer.payload().filter(|_| !answer.is_error());
    let info = info.filter(|query| query.is("query", ns::DISCO_INFO));
    let info = info.and_then(|query| Info::read(query).ok());
    let verdict = info.as_ref().map(|info| verify(info, caps.hash.as_deref(), &caps.version));
    let interests = &context.memory().interests;
    match (info, verdict) {
        (Some(info), Some(Verdict::Proven)) => {
            let wanted = wanted(&info);
            let hash = caps.hash.as_deref().unwrap_or_default();
            kept::set_wanted(context.store(), hash, &caps.version, &wanted).await?;
            learn(context, caps, &wanted).await
        }
        (Some(info), Some(Verdict::Unproven)) => {
            let new = interests.learn_one(watcher, caps, &wanted(&info));
            if let Some(new) = new {
                last::tell(context, watcher, &new).await?;
            }
            next(context, caps);
            Ok(())
        }
        // Section 5.4: another client of the kind may do better.
        (_, Some(Verdict::Invalid) | None) | (None, Some(_)) => {
            next(context, caps);
            Ok(())
        }
    }
}

/// Asks the next client of a kind of which one has not proven anything.
fn next(context: &Context, caps: &Caps) {
    let next = context.memory().interests.another(caps);
    if let Some(next) = next.filter(|_| caps.hash.is_some()) {
        ask(context, &next, caps);
    }
}

fn wanted(info: &Info) -> Wanted {
    let nodes = info.features.iter().filter_map(|feature| feature.strip_suffix("+notify"));
    let fits = |node: &&str| node.len() <= WANTED_BYTES && !node.contains('\n');
    let nodes = nodes.filter(fits).take(WANTED);
    Arc::new(nodes.map(str::to_owned).collect())
}
