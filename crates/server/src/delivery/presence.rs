//! RFC 6121 section 4: availability. Initial presence, broadcast, the answers to probes, directed
//! presence, and `unavailable` for whoever goes without a word.
//!
//! Probes between accounts of one server are not stanzas: the router already knows the answer.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::{FullJid, Jid};
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{PresenceType, Stanza};

use crate::context::Context;
use crate::delivery::place::{self, Place};
use crate::delivery::rules::{Decision, decide};
use crate::delivery::{failed, message, refuse, subscribe};
use crate::roster::Roster;
use crate::router::{Available, Origin, Session};
use crate::storage::{roster, vcard};
use crate::subscription::Act;

/// Takes a presence of a session.
pub(crate) async fn from_session(
    context: &Context,
    origin: &Origin,
    stanza: Stanza,
    kind: PresenceType,
) -> Option<Element> {
    let act = match kind {
        PresenceType::Available | PresenceType::Unavailable if stanza.to().is_some() => {
            return directed(context, origin, &stanza, kind);
        }
        PresenceType::Available => {
            let Some(priority) = priority(&stanza) else {
                return refuse(&stanza, Condition::BadRequest);
            };
            let done = available(context, origin, stanza.element().clone(), priority).await;
            return done.err().and_then(|error| failed(&stanza, &error));
        }
        PresenceType::Unavailable => {
            let done = unavailable(context, origin, stanza.element()).await;
            return done.err().and_then(|error| failed(&stanza, &error));
        }
        PresenceType::Error => return direct(context, &stanza),
        // Probes are for servers; a client's is answered like one where it may see the contact.
        PresenceType::Probe => {
            let done = probe(context, origin, &stanza).await;
            return done.err().and_then(|error| failed(&stanza, &error));
        }
        PresenceType::Subscribe => Act::Subscribe,
        PresenceType::Subscribed => Act::Subscribed,
        PresenceType::Unsubscribe => Act::Unsubscribe,
        PresenceType::Unsubscribed => Act::Unsubscribed,
    };
    subscribe::outbound(context, origin, stanza, act).await
}

/// Reads the priority (section 4.7.2.3): 0 if there is none, `None` if it is out of range.
fn priority(stanza: &Stanza) -> Option<i8> {
    stanza.field("priority").map_or(Some(0), |text| text.trim().parse().ok())
}

/// Sections 4.2 and 4.4: the resource is available, or changes what it says of it.
async fn available(
    context: &Context,
    origin: &Origin,
    mut presence: Element,
    priority: i8,
) -> Result<(), Error> {
    presence.remove_attr("to");
    stamp_photo(context, &origin.account, &mut presence).await?;
    let now = Available { priority, presence: presence.clone() };
    let before = context.router().set_available(origin, Some(now));
    let roster = Roster::load(context, &origin.account).await?;
    for watcher in watchers(context, &origin.account, &roster) {
        send(context, &presence, &watcher);
    }
    if before.is_none() {
        show_contacts(context, origin, &roster);
        show_requests(context, origin).await?;
    }
    if priority >= 0 && before.is_none_or(|before| before.priority < 0) {
        message::deliver_kept(context, origin).await?;
    }
    Ok(())
}

/// XEP-0153: says which photo the account's vCard holds, whatever the client thinks.
async fn stamp_photo(
    context: &Context,
    account: &str,
    presence: &mut Element,
) -> Result<(), Error> {
    let Some(photo) = vcard::photo(context.store(), account).await? else { return Ok(()) };
    presence.retain_children(|child| !child.is("x", ns::VCARD_UPDATE));
    presence.push(photo_element(&photo));
    Ok(())
}

/// Makes the element of XEP-0153 section 3.1.
pub(crate) fn photo_element(photo_sha1: &str) -> Element {
    Element::builder("x", ns::VCARD_UPDATE).field("photo", photo_sha1).build()
}

