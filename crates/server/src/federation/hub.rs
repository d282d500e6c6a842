//! The one handle on federation: the public name, and sending to other domains.

use std::sync::{Arc, Mutex, PoisonError};

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;

use super::{Config, FederationStatus};
use crate::context::Context;

/// Streams to and from other servers. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Federation {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    #[expect(dead_code, reason = "the streams that need it come next")]
    config: Config,
    public_name: Mutex<Option<String>>,
}

impl Federation {
    pub(crate) fn new(config: Config) -> Self {
        Self { inner: Arc::new(Inner { config, public_name: Mutex::default() }) }
    }

    /// Queues a stanza for another domain: addresses are canonical, and `to` says where. Never waits.
    ///
    /// # Errors
    /// [`Condition::RemoteServerNotFound`] without a public name or a usable `to`,
    /// [`Condition::ResourceConstraint`] when too much waits for that domain already.
    #[expect(clippy::unused_self, reason = "the streams that need it come next")]
    pub(crate) fn send(&self, _context: &Context, _stanza: Element) -> Result<(), Condition> {
        Err(Condition::RemoteServerNotFound)
    }

    /// Sets the name towards other servers; streams opened later use it.
    pub(crate) fn set_public_name(&self, name: Option<String>) {
        *self.inner.public_name.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }

    pub(crate) fn status(&self) -> FederationStatus {
        let name = self.inner.public_name.lock().unwrap_or_else(PoisonError::into_inner);
        FederationStatus { public_name: name.clone(), ..FederationStatus::default() }
    }
}
