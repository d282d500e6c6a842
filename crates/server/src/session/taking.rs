//! What becomes of each stanza that a session sends.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::Stanza;
use televisor_xmpp::stream::StreamCondition;

use super::run::{PING, Session};
use crate::delivery;
use crate::wire::Fault;

impl Session {
    /// Takes one first-level element to where it is handled, and its one reply back.
    pub(super) async fn take(&mut self, mut stanza: Element) -> Result<(), Fault> {
        let known = stanza.namespace() == ns::CLIENT
            && matches!(stanza.name(), "message" | "presence" | "iq");
        if !known {
            return self.manage(&stanza).await;
        }
        self.shared.context.aliases().inward(&mut stanza);
        self.stamp(&mut stanza)?;
        if let Some(mut reply) = self.reply(stanza).await {
            if reply.attr("to").is_none() {
                reply.set_attr("to", self.origin.jid.to_string());
            }
            self.outbox.answer(&reply);
        }
        if let Some(managed) = &self.managed {
            managed.counted.count();
        }
        Ok(())
    }

    async fn reply(&mut self, stanza: Element) -> Option<Element> {
        let stanza = match Stanza::try_from(stanza) {
            Ok(stanza) => stanza,
            Err(rejected) => return rejected.reply(),
        };
        if self.is_pong(stanza.element()) {
            return None;
        }
        if let Some(reply) = legacy_session(stanza.element()) {
            return Some(reply);
        }
        let (context, origin) = (self.shared.context.clone(), Arc::clone(&self.origin));
        let work = pin!(delivery::stanza(&context, &origin, stanza));
        while_writing(self, work).await
    }

    /// RFC 6120 section 8.1.2.1: `from` is the session's own address, or the stream ends. Section 8.1.5:
    /// what goes to others SHOULD say the stream's language where it says none.
    fn stamp(&self, stanza: &mut Element) -> Result<(), Fault> {
        let own = self.origin.address();
        if let Some(from) = stanza.attr("from")
            && from != own
        {
            let from: Jid = from.parse().map_err(|_| StreamCondition::InvalidFrom)?;
            let full: Jid = self.origin.jid.clone().into();
            if from != full && from != Jid::from(full.into_bare()) {
                return Err(StreamCondition::InvalidFrom.into());
            }
        }
        stanza.set_attr("from", own);
        if let Some(lang) = &self.origin.lang
            && stanza.name() != "iq"
            && stanza.lang().is_none()
        {
            stanza.set_attr_ns("lang", ns::XML, &**lang);
        }
        Ok(())
    }

    fn is_pong(&self, stanza: &Element) -> bool {
        stanza.name() == "iq"
            && matches!(stanza.attr("type"), Some("result" | "error"))
            && stanza.attr("id").is_some_and(|id| id.starts_with(PING))
            && stanza.attr("to").is_none_or(|to| to == self.shared.context.domain())
    }
}

/// Does `work`, and goes on writing what there is to write meanwhile. Where the client is back on another
/// connection, nobody waits for this one: what it was to be told is kept for the other.
async fn while_writing<T>(session: &mut Session, mut work: Pin<&mut impl Future<Output = T>>) -> T {
    poll_fn(|cx| {
        session.outbox.register(cx.waker());
        if session.line.is_some() && session.managed.as_mut().is_some_and(|m| m.is_claimed(cx)) {
            session.hang_up();
        }
        if let Some(line) = &mut session.line {
            line.write(&session.outbox, cx);
        }
        work.as_mut().poll(cx)
    })
    .await
}

/// RFC 3921 section 3: a formality for old clients, answered without a deed.
fn legacy_session(stanza: &Element) -> Option<Element> {
    let asked = stanza.name() == "iq"
        && stanza.attr("type") == Some("set")
        && stanza.has_child("session", ns::SESSION);
    asked.then(|| {
        Element::builder("iq", ns::CLIENT)
            .attr("type", "result")
            .attr_opt("id", stanza.attr("id"))
            .build()
    })
}
