//! Accepting streams (XEP-0174 section 6): the receiving entity's side of the negotiation.
//!
//! Headers are answered whatever they lack. A peer that says `version='1.0'` gets features: STARTTLS
//! where we have a certificate, and our disco#info. One that says nothing of versions is not told of
//! them either.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use televisor_xmpp::stream::Version;
use televisor_xmpp::{Element, StreamCondition, StreamHeader, features, ns};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};

use super::gate::Pass;
use super::hub::Shared;
use super::opened::{Facts, Opened, Whole, unopened};
use super::pending::token;
use super::tls::Security;
use super::wire::{Fault, Io, goodbye, header, write};
use super::{answers, whom};
use crate::name::PeerName;

/// How long a stream without TLS may stay without a first stanza.
const FIRST_STANZA: Duration = Duration::from_secs(60);

/// A peer that vanished is noticed even where nobody writes, and soon where somebody does.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// How long to wait when no more connections can be had.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts until the end.
pub(super) async fn listen(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        let accepted = tokio::select! {
            () = shared.down.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, address)) => welcome(&shared, socket, address),
            Err(error) => {
                // Out of file descriptors, most likely: let some streams end first.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Sets what a socket of either direction needs.
pub(super) fn prepare(socket: &TcpStream) {
    // None is vital: without them a stream is only slower to send, or to be missed.
    drop(socket.set_nodelay(true));
    let socket = SockRef::from(socket);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_INTERVAL);
    drop(socket.set_tcp_keepalive(&keepalive));
    #[cfg(any(target_os = "linux", target_os = "android"))]
    drop(socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED)));
}

fn welcome(shared: &Arc<Shared>, socket: TcpStream, address: SocketAddr) {
    let Some(pass) = shared.gate.enter(address.ip()) else {
        tracing::debug!(%address, "too many streams");
        return;
    };
    if !shared.near().holds(address.ip()) {
        tracing::debug!(%address, "not on the link");
        return;
    }
    prepare(&socket);
    shared.tasks.spawn(receive(Arc::clone(shared), Box::new(socket), address, pass));
}

/// Takes a connection from its first byte to a stream, and hands that to the lane of its peer.
async fn receive(shared: Arc<Shared>, io: Box<dyn Io>, address: SocketAddr, pass: Pass) {
    let evicted = pass.evicted();
    let mut doorstep = Doorstep::new(&shared, io, address);
    let met = tokio::select! {
        met = doorstep.meet() => met,
        () = shared.down.cancelled() => Err(StreamCondition::SystemShutdown.into()),
        () = evicted.cancelled() => Err(StreamCondition::ResourceConstraint.into()),
    };
    match met {
        Ok((name, first)) => {
            let Doorstep { wire, security, modern, claimed, .. } = doorstep;
            let (ours, since) = (false, Instant::now());
            let facts = Facts { address, security, modern, ours, claimed, since };
            let opened = Opened::new(&shared, wire, facts, first, Some(pass));
            shared.place(name, opened).await;
        }
        Err(fault) => {
            tracing::debug!(%address, %fault, "a stream did not come about");
            doorstep.refuse(fault).await;
        }
    }
}

/// A stream that is being negotiated.
struct Doorstep<'a> {
    shared: &'a Shared,
    address: SocketAddr,
    wire: Whole,
    security: Security,
    modern: bool,
    claimed: Option<PeerName>,
    header_sent: bool,
}

impl<'a> Doorstep<'a> {
    fn new(shared: &'a Shared, io: Box<dyn Io>, address: SocketAddr) -> Self {
        Self {
            shared,
            address,
            wire: unopened(shared, io),
            security: Security::default(),
            modern: false,
            claimed: None,
            header_sent: false,
        }
    }

