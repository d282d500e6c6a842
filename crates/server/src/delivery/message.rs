//! RFC 6121 sections 5 and 8.5: messages, and XEP-0160: those kept for later.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::FullJid;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::Stanza;

use crate::context::Context;
use crate::delivery::place::Place;
use crate::delivery::rules::{Decision, decide};
use crate::delivery::{failed, outside, refuse};
use crate::resident::Sender;
use crate::router::Origin;
use crate::storage::offline;

/// Routes a message; returns the error for its sender, if there is one. A message that is kept is on
/// disk when this returns. `own` is the account of whoever sends it from here, `sender` what
/// residents are told of it: without one they are not told.
pub(crate) async fn route(
    context: &Context,
    stanza: Stanza,
    own: Option<&str>,
    sender: Option<Sender>,
) -> Option<Element> {
    let place = Place::of(context, stanza.to(), own);
    let account = match &place {
        Place::Elsewhere => {
            let sent = outside::send(context, &stanza);
            return sent.err().and_then(|condition| refuse(&stanza, condition));
        }
        Place::Server => {
            let resident = context.resident_for_domain().map(|r| r.localpart().to_owned());
            return to_resident(context, stanza, sender, resident.as_deref());
        }
        Place::Resident(localpart) => return to_resident(context, stanza, sender, Some(localpart)),
        Place::Nobody => String::new(),
        Place::Account(account) | Place::Resource(account, _) => account.clone(),
    };
    let (addressed, resources) = place.sum_up(context);
    let taken = match decide(stanza.kind(), addressed, resources) {
        Decision::Ignore | Decision::Handle => return None,
        Decision::Refuse(condition) => return refuse(&stanza, condition),
        Decision::Store => false,
        Decision::Exactly => deliver(context, &exactly(&place), &stanza),
        Decision::Willing => deliver(context, &place.available(context, 0), &stanza),
        Decision::Available => deliver(context, &place.available(context, i8::MIN), &stanza),
    };
    if taken || !is_kept(&stanza) {
        return None;
    }
    match keep(context, &account, &stanza).await {
        Ok(true) => None,
        // XEP-0160 section 3: a full store is told as an unavailable service.
        Ok(false) => refuse(&stanza, Condition::ServiceUnavailable),
        Err(error) => failed(&stanza, &error),
    }
}

fn exactly(place: &Place) -> Vec<FullJid> {
    match place {
        Place::Resource(_, full) => vec![full.clone()],
        Place::Server
        | Place::Account(_)
        | Place::Resident(_)
        | Place::Nobody
        | Place::Elsewhere => Vec::new(),
    }
}

/// Whether at least one of them took it: one that does not read counts as gone.
fn deliver(context: &Context, to: &[FullJid], stanza: &Stanza) -> bool {
    context.router().send_all(to, stanza.element()) > 0
}

fn to_resident(
    context: &Context,
    stanza: Stanza,
    sender: Option<Sender>,
    localpart: Option<&str>,
) -> Option<Element> {
    let (Some(localpart), Some(sender)) = (localpart, sender) else {
        return refuse(&stanza, Condition::ServiceUnavailable);
    };
    if context.to_resident(localpart, stanza.element().clone(), sender) {
        return None;
    }
    refuse(&stanza, Condition::ResourceConstraint)
}

/// Describes a session to a resident.
pub(crate) fn sender(origin: &Origin) -> Sender {
    Sender {
        jid: origin.jid.clone().into(),
        account: Some(origin.account.clone()),
        on_link: origin.peer.on_link || origin.peer.loopback,
        subscription: None,
    }
}

/// Whether a message is worth keeping: XEP-0160 section 3, XEP-0334 section 4.
fn is_kept(stanza: &Stanza) -> bool {
    let element = stanza.element();
    if stanza.is_error() || stanza.child("no-store", ns::HINTS).is_some() {
        return false;
    }
    let only_state = element.children().all(|child| {
        child.namespace() == ns::CHAT_STATES
            || child.is("thread", element.namespace())
            || child.namespace() == ns::HINTS
    });
    !only_state
}

async fn keep(context: &Context, account: &str, stanza: &Stanza) -> Result<bool, Error> {
    let stamp = Element::builder("delay", ns::DELAY)
        .attr("from", context.domain())
        .attr("stamp", stamp(context))
        .build();
    let mut kept = stanza.element().clone();
    kept.push(stamp);
    offline::keep(context.store(), account, kept.to_xml()).await
}

/// The time now as XEP-0082 writes it.
fn stamp(context: &Context) -> String {
    context.clock().now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Hands a resource the messages kept for its account.
pub(crate) async fn deliver_kept(context: &Context, origin: &Origin) -> Result<(), Error> {
    let (router, to) = (context.router().clone(), origin.jid.clone());
    offline::drain(context.store(), &origin.account, move |text| {
        match Element::parse(text.as_bytes()) {
            Ok(stanza) => router.send(&to, &stanza),
            // Nobody could ever read it: dropped as if it were delivered.
            Err(_) => true,
        }
    })
    .await
}
