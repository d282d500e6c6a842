//! RFC 6120 section 7: resource binding.
//!
//! A client that names no resource, or one that is none, gets one of ours or an error. When the
//! resource is bound already, the *old* session ends with `conflict` (section 7.7.2.2, third way):
//! it is nearly always the same device, back before its old connection was missed.

use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::{BareJid, FullJid};
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;
use tokio::sync::oneshot;

use crate::delivery;
use crate::negotiation::{Negotiated, Negotiation};
use crate::outbox::{Bounds, Outbox};
use crate::random::token;
use crate::router::{Origin, Replaced, Session};
use crate::server::Shared;
use crate::session::{self, Handover, Managed, Ready};
use crate::stream_management::elements;
use crate::wire::Fault;

/// Refused attempts to bind before the stream is ended (section 7.6 leaves the number open).
const ATTEMPTS: usize = 5;

/// A stream that has become a session.
pub(crate) struct Bound {
    pub(crate) origin: Arc<Origin>,
    pub(crate) outbox: Outbox,
    /// Whether its stanzas are counted already (XEP-0198).
    pub(crate) managed: Option<Managed>,
}

/// What is known of a session before it has a resource.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    /// The id of the program that begins it, whose older sessions end.
    pub(crate) client: Option<String>,
    /// Whether its stanzas are counted from the first.
    pub(crate) managed: bool,
}

/// A stream that goes on with a session there was (XEP-0198 section 5).
pub(crate) struct Resumed {
    pub(crate) hand_over: oneshot::Sender<Handover>,
    /// The full address of the session.
    pub(crate) address: String,
    /// Stanzas that the client has received.
    pub(crate) h: u32,
}

/// A place in the router that nobody may keep whose negotiation breaks off.
pub(crate) struct Seat {
    shared: Arc<Shared>,
    origin: Arc<Origin>,
    /// Whose place it was.
    replaced: Option<Session>,
    taken: bool,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let context = &self.shared.context;
        if !self.taken {
            context.router().unbind(&self.origin);
            context.clients().left(self.origin.session);
        }
        // Nobody else says goodbye for it: its own task finds its place taken.
        if let Some(session) = self.replaced.take() {
            let context = context.clone();
            self.shared
                .tasks
                .spawn(async move { delivery::session_ended(&context, session).await });
        }
    }
}

impl Negotiation {
    /// Waits for the request to bind, or to go on with a session there was, and grants it.
    pub(crate) async fn bind(&mut self, account: String) -> Result<Negotiated, Fault> {
        let own = self.own(&account)?;
        for _ in 0..ATTEMPTS {
            let iq = self.element().await?;
            if iq.namespace() == ns::STREAM_MANAGEMENT {
                match self.resume(&account, &iq).await {
                    Ok((resumed, answer)) => {
                        self.send(&answer).await?;
                        return Ok(Negotiated::Resumed(resumed));
                    }
                    Err(failed) => self.send(&failed).await?,
                }
                continue;
            }
            let set = iq.is("iq", ns::CLIENT) && iq.attr("type") == Some("set");
            let Some(request) = iq.child("bind", ns::BIND).filter(|_| set) else {
                // Section 7.3.1: no stanza but this one before the resource is bound.
                return Err(StreamCondition::NotAuthorized.into());
            };
            match self.resource(&own, &account, request) {
                Ok(jid) => {
                    let bound = self.admit(&account, jid, Arrival::default());
                    let reply = self.bound_reply(&iq, &bound);
                    return self.settle(bound, &[reply]).await.map(Negotiated::Session);
                }
                Err(error) => {
                    if let Some(reply) = error.reply_to(&iq) {
                        self.send(&reply).await?;
                    }
                }
            }
        }
        Err(StreamCondition::PolicyViolation.into())
    }

    /// Returns the bare address of an account.
    pub(crate) fn own(&self, account: &str) -> Result<BareJid, Fault> {
        let own = self.shared.context.address(account).parse();
        own.map_err(|_| StreamCondition::InternalServerError.into())
    }

    /// Goes on with the session that `<resume/>` names: returns it with `<resumed/>` for the client, or
    /// `<failed/>`.
    pub(crate) async fn resume(
        &mut self,
        account: &str,
        resume: &Element,
    ) -> Result<(Resumed, Element), Element> {
        if resume.name() != "resume" {
            // XEP-0198 section 3: nothing else of it before a resource is bound.
            return Err(elements::failed(Condition::UnexpectedRequest, None));
        }
        let (id, h) = (resume.attr("previd"), elements::h(resume));
        let (Some(id), Some(h)) = (id, h) else {
            return Err(elements::failed(Condition::BadRequest, None));
        };
        let context = &self.shared.context;
        if context.accounts().account(account).is_none_or(|known| !self.is_current(&known)) {
            return Err(elements::failed(Condition::NotAuthorized, None));
        }
        let ready = match context.resumptions().claim(id, account).await {
            Ok(ready) => ready,
            Err(gone) => {
                context.leftovers().returned(context, id, account, h).await;
                context.journal().flush().await;
                return Err(elements::failed(Condition::ItemNotFound, gone.handled));
            }
        };
        // What waits for it names the host as its client did.
        if ready.spelling != self.view.spelling() {
            return Err(elements::failed(Condition::ItemNotFound, Some(ready.handled)));
        }
        let resumed = elements::resumption("resumed", id, ready.handled);
        let Ready { hand_over, address, .. } = ready;
        Ok((Resumed { hand_over, address, h }, resumed))
    }

