//! RFC 6121 section 3: the stanzas that manage subscriptions, between the pure table of
//! `subscription.rs` and the roster. Whoever is subscribed, to whom, on whichever server: an
//! account's contacts may be here or elsewhere, a resident's are elsewhere.
//!
//! Residents, and accounts of one household, see each other without asking: who asks all the same
//! is told yes, and who wants to end it is told that this is not possible.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::Stanza;

use crate::context::Context;
use crate::delivery::place::{self, Place, available};
use crate::delivery::{failed, interest, outside, presence, refuse};
use crate::resident::Sender;
use crate::roster::{self, Push};
use crate::router::Origin;
use crate::storage::roster::{change, trim_requests};
use crate::subscription::{Act, Outcome, Subscription};

/// Bytes of a request that are kept to be shown later; of a longer one only that it was made.
const REQUEST: usize = 4096;

/// Whether what was to go to another server could be sent on its way.
pub(crate) type Sent = Result<(), Condition>;

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
    if matches!(act, Act::Subscribe | Act::Subscribed) {
        match roster::has_room(context, &origin.account, &name).await {
            Ok(true) => {}
            Ok(false) => return refuse(&stanza, Condition::ResourceConstraint),
            Err(error) => return failed(&stanza, &error),
        }
    }
    // Section 3.1.2: both addresses are bare JIDs.
    let asked = stanza.clone();
    stanza.set_to(Some(contact.into()));
    stanza.set_from(Some(origin.jid.bare().clone().into()));
    match send(context, &origin.account, &name, act, Some(&stanza)).await {
        Err(error) => failed(&asked, &error),
        Ok(Err(condition)) => refuse(&asked, condition),
        Ok(Ok(())) => None,
    }
}

/// A contact that everybody sees.
fn fixed(
    context: &Context,
    origin: &Origin,
    asked: &Stanza,
    act: Act,
    contact: &str,
) -> Option<Element> {
    match act {
        Act::Subscribe => Some(stanza(contact, &context.address(&origin.account), Act::Subscribed)),
        Act::Subscribed => None,
        Act::Unsubscribe | Act::Unsubscribed => refuse(asked, Condition::NotAllowed),
    }
}

/// A resident sends a subscription stanza to somebody on another server.
pub(crate) async fn from_resident(
    context: &Context,
    localpart: &str,
    mut stanza: Stanza,
    act: Act,
) -> Result<Sent, Error> {
    let Some(contact) = stanza.to().map(|to| to.bare().clone()) else { return Ok(Ok(())) };
    let name = contact.to_string();
    stanza.set_to(Some(contact.into()));
    stanza.set_from(context.address(localpart).parse().ok());
    send(context, localpart, &name, act, Some(&stanza)).await
}

/// `account`, which may be a resident, sends `act` to `contact`: state, push, routing, and the
/// presence that follows.
pub(crate) async fn send(
    context: &Context,
    account: &str,
    contact: &str,
    act: Act,
    said: Option<&Stanza>,
) -> Result<Sent, Error> {
    let step = change_outbound(context, account, contact, act).await?;
    if step.changed {
        Push::new(account, contact).deliver(context).await?;
    }
    if !step.outcome.pass {
        return Ok(Ok(()));
    }
    let from = context.address(account);
    let said = said.map_or_else(|| stanza(&from, contact, act), |said| said.element().clone());
    let sent = if place::is_elsewhere(context, contact) {
        Stanza::try_from(said)
            .map_err(|_| Condition::JidMalformed)
            .and_then(|said| outside::send(context, &said))
    } else {
        let known = place::localpart_here(context, contact);
        let known = known.filter(|localpart| context.accounts().account(localpart).is_some());
        if let Some(recipient) = known {
            receive(context, recipient, &from, act, said).await?;
        }
        Ok(())
    };
    match act {
        Act::Subscribed => {
            presence::reveal(context, account, contact, true);
            interest::standing_changed(context, account, contact, true).await;
        }
        Act::Unsubscribed if step.was_seen => {
            presence::reveal(context, account, contact, false);
            interest::standing_changed(context, account, contact, false).await;
        }
        Act::Subscribe | Act::Unsubscribe | Act::Unsubscribed => {}
    }
    Ok(sent)
}

/// Section 2.5.2: `account` takes `contact` off its roster; what there is of a subscription ends
/// both ways.
pub(crate) async fn end(context: &Context, account: &str, contact: &str) -> Result<(), Error> {
    let state = change(context.store(), account, contact, |entry| {
        entry.listed = false;
        entry.approved = false;
        entry.name = None;
        entry.groups.clear();
        entry.state
    })
    .await?;
    for act in endings(state) {
        if let Err(condition) = send(context, account, contact, act, None).await? {
            tracing::debug!(contact, %condition, "a contact could not be told of the end");
        }
    }
    Ok(())
}

/// The stanzas that end a subscription on behalf of the user.
fn endings(state: Subscription) -> impl Iterator<Item = Act> {
    let ours = (state.sees() || state.is_asking()).then_some(Act::Unsubscribe);
    let theirs = (state.is_seen() || state.is_asked()).then_some(Act::Unsubscribed);
    ours.into_iter().chain(theirs)
}

/// What one stanza did to one side's state.
struct Step {
    outcome: Outcome,
    /// Whether the contact saw the account before: only then is there anything to take back, and
    /// whoever was never shown anything learns nothing now.
    was_seen: bool,
    /// Whether the roster shows another item.
    changed: bool,
}

