//! RFC 6120 section 7: resource binding.
//!
//! A client that names no resource, or one that is none, gets one of ours or an error. When the
//! resource is bound already, the *old* session ends with `conflict` (section 7.7.2.2, third way):
//! it is nearly always the same device, back before its old connection was missed.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::{BareJid, FullJid};
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;

use crate::delivery;
use crate::negotiation::Negotiation;
use crate::outbox::{Outbox, Outgoing};
use crate::random::token;
use crate::router::Origin;
use crate::wire::Fault;

/// Refused attempts to bind before the stream is ended (section 7.6 leaves the number open).
const ATTEMPTS: usize = 5;

/// A stream that has become a session.
pub(crate) struct Bound {
    pub(crate) origin: Origin,
    pub(crate) outbox: Outbox,
    pub(crate) outgoing: Outgoing,
}

impl Negotiation {
    /// Waits for the request to bind, and grants it.
    pub(crate) async fn bind(&mut self, account: String) -> Result<Bound, Fault> {
        let domain = self.shared.context.domain();
        let own: BareJid = format!("{account}@{domain}")
            .parse()
            .map_err(|_| StreamCondition::InternalServerError)?;
        for _ in 0..ATTEMPTS {
            let iq = self.element().await?;
            let set = iq.is("iq", ns::CLIENT) && iq.attr("type") == Some("set");
            let Some(request) = iq.child("bind", ns::BIND).filter(|_| set) else {
                // Section 7.3.1: no stanza but this one before the resource is bound.
                return Err(StreamCondition::NotAuthorized.into());
            };
            match self.resource(&own, &account, request) {
                Ok(jid) => return self.admit(account, jid, &iq).await,
                Err(error) => {
                    if let Some(reply) = error.reply_to(&iq) {
                        self.send(&reply).await?;
                    }
                }
            }
        }
        Err(StreamCondition::PolicyViolation.into())
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
        let sessions = self.shared.context.router().sessions(account);
        let again = sessions.iter().any(|session| session.origin.jid == jid);
        if !again && sessions.len() >= self.shared.limits.resources {
            return Err(Condition::ResourceConstraint.into());
        }
        Ok(jid)
    }

    async fn admit(
        &mut self,
        account: String,
        jid: FullJid,
        request: &Element,
    ) -> Result<Bound, Fault> {
        let context = self.shared.context.clone();
        let (outbox, outgoing) = Outbox::new(self.view.clone(), self.shared.limits.outbox);
        let resource = jid.resourcepart().to_owned();
        let (origin, replaced) =
            context.router().bind(jid, &account, &resource, self.peer, outbox.clone());
        let bound = Bound { origin, outbox, outgoing };
        // From here on the session is in the router: whatever fails must take it out again.
        let result = self.welcome(&bound, &account, request).await;
        if let Some(session) = replaced {
            delivery::session_ended(&context, session).await;
        }
        match result {
            Ok(first) => {
                delivery::session_started(&context, &bound.origin, first).await;
                Ok(bound)
            }
            Err(fault) => {
                context.router().unbind(&bound.origin);
                Err(fault)
            }
        }
    }

    /// Answers the request; returns whether the account had never logged in before.
    async fn welcome(
        &mut self,
        bound: &Bound,
        account: &str,
        request: &Element,
    ) -> Result<bool, Fault> {
        let accounts = self.shared.context.accounts();
        // It may have been forgotten since it was authenticated; from now on that ends the session.
        let Some(known) = accounts.account(account) else {
            return Err(StreamCondition::NotAuthorized.into());
        };
        accounts.logged_in(account).await;
        let jid = self.view.outward_address(&bound.origin.jid.to_string());
        tracing::info!(%account, peer = %self.peer.addr, "session begins");
        let reply = Element::builder("iq", ns::CLIENT)
            .attr("type", "result")
            .attr_opt("id", request.attr("id"))
            .child(Element::builder("bind", ns::BIND).field("jid", jid));
        self.send(&reply.build()).await?;
        Ok(!known.has_logged_in)
    }
}
