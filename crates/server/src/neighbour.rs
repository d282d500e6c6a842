//! Another server in the same process: stanzas for its domain go there, instead of over a stream.
//!
//! What a program uses that bridges to something else, and what the conversations of the tests use
//! for the world outside. The neighbour is believed about its own domain only.

use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::{Domain, Jid};
use tokio::sync::mpsc;

use crate::context::Context;
use crate::delivery::remote;
use crate::federation::RemoteLink;

/// Stanzas that may wait for a neighbour.
const WAITING: usize = 1024;

/// The other end of the way to a domain, until it is dropped.
pub struct Neighbour {
    context: Context,
    domain: Domain,
    inbox: mpsc::Receiver<Element>,
}

/// The neighbours there are.
#[derive(Clone, Default)]
pub(crate) struct Neighbours {
    ways: Arc<Mutex<HashMap<String, mpsc::Sender<Element>>>>,
}

impl Neighbour {
    pub(crate) fn new(context: Context, domain: Domain) -> Self {
        let (way, inbox) = mpsc::channel(WAITING);
        context.neighbours().lock().insert(domain.as_str().to_owned(), way);
        Self { context, domain, inbox }
    }

    /// Sends a stanza as from the neighbour's domain; returns once the server has seen to it. One
    /// whose `from` is of another domain, or whose `to` is not of the server's, is dropped.
    pub async fn send(&self, mut stanza: Element) {
        self.context.aliases().inward(&mut stanza);
        let domain = |name| stanza.attr(name).and_then(|jid| jid.parse::<Jid>().ok());
        let (from, to) = (domain("from"), domain("to"));
        if from.is_none_or(|from| *from.domainpart() != self.domain)
            || to.is_some_and(|to| to.domainpart().as_str() != self.context.domain())
        {
            tracing::debug!(domain = %self.domain, "a neighbour speaks for others, or to others");
            return;
        }
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let link = RemoteLink { domain: self.domain.to_string(), addr };
        remote::receive(&self.context, &link, stanza).await;
    }

    /// Gives back a stanza that it was handed and cannot deliver: its sender gets this error.
    pub async fn give_back(&self, stanza: Element, condition: Condition) {
        remote::bounced(&self.context, stanza, condition).await;
    }

    /// Waits for the next stanza for the neighbour's domain.
    pub async fn next(&mut self) -> Option<Element> {
        self.inbox.recv().await
    }

    /// Returns the next stanza for the neighbour's domain, if there is one already.
    pub fn try_next(&mut self) -> Option<Element> {
        self.inbox.try_recv().ok()
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.context.neighbours().lock().remove(self.domain.as_str());
    }
}

impl Neighbours {
    /// Hands a stanza to the neighbour of this domain; `None` if there is none.
    pub(crate) fn send(&self, domain: &str, stanza: &Element) -> Option<Result<(), Condition>> {
        let way = self.lock().get(domain).cloned()?;
        Some(way.try_send(stanza.clone()).map_err(|_| Condition::ResourceConstraint))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<Element>>> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Neighbour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Neighbour").field("domain", &self.domain).finish_non_exhaustive()
    }
}
