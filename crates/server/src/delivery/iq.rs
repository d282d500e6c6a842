//! RFC 6120 section 8.2.3, RFC 6121 section 8.5: requests to features, sessions and residents.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{IqType, Stanza};

use crate::context::Context;
use crate::delivery::message::sender;
use crate::delivery::place::Place;
use crate::delivery::rules::{Decision, decide};
use crate::delivery::{interest, outside, refuse};
use crate::feature::{Asker, Feature, Kind, Request, Target};
use crate::features::{disco_items, last_activity};
use crate::push;
use crate::resident::Sender;
use crate::router::Origin;

/// Takes an iq of a session; returns the one answer.
pub(crate) async fn from_session(
    context: &Context,
    origin: &Origin,
    stanza: Stanza,
    kind: IqType,
) -> Option<Element> {
    let place = Place::of(context, stanza.to(), Some(&origin.account));
    let kind = match kind {
        IqType::Get => Kind::Get,
        IqType::Set => Kind::Set,
        IqType::Result | IqType::Error if interest::answered(context, &stanza).await => {
            return None;
        }
        IqType::Result | IqType::Error => return answer(context, origin, &place, stanza),
    };
    let target = match place {
        Place::Nobody => return nobody(&stanza, kind),
        Place::Resource(account, _) => {
            let refused = last_activity::refused(context, origin, &account, &stanza).await;
            return match refused {
                Some(error) => error.reply_to(stanza.element()),
                None => pass_on(context, &stanza),
            };
        }
        Place::Elsewhere => return pass_on(context, &stanza),
        Place::Server => Target::Server,
        Place::Account(account) if account == origin.account => Target::Own,
        Place::Account(account) => Target::Account(account),
        Place::Resident(localpart) => Target::Resident(localpart),
    };
    request(context, Asker::Session(origin), sender(origin), &stanza, kind, target).await
}

/// RFC 6121 section 8.5.1: nobody answers for an account that does not exist; but it has no items, as
/// many that exist (XEP-0030 section 8).
fn nobody(stanza: &Stanza, kind: Kind) -> Option<Element> {
    let bare = stanza.to().is_some_and(|to| to.resourcepart().is_none());
    let asks = |payload: &&Element| kind == Kind::Get && payload.is("query", ns::DISCO_ITEMS);
    match stanza.payload().filter(|_| bare).filter(asks) {
        Some(query) => Some(result(stanza, Some(disco_items::nothing(query)))),
        None => refuse(stanza, Condition::ServiceUnavailable),
    }
}

/// Asks the feature that claims the payload; a resident is asked itself if none does.
pub(crate) async fn request(
    context: &Context,
    asker: Asker<'_>,
    sender: Sender,
    stanza: &Stanza,
    kind: Kind,
    target: Target,
) -> Option<Element> {
    let payload = stanza.payload()?;
    let Some(feature) = feature(context, asker, payload, kind) else {
        if let Target::Resident(localpart) = &target {
            let taken = context.to_resident(localpart, stanza.element().clone(), sender);
            return if taken { None } else { refuse(stanza, Condition::ResourceConstraint) };
        }
        return refuse(stanza, Condition::ServiceUnavailable);
    };
    let request = Request { asker, kind, target, payload, iq: stanza.element() };
    if let Asker::Session(origin) = asker
        && feature.takes_long(context, &request)
    {
        later(context, origin, stanza, kind, request.target);
        return None;
    }
    answered(context, feature, stanza, request).await
}

async fn answered(
    context: &Context,
    feature: &dyn Feature,
    stanza: &Stanza,
    request: Request<'_>,
) -> Option<Element> {
    match feature.answer(context, request).await {
        Ok(payload) => Some(result(stanza, payload)),
        Err(error) => error.reply_to(stanza.element()),
    }
}

/// Answers in its own time, while the session goes on.
fn later(context: &Context, origin: &Origin, stanza: &Stanza, kind: Kind, target: Target) {
    let (context, origin, stanza) = (context.clone(), origin.clone(), stanza.clone());
    tokio::spawn(async move {
        let asker = Asker::Session(&origin);
        let Some(payload) = stanza.payload() else { return };
        let Some(feature) = feature(&context, asker, payload, kind) else { return };
        let request = Request { asker, kind, target, payload, iq: stanza.element() };
        if let Some(reply) = answered(&context, feature, &stanza, request).await {
            context.router().send(&origin.jid, &reply);
        }
    });
}

/// Finds the feature that answers this payload to this asker.
fn feature<'a>(
    context: &'a Context,
    asker: Asker<'_>,
    payload: &Element,
    kind: Kind,
) -> Option<&'a dyn Feature> {
    let feature = context.feature(payload.name(), payload.namespace(), kind)?;
    match asker {
        Asker::Session(_) => Some(feature),
        Asker::Remote(_) => Some(feature).filter(|f| match kind {
            Kind::Get => f.is_for_contacts(),
            Kind::Set => f.takes_sets_of_contacts(),
        }),
    }
}

fn result(stanza: &Stanza, payload: Option<Element>) -> Element {
    let iq = stanza.element();
    Element::builder("iq", ns::CLIENT)
        .attr("type", "result")
        .attr_opt("id", iq.attr("id"))
        .attr_opt("from", iq.attr("to"))
        .attr_opt("to", iq.attr("from"))
        .children(payload)
        .build()
}

/// An answer goes to the resource or resident that asked; answers to nobody's question are dropped.
fn answer(context: &Context, origin: &Origin, place: &Place, stanza: Stanza) -> Option<Element> {
    match place {
        Place::Resource(..) | Place::Elsewhere => pass_on(context, &stanza),
        Place::Resident(localpart) => {
            // A resident too busy for an answer does without it.
            let _ = context.to_resident(localpart, stanza.into_element(), sender(origin));
            None
        }
        Place::Server => {
            push::answers::answered(context, stanza.element());
            None
        }
        Place::Account(_) | Place::Nobody => None,
    }
}

/// Puts an iq before the session or the other server it is addressed to; returns the error for its
/// sender.
pub(crate) fn pass_on(context: &Context, stanza: &Stanza) -> Option<Element> {
    let place = Place::of(context, stanza.to(), None);
    if place == Place::Elsewhere {
        let sent = outside::send(context, stanza);
        return sent.err().and_then(|condition| refuse(stanza, condition));
    }
    let (addressed, resources) = place.sum_up(context);
    match (decide(stanza.kind(), addressed, resources), &place) {
        (Decision::Exactly, Place::Resource(_, full))
            if context.router().send(full, stanza.element()) =>
        {
            None
        }
        (Decision::Ignore, _) => None,
        (Decision::Refuse(condition), _) => refuse(stanza, condition),
        (
            Decision::Exactly
            | Decision::Willing
            | Decision::Available
            | Decision::Store
            | Decision::Handle,
            _,
        ) => refuse(stanza, Condition::ServiceUnavailable),
    }
}
