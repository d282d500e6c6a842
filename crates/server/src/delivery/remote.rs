//! What becomes of a stanza that came from another server, and of one that could not be sent there.
//!
//! | sender | message | presence | iq |
//! | --- | --- | --- | --- |
//! | contact | RFC 6121 section 8.5 | by the subscription | features for contacts, residents, resources that it sees |
//! | stranger, to a resident | handed over | requests are handed over | `service-unavailable` |
//! | stranger, to anybody else, or nobody | `service-unavailable` | silence; an account keeps a request | `service-unavailable` |
//!
//! Everybody may ping the domain. An answer reaches whoever asked, once. Errors are never answered.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{IqType, Kind, MessageType, PresenceType, Stanza};

use crate::context::Context;
use crate::delivery::place::Place;
use crate::delivery::standing::Standing;
use crate::delivery::{
    blocked, failed, interest, iq, message, outside, presence, refuse, resident, subscribe,
};
use crate::feature::{Asker, Target};
use crate::federation::RemoteLink;
use crate::push;
use crate::resident::Sender;
use crate::subscription::Act;

/// A stanza from outside, and what is known of it.
struct Arrival<'a> {
    domain: &'a str,
    stanza: Stanza,
    from: Jid,
    place: Place,
    standing: Standing,
}

/// Takes one stanza of an authenticated stream: `from` belongs to the link's domain, `to` is ours,
/// and both are canonical. Answers go by [`outside::tell`].
pub(crate) async fn receive(context: &Context, link: &RemoteLink, mut stanza: Element) {
    stanza.change_namespace(ns::SERVER, ns::CLIENT);
    let reply = match Stanza::try_from(stanza) {
        Ok(stanza) => arrive(context, link, stanza).await,
        Err(rejected) => rejected.reply(),
    };
    if let Some(reply) = reply {
        outside::tell(context, reply);
    }
}

async fn arrive(context: &Context, link: &RemoteLink, stanza: Stanza) -> Option<Element> {
    let (from, to) = (stanza.from()?.clone(), stanza.to()?.clone());
    let place = Place::of(context, Some(&to), None);
    let standing = match Standing::of(context, &place, &from, &to).await {
        Ok(standing) => standing,
        Err(error) => return failed(&stanza, &error),
    };
    if standing.known && context.memory().delivered.again(&stanza) {
        tracing::debug!(domain = link.domain, "what came again had been delivered");
        return None;
    }
    if let Err(blocked::Blocked(reply)) = blocked::check(context, &stanza) {
        return reply;
    }
    let arrival = Arrival { domain: &link.domain, stanza, from, place, standing };
    match arrival.stanza.kind() {
        Kind::Message(kind) => arrival.message(context, kind).await,
        Kind::Presence(kind) => arrival.presence(context, kind).await,
        Kind::Iq(kind) => arrival.iq(context, kind).await,
    }
}

