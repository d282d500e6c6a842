//! What residents say, and what others are told of them. A resident has contacts on other servers
//! only: everybody here sees it without asking.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::{FullJid, Jid};
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{Kind, PresenceType, Stanza};

use crate::context::Context;
use crate::delivery::place::{self, Place};
use crate::delivery::{
    audience, blocked, failed, iq, message, outside, presence, refuse, subscribe,
};
use crate::features::caps;
use crate::resident::Sender;
use crate::storage::roster;
use crate::subscription::{Act, Subscription};

/// Routes a stanza a resident sent; `from` is its bare JID unless the resident set it.
pub(crate) async fn said(context: &Context, localpart: &str, mut stanza: Element) {
    if stanza.attr("from").is_none() {
        stanza.set_attr("from", context.address(localpart));
    }
    let Ok(stanza) = Stanza::try_from(stanza) else {
        tracing::warn!(resident = localpart, "a resident said something that is no stanza");
        return;
    };
    let Some(to) = stanza.to().cloned() else { return };
    if blocked::check(context, &stanza).is_err() {
        return;
    }
    let error = match stanza.kind() {
        Kind::Message(_) => message::route(context, stanza, None).await,
        Kind::Presence(kind) => said_presence(context, localpart, stanza, kind).await,
        Kind::Iq(_) => iq::pass_on(context, &stanza),
    };
    // What goes wrong here is no news; that a server elsewhere cannot be reached is.
    if let Some(error) = error.filter(|_| Place::of(context, Some(&to), None) == Place::Elsewhere) {
        let _ = context.to_resident(localpart, error, sender(context, localpart, to).await);
    }
}

async fn said_presence(
    context: &Context,
    localpart: &str,
    stanza: Stanza,
    kind: PresenceType,
) -> Option<Element> {
    let act = match kind {
        PresenceType::Subscribe => Act::Subscribe,
        PresenceType::Subscribed => Act::Subscribed,
        PresenceType::Unsubscribe => Act::Unsubscribe,
        PresenceType::Unsubscribed => Act::Unsubscribed,
        PresenceType::Available
        | PresenceType::Unavailable
        | PresenceType::Probe
        | PresenceType::Error => return presence::direct(context, &stanza),
    };
    let contact = stanza.to()?.bare().clone();
    if !place::is_elsewhere(context, &contact.to_string()) {
        return None;
    }
    match subscribe::from_resident(context, localpart, stanza.clone(), act).await {
        Ok(sent) => sent.err().and_then(|condition| refuse(&stanza, condition)),
        Err(error) => failed(&stanza, &error),
    }
}

/// Describes somebody on another server to a resident.
pub(crate) async fn sender(context: &Context, localpart: &str, jid: Jid) -> Sender {
    let bare = jid.bare().to_string();
    let entry = roster::find(context.store(), localpart, &bare).await.ok().flatten();
    let subscription = entry.map(|entry| entry.state);
    Sender { jid, account: None, on_link: false, subscription }
}

/// RFC 6120 section 8.2.3: a request that the resident left unanswered is answered for it.
pub(crate) fn unanswered(request: &Element, answers: &[Element]) -> Option<Element> {
    let asked = request.name() == "iq" && matches!(request.attr("type"), Some("get" | "set"));
    let answered = answers.iter().any(|answer| {
        answer.name() == "iq"
            && matches!(answer.attr("type"), Some("result" | "error"))
            && answer.attr("id") == request.attr("id")
            && answer.attr("to").is_none_or(|to| request.attr("from") == Some(to))
    });
    let refusal = StanzaError::new(Condition::ServiceUnavailable);
    if asked && !answered { refusal.reply_to(request) } else { None }
}

/// Returns a resident's presence now, from its address.
fn now(context: &Context, localpart: &str) -> Option<Element> {
    let mut presence = context.resident(localpart)?.presence();
    presence.set_attr("from", context.address(localpart));
    if !presence.has_child("c", ns::CAPS) {
        caps::of_resident(context, localpart).into_iter().for_each(|caps| presence.push(caps));
    }
    Some(presence)
}

/// Shows a resident's presence to a resource here.
pub(crate) fn show(context: &Context, localpart: &str, to: &FullJid) {
    if let Some(presence) = now(context, localpart) {
        audience::show(context, &presence, to);
    }
}

/// Shows a resident's presence to an address elsewhere.
pub(crate) fn show_elsewhere(context: &Context, localpart: &str, to: &str) {
    if let Some(presence) = now(context, localpart) {
        outside::show(context, &presence, to);
    }
}

/// Takes a resident's presence back from an address elsewhere.
pub(crate) fn leave(context: &Context, localpart: &str, to: &str) {
    let presence = Element::builder("presence", ns::CLIENT)
        .attr("from", context.address(localpart))
        .attr("type", PresenceType::Unavailable.as_str())
        .build();
    outside::show(context, &presence, to);
}

/// Is told that a resident's presence is another.
pub(crate) async fn presence_changed(context: &Context, localpart: &str) {
    for session in context.router().all() {
        if session.available.is_some() {
            show(context, localpart, &session.origin.jid);
        }
    }
    for contact in subscribers(context, localpart).await {
        show_elsewhere(context, localpart, &contact);
    }
}

/// Is told that the server ends: contacts elsewhere see every resident go.
pub(crate) async fn all_leave(context: &Context) {
    for resident in context.residents() {
        for contact in subscribers(context, resident.localpart()).await {
            leave(context, resident.localpart(), &contact);
        }
    }
}

/// Returns the contacts elsewhere that see a resident.
async fn subscribers(context: &Context, localpart: &str) -> Vec<String> {
    match seen_by(context, localpart).await {
        Ok(contacts) => contacts,
        Err(error) => {
            tracing::error!(%error, "a resident's contacts could not be read");
            Vec::new()
        }
    }
}

async fn seen_by(context: &Context, localpart: &str) -> Result<Vec<String>, Error> {
    let entries = roster::all(context.store(), localpart).await?.into_iter();
    let seen = entries.filter(|entry| Subscription::is_seen(entry.state));
    Ok(seen.map(|entry| entry.contact).collect())
}
