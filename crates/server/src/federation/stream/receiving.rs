//! What becomes of each element that arrives.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::stream::{StreamCondition, StreamError};
use tokio::time::Instant;

use super::super::RemoteLink;
use super::super::receipts::PING;
use super::managing::Phase;
use super::running::{Role, Stream};
use crate::wire::Fault;
use crate::{alias, delivery};

impl Stream {
    /// Takes one first-level element.
    pub(super) async fn take(&mut self, element: Element) -> Result<(), Fault> {
        match element.namespace() {
            ns::SERVER => self.stanza(element).await,
            ns::STREAM_MANAGEMENT => self.manage(element).await,
            ns::DIALBACK => self.dialback(&element),
            ns::BIDI if self.role == Role::Received && self.pairs.is_empty() => {
                self.bidi = true;
                Ok(())
            }
            _ => match StreamError::from_element(&element) {
                Some(error) => {
                    tracing::debug!(addr = %self.addr, %error, "the other server ends the stream");
                    self.reason = Some(error.condition);
                    Err(Fault::Closed)
                }
                None if self.pairs.is_empty() => Err(StreamCondition::NotAuthorized.into()),
                None => Err(StreamCondition::UnsupportedStanzaType.into()),
            },
        }
    }

    async fn stanza(&mut self, mut stanza: Element) -> Result<(), Fault> {
        if !matches!(stanza.name(), "message" | "presence" | "iq") {
            return Err(StreamCondition::UnsupportedStanzaType.into());
        }
        if self.pairs.is_empty() {
            return Err(StreamCondition::NotAuthorized.into());
        }
        let aliases = self.context.aliases();
        let peer = self.pairs.sender(&stanza, aliases)?.clone();
        let now = Instant::now();
        self.times.stanza = now;
        self.times.slow = peer.take_token(now);
        stanza.change_namespace(ns::SERVER, ns::CLIENT);
        alias::prepare(&mut stanza);
        aliases.inward(&mut stanza);
        let link = RemoteLink { domain: peer.domain().to_owned(), addr: self.addr };
        if let Some(id) = pong(&stanza, peer.domain()) {
            peer.pong(id);
        } else {
            tracing::trace!(link.domain, %link.addr, name = stanza.name(), "a stanza");
            let context = self.context.clone();
            Box::pin(delivery::remote::receive(&context, &link, stanza)).await;
        }
        if matches!(self.phase, Phase::On) {
            self.management.handled();
        }
        Ok(())
    }
}

/// The id of our own ping, if this is the answer of that server to it.
fn pong<'a>(stanza: &'a Element, domain: &str) -> Option<&'a str> {
    let answer = stanza.name() == "iq" && matches!(stanza.attr("type"), Some("result" | "error"));
    let from = stanza.attr("from").is_some_and(|from| from.eq_ignore_ascii_case(domain));
    stanza.attr("id").filter(|id| answer && from && id.starts_with(PING))
}