/// Changes the sender's side.
async fn change_outbound(
    context: &Context,
    account: &str,
    contact: &str,
    act: Act,
) -> Result<Step, Error> {
    let has_roster = context.resident(account).is_none();
    change(context.store(), account, contact, move |entry| {
        let outcome = entry.state.outbound(act);
        let (was_listed, was_seen) = (entry.listed, entry.state.is_seen());
        let was_approved = entry.approved;
        // Section 3.4.2: approval of somebody who has not asked is noted, and not told.
        let approves = has_roster && act == Act::Subscribed && entry.state.may_be_approved();
        entry.approved = approves || (entry.approved && act != Act::Unsubscribed);
        // Section 3.1.2, 3.1.5: asking, or granting, puts the contact on the roster. A resident's
        // entries end with the subscription: nobody is there to take them off.
        let wanted = matches!(act, Act::Subscribe | Act::Subscribed);
        entry.listed |= has_roster && (outcome.pass || approves) && wanted;
        let visible = (entry.state.subscription(), entry.state.is_asking());
        entry.state = outcome.state;
        if !entry.state.is_asked() {
            entry.request = None;
        }
        let other = visible != (entry.state.subscription(), entry.state.is_asking())
            || was_approved != entry.approved;
        let changed = (entry.listed && other) || was_listed != entry.listed;
        Step { outcome, was_seen, changed }
    })
    .await
}

/// Somebody on another server sends `act` to whoever is at `place`.
pub(crate) async fn from_outside(
    context: &Context,
    mut said: Stanza,
    place: &Place,
    act: Act,
) -> Result<(), Error> {
    let account = match place {
        Place::Account(account) | Place::Resource(account, _) | Place::Resident(account) => account,
        Place::Server | Place::Nobody | Place::Elsewhere => return Ok(()),
    };
    let bare = |jid: Option<&Jid>| jid.map(|jid| Jid::from(jid.bare().clone()));
    let (Some(from), to) = (bare(said.from()), bare(said.to())) else { return Ok(()) };
    let name = from.to_string();
    said.set_from(Some(from));
    said.set_to(to);
    receive(context, account, &name, act, said.into_element()).await?;
    if act == Act::Subscribe {
        let domain = name.split_once('@').map_or(name.as_str(), |(_, domain)| domain);
        trim_requests(context.store(), account, domain).await?;
    }
    Ok(())
}

/// `account`, which may be a resident, is sent `act` by `from`: state, delivery, push, and the
/// presence that follows.
async fn receive(
    context: &Context,
    account: &str,
    from: &str,
    act: Act,
    said: Element,
) -> Result<(), Error> {
    let step = change_inbound(context, account, from, act, &said).await?;
    let outcome = step.outcome;
    if outcome.accept {
        accept(context, account, from).await?;
    }
    // A resident hears every request: the next may say more than the last, such as a token.
    let asked_again = act == Act::Subscribe && outcome.state.is_asked();
    if outcome.pass || (asked_again && context.resident(account).is_some()) {
        deliver(context, account, act, said, outcome.state);
    }
    if step.changed {
        Push::new(account, from).deliver(context).await?;
    }
    if step.was_seen && act == Act::Unsubscribe {
        presence::reveal(context, account, from, false);
        interest::standing_changed(context, account, from, false).await;
    }
    Ok(())
}

/// Changes the recipient's side.
async fn change_inbound(
    context: &Context,
    account: &str,
    from: &str,
    act: Act,
    said: &Element,
) -> Result<Step, Error> {
    let mut kept = said.to_xml();
    if kept.len() > REQUEST {
        kept = stanza(from, &context.address(account), act).to_xml();
    }
    change(context.store(), account, from, move |entry| {
        let outcome = match act {
            Act::Subscribe if entry.approved => entry.state.inbound_approved(),
            _ => entry.state.inbound(act),
        };
        let was_seen = entry.state.is_seen();
        let visible = (entry.state.subscription(), entry.state.is_asking());
        entry.state = outcome.state;
        if outcome.pass && act == Act::Subscribe {
            entry.request = Some(kept);
        } else if !entry.state.is_asked() {
            entry.request = None;
        }
        let now = (entry.state.subscription(), entry.state.is_asking());
        Step { outcome, was_seen, changed: entry.listed && visible != now }
    })
    .await
}

/// Section 3.1.3: the contact has it already, so the server says yes by itself.
async fn accept(context: &Context, account: &str, from: &str) -> Result<(), Error> {
    let by = context.address(account);
    let accepted = stanza(&by, from, Act::Subscribed);
    match place::localpart_here(context, from) {
        None => outside::tell(context, accepted),
        Some(asker) => {
            Box::pin(receive(context, asker, &by, Act::Subscribed, accepted)).await?;
        }
    }
    presence::reveal(context, account, from, true);
    Ok(())
}

/// Requests go to the available resources, everything else to the interested ones; a resident gets
/// all of it.
fn deliver(context: &Context, account: &str, act: Act, said: Element, state: Subscription) {
    if context.resident(account).is_some() {
        let Some(Ok(jid)) = said.attr("from").map(str::parse) else { return };
        let subscription = Some(state);
        let sender = Sender { jid, account: None, on_link: false, subscription };
        if !context.to_resident(account, said, sender) {
            tracing::warn!(resident = account, "a resident is too busy for a subscription");
        }
        return;
    }
    let to = match act {
        Act::Subscribe => available(context, account, i8::MIN),
        Act::Subscribed | Act::Unsubscribe | Act::Unsubscribed => {
            let sessions = context.router().sessions(account).into_iter();
            sessions.filter(|session| session.interested).map(|s| s.origin.jid.clone()).collect()
        }
    };
    context.router().send_all(&to, &said);
}

/// Makes a subscription stanza of the server's own.
pub(crate) fn stanza(from: &str, to: &str, act: Act) -> Element {
    Element::builder("presence", ns::CLIENT)
        .attr("from", from)
        .attr("to", to)
        .attr("type", act.as_str())
        .build()
}
