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
use crate::delivery::audience::{Audience, show as show_here};
use crate::delivery::place::{self, Place};
use crate::delivery::rules::{Decision, decide};
use crate::delivery::{blocked, failed, interest, outside, recording, refuse, resident, subscribe};
use crate::features::last_activity;
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
            return directed(context, origin, stanza, kind).await;
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
    let hides_photo = hides_photo(&presence);
    if !hides_photo {
        stamp_photo(context, &origin.account, &mut presence).await?;
    }
    let now = Available { priority, presence: presence.clone(), hides_photo };
    let before = context.router().set_available(origin, Some(now));
    let roster = Roster::load(context, &origin.account).await?;
    Audience::of(context, &origin.account, &roster).show(context, &presence);
    if before.is_none() {
        show_contacts(context, origin, &roster);
        show_requests(context, origin).await?;
        ask_again(context, origin, &roster);
    }
    if priority >= 0 && before.is_none_or(|before| before.priority < 0) {
        context.leftovers().replaced(context, origin).await;
        recording::deliver_kept(context, &origin.account, vec![origin.jid.clone()]).await?;
    }
    interest::available(context, origin, &presence).await;
    Ok(())
}

/// XEP-0398 section 4: who says that there is no picture here means it. To be asked of what a client
/// sent: where there is no photo, the stamp looks the same.
fn hides_photo(presence: &Element) -> bool {
    let said = presence.child("x", ns::VCARD_UPDATE).and_then(|x| x.child("photo", x.namespace()));
    said.is_some_and(|photo| photo.text().is_empty())
}

/// XEP-0153: says which photo the account's vCard holds, whatever the client thinks.
async fn stamp_photo(
    context: &Context,
    account: &str,
    presence: &mut Element,
) -> Result<(), Error> {
    let read = vcard::photo(context.store(), account);
    let photos = &context.memory().photos;
    let photo = photos.answer(context.store(), account.to_owned(), read).await?;
    let Some(photo) = photo else { return Ok(()) };
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
        let Some(mut available) = session.available.filter(|a| !a.hides_photo) else { continue };
        let before = available.presence.clone();
        stamp_photo(context, account, &mut available.presence).await?;
        if available.presence == before {
            continue;
        }
        let presence = available.presence.clone();
        let _ = context.router().set_available(&session.origin, Some(available));
        Audience::of(context, account, &roster).show(context, &presence);
    }
    Ok(())
}

/// Section 4.3: what probes would find out, for a resource that has just become available.
fn show_contacts(context: &Context, origin: &Origin, roster: &Roster) {
    for contact in roster.watched() {
        show(context, contact, &origin.jid);
    }
    for other in context.router().sessions(&origin.account) {
        if let Some(available) = other.available.filter(|_| other.origin.jid != origin.jid) {
            show_here(context, &available.presence, &origin.jid);
        }
    }
}

/// Shows one contact's presence to a resource.
pub(crate) fn show(context: &Context, contact: &str, to: &FullJid) {
    let Ok(contact) = contact.parse::<Jid>() else { return };
    match Place::of(context, Some(&contact), None) {
        Place::Resident(localpart) => resident::show(context, &localpart, to),
        Place::Account(account) => {
            for session in context.router().sessions(&account) {
                if let Some(available) = session.available {
                    show_here(context, &available.presence, to);
                }
            }
        }
        Place::Elsewhere => outside::tell(context, probe_from(to, &contact.to_string())),
        Place::Server | Place::Resource(..) | Place::Nobody => {}
    }
}

/// Section 4.3.1: asks a contact's server. From the full address, so that the answer does not go to
/// the account's other resources, which have had theirs.
fn probe_from(from: &FullJid, contact: &str) -> Element {
    Element::builder("presence", ns::CLIENT)
        .attr("from", from.to_string())
        .attr("to", contact)
        .attr("type", PresenceType::Probe.as_str())
        .build()
}

/// Section 3.1.2: a request that a contact elsewhere has not answered may have been lost; it is sent
/// again when the account comes online.
fn ask_again(context: &Context, origin: &Origin, roster: &Roster) {
    let online = context.router().sessions(&origin.account).into_iter();
    if online.filter(|session| session.available.is_some()).count() > 1 {
        return;
    }
    for contact in roster.asked().filter(|contact| place::is_elsewhere(context, contact)) {
        let from = context.address(&origin.account);
        outside::tell(context, subscribe::stanza(&from, contact, Act::Subscribe));
    }
}