/// Says the presence of all an account's available resources again, with the photo it has now.
pub(crate) async fn photo_changed(context: &Context, account: &str) -> Result<(), Error> {
    let roster = Roster::load(context, account).await?;
    for session in context.router().sessions(account) {
        let Some(mut available) = session.available else { continue };
        stamp_photo(context, account, &mut available.presence).await?;
        let presence = available.presence.clone();
        let _ = context.router().set_available(&session.origin, Some(available));
        for watcher in watchers(context, account, &roster) {
            send(context, &presence, &watcher);
        }
    }
    Ok(())
}

/// Section 4.2.2: the available resources of every contact that sees the account, and its own.
fn watchers(context: &Context, account: &str, roster: &Roster) -> Vec<FullJid> {
    let mut watchers = place::available(context, account, i8::MIN);
    for contact in roster.watchers() {
        watchers.extend(resources_of(context, contact));
    }
    watchers
}

/// Returns the available resources behind a bare JID of this server.
fn resources_of(context: &Context, bare: &str) -> Vec<FullJid> {
    bare.parse::<Jid>()
        .map(|jid| Place::of(context, Some(&jid), None).available(context, i8::MIN))
        .unwrap_or_default()
}

/// Sends a presence to one resource, addressed to it.
fn send(context: &Context, presence: &Element, to: &FullJid) {
    let mut presence = presence.clone();
    presence.set_attr("to", to.to_string());
    context.router().send(to, &presence);
}

/// Section 4.3: what probes would find out, for a resource that has just become available.
fn show_contacts(context: &Context, origin: &Origin, roster: &Roster) {
    for contact in roster.watched() {
        show(context, contact, &origin.jid);
    }
    for other in context.router().sessions(&origin.account) {
        if let Some(available) = other.available.filter(|_| other.origin.jid != origin.jid) {
            send(context, &available.presence, &origin.jid);
        }
    }
}

/// Shows one contact's presence to a resource.
fn show(context: &Context, contact: &str, to: &FullJid) {
    let Ok(contact) = contact.parse::<Jid>() else { return };
    match Place::of(context, Some(&contact), None) {
        Place::Resident(localpart) => show_resident(context, &localpart, to),
        Place::Account(account) => {
            for session in context.router().sessions(&account) {
                if let Some(available) = session.available {
                    send(context, &available.presence, to);
                }
            }
        }
        Place::Server | Place::Resource(..) | Place::Nobody | Place::Elsewhere => {}
    }
}

/// Shows a resident's presence to a resource.
pub(crate) fn show_resident(context: &Context, localpart: &str, to: &FullJid) {
    let Some(resident) = context.resident(localpart) else { return };
    let mut presence = resident.presence();
    presence.set_attr("from", context.address(localpart));
    send(context, &presence, to);
}

/// Section 3.1.3: requests that are still waiting are shown to each resource that comes.
async fn show_requests(context: &Context, origin: &Origin) -> Result<(), Error> {
    for entry in roster::all(context.store(), &origin.account).await? {
        let request = entry.request.filter(|_| entry.state.is_asked());
        let request = request.and_then(|text| Element::parse(text.as_bytes()).ok());
        if let Some(request) = request {
            context.router().send(&origin.jid, &request);
        }
    }
    Ok(())
}

/// Section 4.5: the resource is no longer available.
async fn unavailable(context: &Context, origin: &Origin, presence: &Element) -> Result<(), Error> {
    // Those that see it are told, and the resource itself, so they are counted before.
    let roster = Roster::load(context, &origin.account).await?;
    let watchers = watchers(context, &origin.account, &roster);
    let Some(session) = context.router().session(&origin.jid) else { return Ok(()) };
    if context.router().set_available(origin, None).is_some() {
        for watcher in &watchers {
            send(context, presence, watcher);
        }
    }
    for to in &session.directed {
        take_back(context, presence, to, &watchers);
        context.router().set_directed(origin, to, false);
    }
    Ok(())
}