    /// Negotiates, and says whom the stream is with; maybe its first stanza has come by then.
    async fn meet(&mut self) -> Result<(PeerName, Option<Element>), Fault> {
        let opening = self.shared.limits.opening;
        let late = |_| Fault::from(StreamCondition::ConnectionTimeout);
        timeout(opening, self.open()).await.map_err(late)??;
        let mut first = None;
        if self.modern && self.shared.tls.is_some() {
            // Until the peer has chosen, nothing of ours may come between.
            let element = timeout(FIRST_STANZA, self.wire.element()).await.map_err(late)??;
            if element.is("starttls", ns::TLS) {
                timeout(opening, self.secure()).await.map_err(late)??;
            } else {
                first = Some(element);
            }
        }
        let (roster, ip) = (&self.shared.roster, self.address.ip());
        if self.claimed.is_some() {
            let name = match self.believed() {
                Some(name) => Some(name),
                None => whom::awaited(roster, ip, self.claimed.as_ref()).await,
            };
            return Ok((name.unwrap_or_else(|| whom::made_up(self.address)), first));
        }
        if let Some(name) = whom::announced(roster, ip, None) {
            return Ok((name, first));
        }
        let element = match first {
            Some(element) => element,
            None => timeout(FIRST_STANZA, self.wire.element()).await.map_err(late)??,
        };
        self.claimed = self.claim(element.attr("from"));
        let name = match self.claimed.as_ref() {
            Some(claimed) => whom::awaited(roster, ip, Some(claimed)).await,
            None => None,
        };
        Ok((name.unwrap_or_else(|| whom::made_up(self.address)), Some(element)))
    }

    /// Somebody of the household is whom it says, from whichever of its addresses.
    fn believed(&self) -> Option<PeerName> {
        self.shared.owner(self.security)?;
        self.claimed.clone().filter(|name| self.shared.roster.peer(name).is_some())
    }

    async fn secure(&mut self) -> Result<(), Fault> {
        let Some(tls) = &self.shared.tls else { return Err(StreamCondition::BadFormat.into()) };
        let proceed = Element::new("proceed", ns::TLS);
        write(&mut self.wire.io, &proceed.to_bytes(ns::CLIENT)).await?;
        // RFC 6120 section 5.4.3.3: what came after `<starttls/>` in the clear is thrown away.
        if self.wire.parser.discard() {
            tracing::debug!(address = %self.address, "bytes after starttls in the clear: discarded");
        }
        let plain = std::mem::replace(&mut self.wire.io, Box::new(tokio::io::empty()));
        (self.wire.io, self.security) = tls.accept(plain).await?;
        self.open().await
    }

    /// Reads a header and answers it, with features where both sides know of them.
    async fn open(&mut self) -> Result<(), Fault> {
        self.header_sent = false;
        let theirs = self.wire.header().await?;
        self.modern = theirs.version.is_some_and(|version| version >= Version::V1_0);
        self.claimed = self.claim(theirs.from.as_deref());
        self.send_header(theirs.from.as_deref()).await?;
        self.check(&theirs)?;
        if self.modern {
            let starttls = self.shared.tls.is_some() && !self.security.encrypted;
            let offered = starttls.then(|| features::starttls(false));
            let about = answers::feature(&self.shared.about);
            let features = features::features(offered.into_iter().chain([about]));
            write(&mut self.wire.io, &features.to_bytes(ns::CLIENT)).await?;
        }
        Ok(())
    }

    fn check(&self, theirs: &StreamHeader) -> Result<(), Fault> {
        if theirs.namespace != ns::CLIENT {
            return Err(StreamCondition::InvalidNamespace.into());
        }
        // Some send an address or an older name of ours. But who means another must not talk to us.
        let to = whom::claim(theirs.to.as_deref());
        match to.filter(|to| self.shared.me().is_none_or(|me| me != *to)) {
            Some(other) if self.shared.roster.peer(&other).is_some() => {
                Err(StreamCondition::HostUnknown.into())
            }
            _ => Ok(()),
        }
    }

    /// Nobody else has our own name.
    fn claim(&self, from: Option<&str>) -> Option<PeerName> {
        whom::claim(from).filter(|name| self.shared.me().is_none_or(|me| me != *name))
    }

    async fn send_header(&mut self, to: Option<&str>) -> Result<(), Fault> {
        let me = self.shared.me();
        let from = me.as_ref().map(PeerName::as_str);
        let bytes = header(from, to, Some(token()), self.modern);
        self.header_sent = true;
        write(&mut self.wire.io, &bytes).await
    }

    /// Ends a stream that did not come about, as far as the peer can be told.
    async fn refuse(mut self, fault: Fault) {
        let error = match fault {
            Fault::Gone(_) => return,
            Fault::Closed => None,
            Fault::Error(error) => Some(error),
        };
        // RFC 6120 section 4.9.1.2: a stream error needs a stream to be in.
        if !self.header_sent && self.send_header(None).await.is_err() {
            return;
        }
        let told = write(&mut self.wire.io, &goodbye(error.as_ref())).await;
        if told.is_ok() && self.wire.io.shutdown().await.is_ok() {
            self.wire.linger().await;
        }
    }
}