/// Section 3.1.3: requests that are still waiting are shown to each resource that comes.
async fn show_requests(context: &Context, origin: &Origin) -> Result<(), Error> {
    for entry in roster::all(context.store(), &origin.account).await? {
        let request = entry.request.filter(|_| entry.state.is_asked());
        let request = request.and_then(|text| Element::parse(text.as_bytes()).ok());
        let own = origin.jid.clone().into();
        let request = request.filter(|it| !blocked::is_withheld(context, it, &own));
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
    let audience = Audience::of(context, &origin.account, &roster);
    let Some(session) = context.router().session(&origin.jid) else { return Ok(()) };
    let was_available = context.router().set_available(origin, None).is_some();
    interest::unavailable(context, origin);
    let told = if was_available { audience } else { Audience::default() };
    told.show(context, presence);
    if was_available {
        last_activity::left(context, &origin.account, presence).await;
    }
    show_directed(context, &session, presence, told);
    for to in &session.directed {
        let _ = context.router().set_directed(origin, to, false);
    }
    Ok(())
}

/// Section 4.6.3: tells whomever directed presence went to, once also where it went to its bare address
/// and to its full one.
fn show_directed(context: &Context, session: &Session, presence: &Element, mut told: Audience) {
    for to in &session.directed {
        let audience = Audience::one(context, to).without(&told);
        audience.show(context, presence);
        told.join(audience);
    }
}

/// Section 4.5.2: a session ended without saying so; its server says it.
pub(crate) async fn ended(context: &Context, session: Session) {
    if session.available.is_none() && session.directed.is_empty() {
        return;
    }
    interest::unavailable(context, &session.origin);
    let presence = unavailable_from(&session);
    let roster = match Roster::load(context, &session.origin.account).await {
        Ok(roster) => roster,
        Err(error) => {
            tracing::error!(%error, "nobody could be told that a session ended");
            return;
        }
    };
    let told = match session.available {
        Some(_) => Audience::of(context, &session.origin.account, &roster),
        None => Audience::default(),
    };
    told.show(context, &presence);
    show_directed(context, &session, &presence, told);
}

pub(crate) fn unavailable_from(session: &Session) -> Element {
    Element::builder("presence", ns::CLIENT)
        .attr("from", session.origin.jid.to_string())
        .attr("type", PresenceType::Unavailable.as_str())
        .build()
}

/// Section 4.6: presence for one address only.
async fn directed(
    context: &Context,
    origin: &Origin,
    stanza: Stanza,
    kind: PresenceType,
) -> Option<Element> {
    let on = kind == PresenceType::Available;
    if let Some(to) = stanza.to()
        && !context.router().set_directed(origin, &to.to_string(), on)
    {
        // What is not remembered could not be taken back.
        return refuse(&stanza, Condition::ResourceConstraint);
    }
    let mut presence = stanza.into_element();
    // XEP-0398 section 4: also in what is shown to one address, such as a room.
    if on
        && !hides_photo(&presence)
        && let Err(error) = stamp_photo(context, &origin.account, &mut presence).await
    {
        tracing::error!(%error, "a presence could not be stamped");
    }
    direct(context, &Stanza::try_from(presence).ok()?)
}

/// Delivers a presence to whom it is addressed; returns the error for its sender.
pub(crate) fn direct(context: &Context, stanza: &Stanza) -> Option<Element> {
    let place = Place::of(context, stanza.to(), None);
    if place == Place::Elsewhere {
        let sent = outside::send(context, stanza);
        return sent.err().and_then(|condition| refuse(stanza, condition));
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

/// The same, asked by a contact elsewhere that sees the account: it is told of every resource, or
/// that there is none.
pub(crate) fn answer_probe(context: &Context, account: &str, to: &str) {
    let sessions = context.router().sessions(account).into_iter();
    let available: Vec<_> = sessions.filter_map(|session| session.available).collect();
    if available.is_empty() {
        // From the account, as none of its resources is there to say so.
        resident::leave(context, account, to);
    }
    for Available { presence, .. } in available {
        outside::show(context, &presence, to);
    }
}

/// Shows an account's availability, or a resident's, to a contact that has just been granted it
/// (section 3.1.5), or takes it back (section 3.2.2).
pub(crate) fn reveal(context: &Context, account: &str, contact: &str, on: bool) {
    if context.resident(account).is_some() {
        let tell = if on { resident::show_elsewhere } else { resident::leave };
        tell(context, account, contact);
        return;
    }
    let audience = Audience::one(context, contact);
    for session in context.router().sessions(account) {
        let Some(available) = &session.available else { continue };
        let presence = if on { available.presence.clone() } else { unavailable_from(&session) };
        audience.show(context, &presence);
    }
}

/// Is told that other servers can be reached, which they could not before: contacts there are shown
/// who is here, and asked who they are.
pub(crate) async fn reachable(context: &Context) {
    for resident in context.residents() {
        resident::presence_changed(context, resident.localpart()).await;
    }
    for session in context.router().all() {
        let Some(available) = &session.available else { continue };
        let Ok(roster) = Roster::load(context, &session.origin.account).await else { continue };
        Audience::elsewhere(context, &roster).show(context, &available.presence);
        for contact in roster.watched().filter(|contact| place::is_elsewhere(context, contact)) {
            outside::tell(context, probe_from(&session.origin.jid, contact));
        }
        ask_again(context, &session.origin, &roster);
    }
}