/// Section 4.6.3: whoever was sent directed presence is told, unless it was told already.
fn take_back(context: &Context, presence: &Element, to: &str, told: &[FullJid]) {
    let Ok(jid) = to.parse::<Jid>() else { return };
    let place = Place::of(context, Some(&jid), None);
    let to = match &place {
        Place::Resource(_, full) => vec![full.clone()],
        Place::Account(_) => place.available(context, i8::MIN),
        Place::Server | Place::Resident(_) | Place::Nobody | Place::Elsewhere => Vec::new(),
    };
    for to in to.iter().filter(|to| !told.contains(to)) {
        send(context, presence, to);
    }
}

/// Section 4.5.2: a session ended without saying so; its server says it.
pub(crate) async fn ended(context: &Context, session: Session) {
    if session.available.is_none() && session.directed.is_empty() {
        return;
    }
    let presence = Element::builder("presence", ns::CLIENT)
        .attr("from", session.origin.jid.to_string())
        .attr("type", "unavailable")
        .build();
    let roster = match Roster::load(context, &session.origin.account).await {
        Ok(roster) => roster,
        Err(error) => {
            tracing::error!(%error, "nobody could be told that a session ended");
            return;
        }
    };
    let watchers = if session.available.is_some() {
        watchers(context, &session.origin.account, &roster)
    } else {
        Vec::new()
    };
    for watcher in &watchers {
        send(context, &presence, watcher);
    }
    for to in &session.directed {
        take_back(context, &presence, to, &watchers);
    }
}

/// Section 4.6: presence for one address only.
fn directed(
    context: &Context,
    origin: &Origin,
    stanza: &Stanza,
    kind: PresenceType,
) -> Option<Element> {
    if let Some(to) = stanza.to() {
        let on = kind == PresenceType::Available;
        context.router().set_directed(origin, &to.to_string(), on);
    }
    direct(context, stanza)
}

/// Delivers a presence to whom it is addressed; returns the error for its sender.
pub(crate) fn direct(context: &Context, stanza: &Stanza) -> Option<Element> {
    let place = Place::of(context, stanza.to(), None);
    if place == Place::Elsewhere {
        return refuse(stanza, Condition::RemoteServerNotFound);
    }
    let (addressed, resources) = place.sum_up(context);
    let to = match (decide(stanza.kind(), addressed, resources), &place) {
        (Decision::Exactly, Place::Resource(_, full)) => vec![full.clone()],
        (Decision::Available | Decision::Willing, _) => place.available(context, i8::MIN),
        (Decision::Exactly | Decision::Store | Decision::Handle | Decision::Ignore, _) => {
            Vec::new()
        }
        (Decision::Refuse(condition), _) => return refuse(stanza, condition),
    };
    context.router().send_all(&to, stanza.element());
    None
}

/// Section 4.3.2: answers a probe where the prober sees the contact, and says nothing elsewhere.
async fn probe(context: &Context, origin: &Origin, stanza: &Stanza) -> Result<(), Error> {
    let Some(contact) = stanza.to().map(|to| to.bare().to_string()) else { return Ok(()) };
    let roster = Roster::load(context, &origin.account).await?;
    if roster.item(&contact).is_some_and(|item| item.state.sees()) {
        show(context, &contact, &origin.jid);
    }
    Ok(())
}

/// Shows an account's availability to a contact that has just been granted it (section 3.1.5), or
/// takes it back (section 3.2.2).
pub(crate) fn reveal(context: &Context, account: &str, contact: &str, on: bool) {
    for session in context.router().sessions(account) {
        let Some(available) = session.available else { continue };
        let presence = if on {
            available.presence
        } else {
            Element::builder("presence", ns::CLIENT)
                .attr("from", session.origin.jid.to_string())
                .attr("type", "unavailable")
                .build()
        };
        for to in resources_of(context, contact) {
            send(context, &presence, &to);
        }
    }
}
