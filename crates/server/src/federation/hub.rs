//! The one handle on federation: the public name, the domains that are known, and sending to them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use televisor_dial::{Resolver, Trust};
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::{Domain, Jid};
use televisor_xmpp::parser;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dialback::Secret;
use super::management::{self, Management};
use super::parked::Parked;
use super::peer::Peer;
use super::queue::Waiting;
use super::verify::Verifier;
use super::{Component, Config, FederationStatus, Limits, worker};
use crate::certificates::Tls;
use crate::config;
use crate::context::Context;
use crate::delivery;
use crate::error::Error;
use crate::gate::Gate;

/// Streams to and from other servers. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Federation {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Set: everything goes there, and there are no streams to and from other servers.
    component: Option<Component>,
    limits: Limits,
    /// Limits of a stream before and after authentication.
    before: parser::Limits,
    after: parser::Limits,
    resolver: Resolver,
    trust: Trust,
    tls: Tls,
    secret: Secret,
    name: watch::Sender<Option<String>>,
    peers: Mutex<HashMap<String, Arc<Peer>>>,
    gate: Gate,
    /// For those who have proved who they are.
    inside: Gate,
    verifier: Verifier,
    parked: Parked,
    next: AtomicU64,
    inbound: Arc<AtomicUsize>,
    outbound: Arc<AtomicUsize>,
    tasks: TaskTracker,
    down: CancellationToken,
}

/// What federation shares with the rest of the server.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) limits: config::Limits,
    pub(crate) tls: Tls,
    pub(crate) tasks: TaskTracker,
    pub(crate) down: CancellationToken,
}