impl Arrival<'_> {
    async fn message(self, context: &Context, kind: MessageType) -> Option<Element> {
        if kind == MessageType::Error && !self.is_error_heard(context) {
            return None;
        }
        if let Some(localpart) = self.resident(context) {
            return self.message_to_resident(context, kind, &localpart);
        }
        if !self.standing.known {
            return refuse(&self.stanza, Condition::ServiceUnavailable);
        }
        let sender = self.sender();
        message::route(context, self.stanza, Some(sender)).await
    }

    /// A resident hears strangers, too: what it says to them is the embedding program's affair.
    fn message_to_resident(
        &self,
        context: &Context,
        kind: MessageType,
        localpart: &str,
    ) -> Option<Element> {
        let said = matches!(kind, MessageType::Normal | MessageType::Chat);
        if !self.standing.known && !said {
            return None;
        }
        let stanza = self.stanza.element().clone();
        if context.to_resident(localpart, stanza, self.sender()) || !self.standing.known {
            return None;
        }
        refuse(&self.stanza, Condition::ResourceConstraint)
    }

    async fn presence(self, context: &Context, kind: PresenceType) -> Option<Element> {
        let act = match kind {
            PresenceType::Available | PresenceType::Unavailable | PresenceType::Error => {
                self.availability(context, kind);
                self.interest(context).await;
                return None;
            }
            PresenceType::Probe => {
                self.probe(context).await;
                return None;
            }
            PresenceType::Subscribe => Act::Subscribe,
            PresenceType::Subscribed => Act::Subscribed,
            PresenceType::Unsubscribe => Act::Unsubscribe,
            PresenceType::Unsubscribed => Act::Unsubscribed,
        };
        let done = subscribe::from_outside(context, self.stanza, &self.place, act).await;
        if let Err(error) = done {
            tracing::error!(%error, "a subscription could not be changed");
        }
        None
    }

    /// RFC 6121 sections 4.4.3, 4.5.3 and 4.6: presence reaches those who want it. Whoever leaves, or
    /// refuses what was sent to it, may say so to the one resource it says it to.
    fn availability(&self, context: &Context, kind: PresenceType) {
        let element = self.stanza.element();
        let error = kind == PresenceType::Error;
        let seldom = error || (kind == PresenceType::Unavailable && !self.standing.sees());
        if seldom && !self.is_error_heard(context) {
            return;
        }
        match &self.place {
            Place::Account(account) if self.standing.sees() && !error => {
                context.router().send_available(account, i8::MIN, element);
            }
            Place::Resource(_, full) if kind != PresenceType::Available || self.standing.sees() => {
                context.router().send(full, element);
            }
            Place::Resident(localpart) if self.standing.known && error => {
                // A resident too busy for it does without.
                let _ = context.to_resident(localpart, element.clone(), self.sender());
            }
            Place::Account(_)
            | Place::Resource(..)
            | Place::Resident(_)
            | Place::Server
            | Place::Nobody
            | Place::Elsewhere => {}
        }
    }

    /// XEP-0163 section 4.3: what a contact's client wants to hear of, its presence says.
    async fn interest(&self, context: &Context) {
        if let Place::Account(account) | Place::Resource(account, _) = &self.place
            && self.standing.is_subscribed()
        {
            interest::contact(context, account, &self.from, self.stanza.element()).await;
        }
    }

    /// Section 4.3.2: whoever sees it is told; to everybody else there is nothing to say.
    async fn probe(&self, context: &Context) {
        if !self.standing.is_seen() {
            return;
        }
        let to = self.from.to_string();
        match &self.place {
            Place::Account(account) | Place::Resource(account, _) => {
                presence::answer_probe(context, account, &to);
            }
            Place::Resident(localpart) => {
                resident::show_elsewhere(context, localpart, &to);
            }
            Place::Server | Place::Nobody | Place::Elsewhere => {}
        }
    }

    async fn iq(self, context: &Context, kind: IqType) -> Option<Element> {
        let kind = match kind {
            IqType::Get => crate::feature::Kind::Get,
            IqType::Set => crate::feature::Kind::Set,
            IqType::Result | IqType::Error => {
                self.answer(context).await;
                return None;
            }
        };
        let target = match self.place.clone() {
            Place::Server => Target::Server,
            Place::Account(account) => Target::Account(account),
            Place::Resident(localpart) => Target::Resident(localpart),
            // A resource that the sender may not know of is not there for it.
            Place::Resource(..) if self.standing.known && self.standing.is_seen() => {
                return iq::pass_on(context, &self.stanza);
            }
            Place::Resource(..) | Place::Nobody | Place::Elsewhere => {
                return refuse(&self.stanza, Condition::ServiceUnavailable);
            }
        };
        let ping = target == Target::Server && self.stanza.payload().is_some_and(is_ping);
        if !self.standing.known && !ping {
            return refuse(&self.stanza, Condition::ServiceUnavailable);
        }
        let asker = Asker::Remote(&self.from);
        iq::request(context, asker, self.sender(), &self.stanza, kind, target).await
    }

    /// An answer goes to whoever asked; what answers nobody's question is dropped.
    async fn answer(&self, context: &Context) {
        if !context.memory().asked.answered(&self.stanza)
            || interest::answered(context, &self.stanza).await
        {
            return;
        }
        hand_back(context, &self.place, self.stanza.element(), self.sender());
    }

    /// The resident that is meant.
    fn resident(&self, context: &Context) -> Option<String> {
        match &self.place {
            Place::Resident(localpart) => Some(localpart.clone()),
            Place::Server => context.resident_for_domain().map(|r| r.localpart().to_owned()),
            Place::Account(_) | Place::Resource(..) | Place::Nobody | Place::Elsewhere => None,
        }
    }

    /// Whether an error, or the leaving of somebody who was never seen, is worth handling: not if its
    /// domain sends them by the hundred.
    fn is_error_heard(&self, context: &Context) -> bool {
        context.memory().errors.allows(self.domain)
    }

    fn sender(&self) -> Sender {
        Sender {
            jid: self.from.clone(),
            account: None,
            on_link: false,
            subscription: self.standing.subscription,
        }
    }
}

fn is_ping(payload: &Element) -> bool {
    payload.is("ping", ns::PING)
}

/// Gives an answer or an error to exactly the one that it is for, if that is still there.
fn hand_back(context: &Context, place: &Place, stanza: &Element, sender: Sender) {
    match place {
        Place::Resource(_, full) => {
            context.router().send(full, stanza);
        }
        Place::Resident(localpart) => {
            // A resident too busy for it does without.
            let _ = context.to_resident(localpart, stanza.clone(), sender);
        }
        Place::Account(account) if stanza.name() == "presence" => {
            context.router().send_available(account, i8::MIN, stanza);
        }
        Place::Server => push::answers::answered(context, stanza),
        Place::Account(_) | Place::Nobody | Place::Elsewhere => {}
    }
}

/// Takes back a stanza that could not be delivered: it goes to the local sender as an error (RFC 6120
/// section 10.4).
pub(crate) async fn bounced(context: &Context, stanza: Element, condition: Condition) {
    let Ok(stanza) = Stanza::try_from(stanza) else { return };
    let (Some(from), Some(to)) = (stanza.from(), stanza.to()) else { return };
    let place = Place::of(context, Some(from), None);
    let error = StanzaError::new(condition).reply_to(stanza.element());
    let Some(Ok(error)) = error.map(Stanza::try_from) else { return };
    let missed = match stanza.kind() {
        Kind::Message(_) | Kind::Presence(PresenceType::Subscribe) => true,
        Kind::Iq(_) => context.memory().asked.answered(&error),
        Kind::Presence(PresenceType::Available) => is_directed(context, &place, to),
        Kind::Presence(_) => false,
    };
    if !missed {
        return;
    }
    let standing = Standing::of(context, &place, to, from).await.unwrap_or_default();
    let subscription = standing.subscription;
    let sender = Sender { jid: to.clone(), account: None, on_link: false, subscription };
    hand_back(context, &place, error.element(), sender);
}

/// Whether presence was sent to this address alone; that for all subscribers is missed by nobody.
fn is_directed(context: &Context, place: &Place, to: &Jid) -> bool {
    match place {
        Place::Resource(_, full) => {
            let session = context.router().session(full);
            session.is_some_and(|session| session.directed.contains(&to.to_string()))
        }
        Place::Account(_)
        | Place::Resident(_)
        | Place::Server
        | Place::Nobody
        | Place::Elsewhere => false,
    }
}