    fn resource(
        &self,
        own: &BareJid,
        account: &str,
        request: &Element,
    ) -> Result<FullJid, StanzaError> {
        let wanted = request.child("resource", ns::BIND).map(Element::text).unwrap_or_default();
        let jid = if wanted.is_empty() {
            let made = token().map_err(|_| Condition::InternalServerError)?;
            own.with_resource(&made)
        } else {
            own.with_resource(&wanted)
        };
        let jid = jid.map_err(|_| StanzaError::from(Condition::BadRequest))?;
        if self.has_room(account, &jid) {
            Ok(jid)
        } else {
            Err(Condition::ResourceConstraint.into())
        }
    }

    /// Whether an account may have one more session, by this address: of those whose clients are away
    /// one makes room.
    pub(crate) fn has_room(&self, account: &str, jid: &FullJid) -> bool {
        let router = self.shared.context.router();
        router.is_bound(jid) || router.make_room(account, self.shared.limits.resources)
    }

    /// Puts a session into the router, where nobody sees it yet.
    pub(crate) fn admit(&mut self, account: &str, jid: FullJid, arrival: Arrival) -> Bound {
        let context = self.shared.context.clone();
        let limits = &self.shared.limits;
        let bounds = Bounds { stanzas: limits.outbox, unacknowledged: limits.unacknowledged };
        let sequence = context.router().sequence().clone();
        let outbox = Outbox::new(self.view.clone(), bounds, sequence);
        if arrival.managed {
            // From the first stanza on, whoever sends it.
            outbox.manage(None);
        }
        let (peer, proven, lang) = (self.peer, self.credentials, self.lang.clone());
        let (origin, replaced) =
            context.router().bind(jid, account, proven, peer, lang, outbox.clone());
        let replaced = replaced.map(|Replaced { session, outbox }| {
            session::give_up(&context, &session.origin, &outbox);
            session
        });
        for older in context.clients().joined(&origin, arrival.client) {
            let outbox = context.router().end_session(&older, StreamCondition::Conflict);
            if let Some(outbox) = outbox {
                session::give_up(&context, &older, &outbox);
            }
        }
        let seat = Seat {
            shared: Arc::clone(&self.shared),
            origin: Arc::clone(&origin),
            replaced,
            taken: false,
        };
        self.take_seat(Some(seat));
        Bound { origin, outbox, managed: None }
    }

    /// Tells the client that its session has begun, and everybody else.
    pub(crate) async fn settle(
        &mut self,
        bound: Bound,
        replies: &[Element],
    ) -> Result<Bound, Fault> {
        let context = self.shared.context.clone();
        let result = self.welcome(&bound.origin, replies).await;
        let mut seat = self.take_seat(None);
        if let Some(session) = seat.as_mut().and_then(|seat| seat.replaced.take()) {
            delivery::session_ended(&context, session).await;
        }
        let first = result?;
        delivery::session_started(&context, &bound.origin, first).await;
        if let Some(seat) = &mut seat {
            seat.taken = true;
        }
        Ok(bound)
    }

    /// Answers the request; returns whether the account had never logged in before.
    async fn welcome(&mut self, origin: &Origin, replies: &[Element]) -> Result<bool, Fault> {
        let accounts = self.shared.context.accounts();
        let account = &origin.account;
        // It may have been forgotten since it was authenticated, or have other credentials; from now on
        // that ends the session.
        let known = accounts.account(account).filter(|known| self.is_current(known));
        let Some(known) = known else {
            return Err(StreamCondition::NotAuthorized.into());
        };
        accounts.logged_in(account).await;
        tracing::info!(%account, peer = %self.peer.addr, "session begins");
        self.send_all(replies).await?;
        Ok(!known.has_logged_in)
    }

    fn bound_reply(&self, request: &Element, bound: &Bound) -> Element {
        let jid = self.view.outward_address(bound.origin.address());
        Element::builder("iq", ns::CLIENT)
            .attr("type", "result")
            .attr_opt("id", request.attr("id"))
            .child(Element::builder("bind", ns::BIND).field("jid", jid))
            .build()
    }
}
