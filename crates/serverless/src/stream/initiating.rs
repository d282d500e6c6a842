//! Opening streams (XEP-0174 section 6): the initiating entity's side of the negotiation.
//!
//! Addresses are tried one after the other until somebody answers with a header: some peers close at
//! once when they do not know the address of ours that the system chose.

use std::net::SocketAddr;
use std::time::Duration;

use televisor_xmpp::stream::Version;
use televisor_xmpp::{Element, StreamCondition, StreamEvent, ns};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::hub::Shared;
use super::opened::{Facts, Opened, Whole, unopened};
use super::receiving::prepare;
use super::tls::{Security, Tls};
use super::whom;
use super::wire::{Fault, header, write};
use crate::error::Error;
use crate::name::PeerName;

/// How long one address may take to be connected to: a link is fast, and there may be others.
const CONNECT: Duration = Duration::from_secs(3);

/// How many addresses are tried.
const ADDRESSES: usize = 6;

/// How long all of them may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a peer that says version 1.0 may keep its features to itself; some have none to say.
const FEATURES: Duration = Duration::from_secs(2);

/// Whether to use STARTTLS where it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    Tls,
    Plain,
}

/// Why an attempt came to nothing.
struct Failure {
    fault: Fault,
    /// It was TLS that failed, so that the same peer may be spoken to without.
    tls: bool,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { fault, tls: false }
    }
}

/// Opens a stream to an announced peer.
///
/// # Errors
/// [`Error::NotHere`] and [`Error::Unreachable`].
pub(super) async fn open(shared: &Shared, name: &PeerName) -> Result<Opened, Error> {
    let Some(peer) = shared.roster.peer(name) else {
        return Err(Error::NotHere(name.to_string()));
    };
    let unreachable = |reason: String| Error::Unreachable { peer: name.to_string(), reason };
    let attempts = async {
        let mut reason = "it has no address on this link".to_owned();
        let link = shared.near();
        let near = peer.addresses.iter().filter(|address| link.holds(address.ip()));
        for &address in near.take(ADDRESSES) {
            match attempt(shared, name, address).await {
                Ok(opened) => return Ok(opened),
                Err(fault) => reason = fault.to_string(),
            }
        }
        Err(reason)
    };
    let opened = timeout(PATIENCE, attempts).await;
    opened.unwrap_or_else(|_| Err("it does not answer".to_owned())).map_err(|reason| {
        shared.roster.doubt(name);
        unreachable(reason)
    })
}

async fn attempt(shared: &Shared, name: &PeerName, address: SocketAddr) -> Result<Opened, Fault> {
    match negotiated(shared, name, address, Cover::Tls).await {
        Err(Failure { tls: true, fault }) => {
            // It offers TLS, but not ours. Plain is marked as such, and proves nothing.
            tracing::debug!(%address, %fault, "STARTTLS failed: plain instead");
            negotiated(shared, name, address, Cover::Plain).await.map_err(|failure| failure.fault)
        }
        other => other.map_err(|failure| failure.fault),
    }
}

async fn negotiated(
    shared: &Shared,
    name: &PeerName,
    address: SocketAddr,
    cover: Cover,
) -> Result<Opened, Failure> {
    let connected = timeout(CONNECT, TcpStream::connect(address)).await;
    let socket = connected.map_err(|_| Fault::gone("it does not answer"))?.map_err(Fault::gone)?;
    prepare(&socket);
    let mut approach = Approach {
        shared,
        name,
        wire: unopened(shared, Box::new(socket)),
        security: Security::default(),
        modern: false,
    };
    let met = timeout(shared.limits.opening, approach.meet(cover)).await;
    let first = met.map_err(|_| Fault::gone("it does not answer"))??;
    let Approach { wire, security, modern, .. } = approach;
    let facts =
        Facts { address, security, modern, ours: true, claimed: None, since: Instant::now() };
    Ok(Opened::new(shared, wire, facts, first, None))
}

/// A stream that is being negotiated.
struct Approach<'a> {
    shared: &'a Shared,
    name: &'a PeerName,
    wire: Whole,
    security: Security,
    modern: bool,
}

impl Approach<'_> {
    /// Negotiates; a peer without features may have sent its first stanza by then.
    async fn meet(&mut self, cover: Cover) -> Result<Option<Element>, Failure> {
        let offer = match self.hello().await? {
            Some(offer) if offer.is("features", ns::STREAMS) => offer,
            other => return Ok(other),
        };
        let Some(starttls) = offer.child("starttls", ns::TLS) else { return Ok(None) };
        match &self.shared.tls {
            Some(tls) if cover == Cover::Tls => {
                let secured = self.secure(&tls.clone()).await;
                let required = starttls.has_child("required", ns::TLS);
                secured.map_err(|fault| Failure { fault, tls: !required })?;
                let offer = self.hello().await?;
                Ok(offer.filter(|element| !element.is("features", ns::STREAMS)))
            }
            _ if starttls.has_child("required", ns::TLS) => {
                Err(Fault::gone("it wants TLS, which cannot be had").into())
            }
            _ => Ok(None),
        }
    }

    async fn secure(&mut self, tls: &Tls) -> Result<(), Fault> {
        let starttls = Element::new("starttls", ns::TLS);
        write(&mut self.wire.io, &starttls.to_bytes(ns::CLIENT)).await?;
        if !self.wire.element().await?.is("proceed", ns::TLS) {
            return Err(Fault::gone("STARTTLS was refused"));
        }
        self.wire.parser.discard();
        let plain = std::mem::replace(&mut self.wire.io, Box::new(tokio::io::empty()));
        (self.wire.io, self.security) = tls.connect(plain).await?;
        Ok(())
    }

    /// Exchanges headers, and returns what comes after where both sides speak XMPP 1.0.
    async fn hello(&mut self) -> Result<Option<Element>, Fault> {
        let me = self.shared.me();
        let from = me.as_ref().map(PeerName::as_str);
        write(&mut self.wire.io, &header(from, Some(self.name.as_str()), None, true)).await?;
        let theirs = self.wire.header().await?;
        // Addresses pass from one to another: whoever has this one now is not spoken to unasked.
        let other = whom::claim(theirs.from.as_deref()).filter(|from| from != self.name);
        if let Some(other) = other.filter(|other| other.as_str().contains('@')) {
            return Err(Fault::gone(format!("{other} answers there")));
        }
        self.modern = theirs.version.is_some_and(|version| version >= Version::V1_0);
        if !self.modern {
            return Ok(None);
        }
        match timeout(FEATURES, self.wire.event()).await {
            Ok(Ok(StreamEvent::Stanza(element))) => Ok(Some(element)),
            Ok(Ok(StreamEvent::Open(_) | StreamEvent::Close)) => {
                Err(StreamCondition::BadFormat.into())
            }
            Ok(Err(fault)) => Err(fault),
            Err(_) => Ok(None),
        }
    }
}