impl Federation {
    /// # Errors
    /// [`Error::Dial`] when the resolver or the file of authorities is not usable.
    pub(crate) fn new(
        config: &Config,
        component: Option<Component>,
        shared: Shared,
    ) -> Result<Self, Error> {
        let Shared { limits: general, tls, tasks, down } = shared;
        let limits = config.limits;
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|_| Error::Random)?;
        let parse = |bytes| parser::Limits { depth: general.depth, bytes };
        let name = component.as_ref().map(|component| component.domain().to_owned());
        let inner = Inner {
            component,
            limits,
            before: parse(general.bytes_before),
            after: parse(general.bytes_after),
            resolver: Resolver::new(config.resolver.as_deref())?,
            trust: Trust::new(config.ca_file.as_deref())?,
            tls,
            secret: Secret::new(&secret),
            name: watch::Sender::new(name),
            peers: Mutex::default(),
            gate: Gate::new(limits.waiting, limits.waiting_per_address),
            inside: Gate::new(limits.inside, limits.inside_per_address),
            verifier: Verifier::new(limits.verifications),
            parked: Parked::default(),
            next: AtomicU64::new(0),
            inbound: Arc::default(),
            outbound: Arc::default(),
            tasks,
            down,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(crate) fn component(&self) -> Option<&Component> {
        self.inner.component.as_ref()
    }

    /// Queues a stanza for another domain: addresses are canonical, and `to` says where. Never waits.
    ///
    /// # Errors
    /// [`Condition::RemoteServerNotFound`] without a public name or a usable `to`, or where there is no
    /// hope of reaching it for now; [`Condition::ResourceConstraint`] when too much waits already.
    pub(crate) fn send(&self, context: &Context, stanza: Element) -> Result<(), Condition> {
        if let Some(component) = &self.inner.component {
            return component.send(context, stanza);
        }
        let to = stanza.attr("to").and_then(|to| to.parse::<Jid>().ok());
        let to = to.ok_or(Condition::RemoteServerNotFound)?;
        let domain = to.domainpart().as_str();
        if context.aliases().is_ours(domain) {
            // Another spelling of a name of ours: we are no other server.
            return Err(Condition::RemoteServerNotFound);
        }
        let peer = match self.known(domain) {
            Some(peer) if peer.carried() || self.name().is_some() => peer,
            None if self.name().is_some() => {
                self.peer(domain).ok_or(Condition::ResourceConstraint)?
            }
            Some(_) | None => return Err(Condition::RemoteServerNotFound),
        };
        peer.push(stanza, Instant::now())?;
        self.nudge(context, &peer);
        Ok(())
    }

    /// Sets the name towards other servers; streams opened later use it. A component's is its domain.
    pub(crate) fn set_public_name(&self, name: Option<String>) {
        if self.inner.component.is_some() {
            return;
        }
        let prepared = |name: String| match name.parse::<Domain>() {
            Ok(domain) => Some(domain.as_str().to_owned()),
            Err(error) => {
                tracing::warn!(name, %error, "this is no name towards other servers");
                None
            }
        };
        let name = name.and_then(prepared);
        self.inner.name.send_if_modified(|old| {
            let new = *old != name;
            *old = name;
            new
        });
    }

    pub(crate) fn status(&self) -> FederationStatus {
        let component = self.inner.component.as_ref();
        let peers = self.inner.peers.lock().unwrap_or_else(PoisonError::into_inner);
        FederationStatus {
            public_name: self.name(),
            inbound: self.inner.inbound.load(Ordering::Relaxed),
            outbound: self.inner.outbound.load(Ordering::Relaxed),
            queued: match component {
                Some(component) => component.queued(),
                None => peers.values().map(|peer| peer.queued()).sum(),
            },
            component: component.map(Component::connected),
        }
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.inner.gate
    }

    pub(super) fn inside(&self) -> &Gate {
        &self.inner.inside
    }

    pub(super) fn name(&self) -> Option<String> {
        self.inner.name.borrow().clone()
    }

    pub(super) fn names(&self) -> watch::Receiver<Option<String>> {
        self.inner.name.subscribe()
    }

    /// Sees to it that somebody works for a domain that needs it.
    pub(super) fn nudge(&self, context: &Context, peer: &Arc<Peer>) {
        if !self.inner.down.is_cancelled() && peer.hire(Instant::now()) {
            let work = worker::run(self.clone(), context.clone(), Arc::clone(peer));
            self.inner.tasks.spawn(work);
        }
    }

    /// Returns what is known of a domain, and begins to know it if there is room.
    pub(super) fn peer(&self, domain: &str) -> Option<Arc<Peer>> {
        self.peer_among(domain, self.inner.limits.domains)
    }

    /// The same for one that came by itself: a quarter of the room is for those we want to reach.
    pub(super) fn peer_that_came(&self, domain: &str) -> Option<Arc<Peer>> {
        let most = self.inner.limits.domains;
        self.peer_among(domain, most - most / 4)
    }

    fn peer_among(&self, domain: &str, most: usize) -> Option<Arc<Peer>> {
        let mut peers = self.inner.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.get(domain) {
            return Some(Arc::clone(peer));
        }
        if peers.len() >= most {
            let idle = peers.values().filter_map(|peer| Some((peer.idle_since()?, peer.domain())));
            let longest = idle.min().map(|(_, domain)| domain.to_owned())?;
            peers.remove(&longest);
        }
        let peer = Arc::new(Peer::new(domain, &self.inner.limits, Instant::now()));
        peers.insert(domain.to_owned(), Arc::clone(&peer));
        Some(peer)
    }

    fn known(&self, domain: &str) -> Option<Arc<Peer>> {
        let peers = self.inner.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.get(domain).cloned()
    }

    /// Puts what did not arrive on a stream before what waits.
    pub(super) fn give_back(&self, context: &Context, mut lost: Management) {
        for (peer, returned) in management::by_peer(lost.give_up()) {
            // Of no stream: whoever carries, carries on.
            peer.put_down(u64::MAX, returned);
            self.nudge(context, &peer);
        }
    }

    /// Gives stanzas back to their senders.
    pub(super) async fn bounce(
        &self,
        context: &Context,
        stanzas: Vec<Waiting>,
        condition: Condition,
    ) {
        for Waiting { stanza, .. } in stanzas {
            Box::pin(delivery::remote::bounced(context, stanza, condition)).await;
        }
    }

    /// Counts a stream for as long as the result is kept.
    pub(super) fn count(&self, inbound: bool) -> Counted {
        let inner = &self.inner;
        let count = if inbound { &inner.inbound } else { &inner.outbound };
        count.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(count))
    }

    /// Returns the number of a new stream.
    pub(super) fn number(&self) -> u64 {
        self.inner.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(super) fn before(&self) -> parser::Limits {
        self.inner.before
    }

    pub(super) fn after(&self) -> parser::Limits {
        self.inner.after
    }

    /// By which a domain is found; one that came to us from the Internet is not found inside the home,
    /// whatever its DNS says: nobody out there makes us knock at doors in here.
    pub(super) fn resolver(&self, from_internet: bool) -> Resolver {
        let resolver = &self.inner.resolver;
        if from_internet { resolver.only_public() } else { resolver.clone() }
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.inner.trust
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.inner.tls
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.inner.secret
    }

    pub(super) fn verifier(&self) -> &Verifier {
        &self.inner.verifier
    }

    pub(super) fn parked(&self) -> &Parked {
        &self.inner.parked
    }

    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.inner.tasks
    }

    pub(super) fn down(&self) -> &CancellationToken {
        &self.inner.down
    }
}

/// A stream that is counted.
#[derive(Debug)]
pub(super) struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
