//! RFC 6121 section 3: the stanzas that manage subscriptions, between the pure table of
//! `subscription.rs` and the roster.
//!
//! Residents, and accounts of one household, see each other without asking: who asks all the same
//! is told yes, and who wants to end it is told that this is not possible.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::Stanza;

use crate::context::Context;
use crate::delivery::place::{Place, available};
use crate::delivery::{failed, presence, refuse};
use crate::roster::{self, Push};
use crate::router::Origin;
use crate::storage::roster::change;
use crate::subscription::{Act, Subscription};

/// The user of a session sends a subscription stanza.
pub(crate) async fn outbound(
    context: &Context,
    origin: &Origin,
    mut stanza: Stanza,
    act: Act,
) -> Option<Element> {
    let Some(contact) = stanza.to().map(|to| to.bare().clone()) else {
        return refuse(&stanza, Condition::BadRequest);
    };
    let name = contact.to_string();
    if name == context.address(&origin.account) {
        return None;
    }
    if roster::is_fixed(context, &name) {
        return fixed(context, origin, &stanza, act, &name);
    }
    // Section 3.1.2: both addresses are bare JIDs.
    stanza.set_to(Some(contact.into()));
    stanza.set_from(Some(origin.jid.bare().clone().into()));
    let done = send(context, &origin.account, &name, act, Some(&stanza)).await;
    match done {
        Err(error) => failed(&stanza, &error),
        Ok(()) if Place::of(context, stanza.to(), None) == Place::Elsewhere => {
            refuse(&stanza, Condition::RemoteServerNotFound)
        }
        Ok(()) => None,
    }
}

/// A contact that everybody sees.
fn fixed(
    context: &Context,
    origin: &Origin,
    stanza: &Stanza,
    act: Act,
    contact: &str,
) -> Option<Element> {
    match act {
        Act::Subscribe => {
            Some(subscription(contact, &context.address(&origin.account), Act::Subscribed))
        }
        Act::Subscribed => None,
        Act::Unsubscribe | Act::Unsubscribed => refuse(stanza, Condition::NotAllowed),
    }
}

/// `account` sends `act` to `contact`: state, push, routing, and the presence that follows.
pub(crate) async fn send(
    context: &Context,
    account: &str,
    contact: &str,
    act: Act,
    stanza: Option<&Stanza>,
) -> Result<(), Error> {
    let (outcome, push) = change_outbound(context, account, contact, act).await?;
    if let Some(push) = push {
        push.deliver(context).await?;
    }
    if !outcome {
        return Ok(());
    }
    let local = contact.split_once('@').filter(|(_, domain)| *domain == context.domain());
    let local = local.map(|(localpart, _)| localpart);
    let known = local.filter(|localpart| context.accounts().account(localpart).is_some());
    if let Some(recipient) = known {
        let from = context.address(account);
        let stanza = stanza
            .map_or_else(|| subscription(&from, contact, act), |stanza| stanza.element().clone());
        receive(context, recipient, &from, act, stanza).await?;
    }
    match act {
        Act::Subscribed => presence::reveal(context, account, contact, true),
        Act::Unsubscribed => presence::reveal(context, account, contact, false),
        Act::Subscribe | Act::Unsubscribe => {}
    }
    Ok(())
}

/// Section 2.5.2: `account` takes `contact` off its roster; what there is of a subscription ends
/// both ways.
pub(crate) async fn end(context: &Context, account: &str, contact: &str) -> Result<(), Error> {
    let state = change(context.store(), account, contact, |entry| {
        entry.listed = false;
        entry.name = None;
        entry.groups.clear();
        entry.state
    })
    .await?;
    for act in endings(state) {
        send(context, account, contact, act, None).await?;
    }
    Ok(())
}

/// The stanzas that end a subscription on behalf of the user.
fn endings(state: Subscription) -> impl Iterator<Item = Act> {
    let ours = (state.sees() || state.is_asking()).then_some(Act::Unsubscribe);
    let theirs = (state.is_seen() || state.is_asked()).then_some(Act::Unsubscribed);
    ours.into_iter().chain(theirs)
}

/// Changes the sender's side; returns whether the stanza goes on, and the push.
async fn change_outbound(
    context: &Context,
    account: &str,
    contact: &str,
    act: Act,
) -> Result<(bool, Option<Push>), Error> {
    let (changed, pass) = change(context.store(), account, contact, move |entry| {
        let outcome = entry.state.outbound(act);
        let was_listed = entry.listed;
        // Section 3.1.2, 3.1.5: asking, or granting, puts the contact on the roster.
        entry.listed |= outcome.pass && matches!(act, Act::Subscribe | Act::Subscribed);
        let visible = (entry.state.subscription(), entry.state.is_asking());
        entry.state = outcome.state;
        if !entry.state.is_asked() {
            entry.request = None;
        }
        let changed = visible != (entry.state.subscription(), entry.state.is_asking());
        ((entry.listed && changed) || was_listed != entry.listed, outcome.pass)
    })
    .await?;
    Ok((pass, changed.then(|| Push::new(account, contact))))
}

/// `account` is sent `act` by `from`: state, delivery, push, and the presence that follows.
async fn receive(
    context: &Context,
    account: &str,
    from: &str,
    act: Act,
    stanza: Element,
) -> Result<(), Error> {
    let kept = stanza.to_xml();
    let (outcome, changed) = change(context.store(), account, from, move |entry| {
        let outcome = entry.state.inbound(act);
        let visible = (entry.state.subscription(), entry.state.is_asking());
        entry.state = outcome.state;
        if outcome.pass && act == Act::Subscribe {
            entry.request = Some(kept);
        } else if !entry.state.is_asked() {
            entry.request = None;
        }
        let now = (entry.state.subscription(), entry.state.is_asking());
        (outcome, entry.listed && visible != now)
    })
    .await?;
    if outcome.accept {
        let accepted = subscription(&context.address(account), from, Act::Subscribed);
        let local = from.split_once('@').map(|(localpart, _)| localpart.to_owned());
        if let Some(asker) = local {
            let by = context.address(account);
            Box::pin(receive(context, &asker, &by, Act::Subscribed, accepted)).await?;
            presence::reveal(context, account, from, true);
        }
    }
    if outcome.pass {
        deliver(context, account, act, &stanza);
    }
    if changed {
        Push::new(account, from).deliver(context).await?;
    }
    if outcome.pass && act == Act::Unsubscribe {
        presence::reveal(context, account, from, false);
    }
    Ok(())
}

/// Requests go to the available resources, everything else to the interested ones.
fn deliver(context: &Context, account: &str, act: Act, stanza: &Element) {
    let to = match act {
        Act::Subscribe => available(context, account, i8::MIN),
        Act::Subscribed | Act::Unsubscribe | Act::Unsubscribed => {
            let sessions = context.router().sessions(account).into_iter();
            sessions.filter(|session| session.interested).map(|s| s.origin.jid).collect()
        }
    };
    context.router().send_all(&to, stanza);
}

fn subscription(from: &str, to: &str, act: Act) -> Element {
    Element::builder("presence", ns::CLIENT)
        .attr("from", from)
        .attr("to", to)
        .attr("type", act.as_str())
        .build()
}
