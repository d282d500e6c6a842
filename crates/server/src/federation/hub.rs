//! The one handle on federation: the public name, and sending to other domains.

use std::sync::{Arc, Mutex, PoisonError};

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;

use super::{Component, Config, FederationStatus};
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
    /// Set: everything goes there, and there are no streams to and from other servers.
    component: Option<Component>,
    public_name: Mutex<Option<String>>,
}

impl Federation {
    pub(crate) fn new(config: Config, component: Option<Component>) -> Self {
        let name = component.as_ref().map(|component| component.domain().to_owned());
        Self { inner: Arc::new(Inner { config, component, public_name: Mutex::new(name) }) }
    }

    pub(crate) fn component(&self) -> Option<&Component> {
        self.inner.component.as_ref()
    }

    /// Queues a stanza for another domain: addresses are canonical, and `to` says where. Never waits.
    ///
    /// # Errors
    /// [`Condition::RemoteServerNotFound`] without a public name or a usable `to`,
    /// [`Condition::ResourceConstraint`] when too much waits for that domain already.
    pub(crate) fn send(&self, context: &Context, stanza: Element) -> Result<(), Condition> {
        if let Some(component) = &self.inner.component {
            return component.send(context, stanza);
        }
        Err(Condition::RemoteServerNotFound)
    }

    /// Sets the name towards other servers; streams opened later use it. A component's is its domain.
    pub(crate) fn set_public_name(&self, name: Option<String>) {
        if self.inner.component.is_some() {
            return;
        }
        *self.inner.public_name.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }

    pub(crate) fn status(&self) -> FederationStatus {
        let name = self.inner.public_name.lock().unwrap_or_else(PoisonError::into_inner);
        let component = self.inner.component.as_ref();
        FederationStatus {
            public_name: name.clone(),
            queued: component.map_or(0, Component::queued),
            component: component.map(Component::connected),
            ..FederationStatus::default()
        }
    }
}
