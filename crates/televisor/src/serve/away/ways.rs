//! The ways to the world: federation, a component's place, or an ordinary account.

use std::sync::Arc;

use televisor_model::{Contact, Via};
use televisor_reach::State;
use televisor_server::{Handle, Subscription};
use televisor_uplink::{Uplink, UplinkState};
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::sync::{OnceCell, watch};

/// How the receiver stands to somebody: RFC 6121's subscription, as far as it matters here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::serve) struct Stance {
    /// They let the receiver see them.
    pub(in crate::serve) sees: bool,
    /// The receiver lets them see it.
    pub(in crate::serve) is_seen: bool,
    /// The receiver has asked, and they have not answered.
    pub(in crate::serve) is_asking: bool,
}

impl Stance {
    /// Commands are taken from a mutual subscription only.
    pub(in crate::serve) fn is_mutual(self) -> bool {
        self.sees && self.is_seen
    }
}

impl From<Option<Subscription>> for Stance {
    fn from(subscription: Option<Subscription>) -> Self {
        subscription.map_or_else(Self::default, |s| Self {
            sees: s.sees(),
            is_seen: s.is_seen(),
            is_asking: s.is_asking(),
        })
    }
}

/// The ways there are; cheap to clone.
#[derive(Clone)]
pub(in crate::serve) struct Ways {
    inner: Arc<Inner>,
}

struct Inner {
    localpart: String,
    server: Arc<OnceCell<Handle>>,
    uplink: OnceCell<Uplink>,
    reach: OnceCell<watch::Receiver<State>>,
    /// The component's domain, where the receiver is one.
    component: Option<String>,
    federation: bool,
    public_name: watch::Sender<Option<String>>,
}

impl Ways {
    /// The ways that the configuration opens; parts are put in as they come up.
    pub(in crate::serve) fn new(
        localpart: String,
        server: Arc<OnceCell<Handle>>,
        component: Option<String>,
        federation: bool,
    ) -> Self {
        let public_name = watch::Sender::new(component.clone());
        let (uplink, reach) = (OnceCell::new(), OnceCell::new());
        let inner = Inner { localpart, server, uplink, reach, component, federation, public_name };
        Self { inner: Arc::new(inner) }
    }

    /// Puts the uplink in.
    pub(in crate::serve) fn set_uplink(&self, uplink: Uplink) {
        drop(self.inner.uplink.set(uplink));
    }

    /// Puts in what is known about the door.
    pub(in crate::serve) fn set_reach(&self, reach: watch::Receiver<State>) {
        drop(self.inner.reach.set(reach));
    }

    /// Whether servers are talked to directly.
    pub(in crate::serve) fn federates(&self) -> bool {
        self.inner.federation && self.inner.component.is_none()
    }

    /// The component's domain, where the receiver is one.
    pub(in crate::serve) fn component(&self) -> Option<&str> {
        self.inner.component.as_deref()
    }

    /// The name by which other servers know the receiver, and each change of it.
    pub(in crate::serve) fn public_name(&self) -> watch::Receiver<Option<String>> {
        self.inner.public_name.subscribe()
    }

    /// Tells servers, and everybody here, another public name. A component keeps its own.
    pub(in crate::serve) fn set_public_name(&self, name: &str) {
        if !self.federates() {
            return;
        }
        if let Some(server) = self.inner.server.get() {
            server.set_public_name(Some(name.to_owned()));
            // Only now can contacts out there be told that the receiver is here.
            server.presence_changed();
        }
        self.inner.public_name.send_replace(Some(name.to_owned()));
    }

    /// What is known about the door.
    pub(in crate::serve) fn reach(&self) -> State {
        self.inner.reach.get().map(|state| state.borrow().clone()).unwrap_or_default()
    }

    /// How the ordinary account is, where there is one: its address and state.
    pub(in crate::serve) fn uplink(&self) -> Option<(String, UplinkState)> {
        let uplink = self.inner.uplink.get()?;
        Some((uplink.account().to_string(), uplink.state().borrow().clone()))
    }

    /// Returns the way by which somebody new is asked now, or why there is none.
    pub(in crate::serve) fn out(&self) -> Result<Via, String> {
        if self.component().is_some() {
            return Ok(Via::Component);
        }
        let reach = self.reach();
        let named = self.federates() && self.inner.public_name.borrow().is_some();
        if named && reach.external.is_some() {
            return Ok(Via::Federation);
        }
        match self.uplink() {
            Some((_, UplinkState::Refused { why })) if !named => {
                Err(format!("the uplink account does not work: {why}"))
            }
            Some(_) => Ok(Via::Uplink),
            // A name of its own and a certificate are enough for servers that answer on our streams.
            None if named && !is_literal(self.inner.public_name.borrow().as_deref()) => {
                Ok(Via::Federation)
            }
            None if !self.inner.federation => Err(
                "talking to other servers is switched off. Set enabled = true under [federation]."
                    .to_owned(),
            ),
            None => Err(reach.obstacles.first().map_or_else(
                || {
                    "I am still looking for a way out of this network. Ask again in a minute."
                        .to_owned()
                },
                ToString::to_string,
            )),
        }
    }

    /// The receiver's own address, as people out there write it.
    pub(in crate::serve) fn address(&self, via: Via) -> Option<String> {
        match via {
            Via::Uplink => self.uplink().map(|(account, _)| account),
            Via::Federation | Via::Component => {
                let name = self.inner.public_name.borrow().clone()?;
                Some(format!("{}@{name}", self.inner.localpart))
            }
        }
    }

    /// Sends a stanza to `to`.
    pub(in crate::serve) fn send(&self, via: Via, to: &str, mut stanza: Element) {
        stanza.set_attr("to", to);
        match via {
            Via::Uplink => {
                let Some(uplink) = self.inner.uplink.get() else { return };
                if let Err(error) = uplink.send(stanza) {
                    tracing::warn!(%error, to, "something could not be sent");
                }
            }
            Via::Federation | Via::Component => {
                if let Some(server) = self.inner.server.get() {
                    server.send(&self.inner.localpart, stanza);
                }
            }
        }
    }

    /// Returns how the receiver stands to `jid`.
    pub(in crate::serve) async fn stance(&self, via: Via, jid: &str) -> Stance {
        match via {
            Via::Uplink => self.uplink_stance(jid),
            Via::Federation | Via::Component => {
                let (Some(server), Ok(contact)) = (self.inner.server.get(), jid.parse()) else {
                    return Stance::default();
                };
                let found = server.subscription(&self.inner.localpart, &contact).await;
                found
                    .inspect_err(|error| tracing::error!(%error, "the roster could not be read"))
                    .unwrap_or_default()
                    .into()
            }
        }
    }

    pub(in crate::serve) fn uplink_stance(&self, jid: &str) -> Stance {
        let Some(uplink) = self.inner.uplink.get() else { return Stance::default() };
        let subscription = uplink.subscription(jid);
        let is = |words: [&str; 2]| subscription.as_deref().is_some_and(|s| words.contains(&s));
        let is_asking = uplink.is_asking(jid);
        Stance { sees: is(["to", "both"]), is_seen: is(["from", "both"]), is_asking }
    }

    /// Ends what there is with `contact`, both ways, and forgets it.
    pub(in crate::serve) async fn end(&self, contact: &Contact) {
        match contact.via {
            Via::Uplink => {
                // RFC 6121 section 2.5: the server sends what ends a subscription.
                let item = Element::builder("item", ns::ROSTER)
                    .attr("jid", contact.jid.as_str())
                    .attr("subscription", "remove");
                let query = Element::builder("query", ns::ROSTER).child(item);
                let iq =
                    Element::builder("iq", ns::CLIENT).attr("type", "set").child(query).build();
                if let Some(Err(error)) = self.inner.uplink.get().map(|uplink| uplink.send(iq)) {
                    tracing::warn!(%error, jid = contact.jid, "a contact could not be dropped");
                }
            }
            Via::Federation | Via::Component => {
                let (Some(server), Ok(jid)) = (self.inner.server.get(), contact.jid.parse()) else {
                    return;
                };
                server.drop_contact(&self.inner.localpart, &jid).await;
            }
        }
    }

    /// Ends what there is with everybody on other servers whom `stays` does not name. The uplink's
    /// account may have friends of its own.
    pub(in crate::serve) async fn end_others(&self, stays: impl Fn(&str) -> bool + Send) {
        let Some(server) = self.inner.server.get() else { return };
        let found = server.contacts(&self.inner.localpart).await;
        let found =
            found.inspect_err(|error| tracing::error!(%error, "the roster could not be read"));
        for (jid, subscription) in found.unwrap_or_default() {
            let stance = Stance::from(Some(subscription));
            if (stance.sees || stance.is_seen || stance.is_asking) && !stays(&jid.to_string()) {
                tracing::info!(%jid, "whoever was let go is forgotten now");
                server.drop_contact(&self.inner.localpart, &jid).await;
            }
        }
    }

    /// Shows the uplink's contacts what everybody else is shown by the server.
    pub(in crate::serve) fn show(&self, presence: Element) {
        if let Some(uplink) = self.inner.uplink.get() {
            uplink.set_presence(presence);
        }
    }

    /// Says goodbye.
    pub(in crate::serve) async fn shutdown(&self) {
        if let Some(uplink) = self.inner.uplink.get() {
            uplink.shutdown().await;
        }
    }
}

/// Whether a public name is an address rather than a name.
pub(in crate::serve) fn is_literal(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok())
}
