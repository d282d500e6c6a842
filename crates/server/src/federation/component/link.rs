//! One connection to the host server, from its opening to its end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::parser::{Limits, StreamEvent};
use televisor_xmpp::stream::StreamError;
use tokio::io::AsyncWrite;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Component, handshake, host};
use crate::context::Context;
use crate::federation::RemoteLink;
use crate::wire::{Fault, Wire, goodbye, write};
use crate::{alias, delivery};

/// Why there is no connection to the host server, or no longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The secret cannot be read.
    #[error("the secret file cannot be read: {0}")]
    Secret(io::Error),
    /// The name of the host leads nowhere.
    #[error("the host has no address")]
    NoAddress,
    /// A stream without TLS does not leave the private network.
    #[error(
        "{0} is not in a private network, and the protocol of components has no encryption: \
         reach the host through a tunnel"
    )]
    Far(IpAddr),
    /// The host does not take the connection.
    #[error("the host cannot be reached: {0}")]
    Connect(String),
    /// The host does not take us: most often the secret or the domain is not what it expects.
    #[error("the host refuses this component, check its secret and its domain ({0})")]
    Refused(StreamError),
    /// The host is no server of components.
    #[error("{0}")]
    Protocol(&'static str),
    /// The host ended the stream.
    #[error("the host ended the stream ({0})")]
    Ended(StreamError),
    /// The connection is gone.
    #[error("the connection was lost")]
    Gone,
    /// The host did not answer in time.
    #[error("the host does not answer")]
    Silent,
}

impl Trouble {
    pub(super) fn connecting(problem: &io::Error) -> Self {
        Self::Connect(problem.to_string())
    }

    /// Whether it will not pass by itself.
    pub(super) fn needs_a_person(&self) -> bool {
        match self {
            Self::Secret(_) | Self::Far(_) | Self::Refused(_) | Self::Protocol(_) => true,
            Self::NoAddress | Self::Connect(_) | Self::Ended(_) | Self::Gone | Self::Silent => {
                false
            }
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Gone | Fault::Closed => Self::Gone,
            Fault::Error(error) => Self::Ended(error),
        }
    }
}

/// Connects and stays connected; `Ok` is the end by `down`.
pub(super) async fn run(
    component: &Component,
    context: &Context,
    down: &CancellationToken,
) -> Result<(), Trouble> {
    let opening = timeout(component.inner.limits.negotiation, open(component));
    let (mut reader, writer, addr) = tokio::select! {
        () = down.cancelled() => return Ok(()),
        opened = opening => opened.map_err(|_| Trouble::Silent)??,
    };
    tracing::info!(%addr, domain = component.domain(), "connected as a component");
    component.inner.connected.store(true, Ordering::Relaxed);
    // Reading and writing end together, and with the server; a stanza in delivery is never cut short.
    let end = down.child_token();
    let writing = tokio::spawn(write_all(component.clone(), writer, end.clone(), down.clone()));
    // The host, or those behind it, may have probed while nobody was here.
    for one in context.residents() {
        delivery::resident::presence_changed(context, one.localpart()).await;
    }
    let result = read_all(component, context, &mut reader, addr, &end).await;
    end.cancel();
    // It has `patience` for a last write, and cannot fail in a way that matters any more.
    drop(writing.await);
    if down.is_cancelled() { Ok(()) } else { result }
}

async fn open(
    component: &Component,
) -> Result<(Wire<OwnedReadHalf>, OwnedWriteHalf, SocketAddr), Trouble> {
    let config = &component.inner.config;
    // Read each time: the secret may be changed on both sides without a restart of this one.
    let secret = tokio::fs::read_to_string(&config.secret_file).await.map_err(Trouble::Secret)?;
    let (socket, addr) = host::connect(&config.host).await?;
    let (reader, mut writer) = socket.into_split();
    // The host has its own limits: a stanza that passed them must not cost us the connection.
    let mut reader = Wire::new(reader, Limits::REWRITTEN);
    handshake::shake(&mut reader, &mut writer, &config.domain, secret.trim()).await?;
    Ok((reader, writer, addr))
}

/// Reads until the connection ends, one stanza after the other.
async fn read_all(
    component: &Component,
    context: &Context,
    reader: &mut Wire<OwnedReadHalf>,
    addr: SocketAddr,
    end: &CancellationToken,
) -> Result<(), Trouble> {
    loop {
        let event = tokio::select! {
            () = end.cancelled() => return Err(Trouble::Gone),
            event = reader.event() => event?,
        };
        let StreamEvent::Stanza(element) = event else {
            return Err(Trouble::Protocol("a stream within the stream"));
        };
        if let Some(error) = StreamError::from_element(&element) {
            return Err(Trouble::Ended(error));
        }
        if let Some((domain, stanza)) = inward(component, context, element) {
            let link = RemoteLink { domain, addr };
            delivery::remote::receive(context, &link, stanza).await;
        }
    }
}

/// Returns the stanza with canonical addresses, and the domain of its sender; `None` for what no
/// honest host sends: an address of ours as the sender, or another's as the recipient.
pub(super) fn inward(
    component: &Component,
    context: &Context,
    mut stanza: Element,
) -> Option<(String, Element)> {
    stanza.change_namespace(ns::COMPONENT_ACCEPT, ns::CLIENT);
    let from: Jid = stanza.attr("from")?.parse().ok()?;
    let to: Jid = stanza.attr("to")?.parse().ok()?;
    let (from, to) = (from.domainpart().as_str(), to.domainpart().as_str());
    let ours = component.domain();
    if to != ours {
        if !component.inner.misdirected.swap(true, Ordering::Relaxed) {
            tracing::warn!(to, ours, "the host sends us what is for others, which may get ours");
        }
        return None;
    }
    if from == ours || context.aliases().is_ours(from) {
        tracing::debug!(from, "the host passed on what claims to be from us");
        return None;
    }
    let from = from.to_owned();
    alias::prepare(&mut stanza);
    context.aliases().named_view(ours).inward(&mut stanza);
    Some((from, stanza))
}

/// Writes what is queued until `end`, and cancels `end` when the host does not take it.
async fn write_all(
    component: Component,
    mut writer: OwnedWriteHalf,
    end: CancellationToken,
    down: CancellationToken,
) {
    let limits = &component.inner.limits;
    loop {
        let next = component.queue().pop();
        let Some(next) = next else {
            tokio::select! {
                // What was queued before the server ended still goes out.
                biased;
                () = component.inner.wake.notified() => {}
                () = end.cancelled() => break,
                // White space between stanzas: a connection that is gone shows by it.
                () = tokio::time::sleep(limits.ping) => {
                    if !written(&mut writer, b" ", limits.patience).await {
                        end.cancel();
                        return;
                    }
                }
            }
            continue;
        };
        // A part of a stanza is none: the host has not taken it, and gets it with the next connection.
        let lost = end.is_cancelled() && !down.is_cancelled();
        if lost || !written(&mut writer, &next.bytes, limits.patience).await {
            component.queue().put_back(next);
            break;
        }
    }
    end.cancel();
    written(&mut writer, &goodbye(None), limits.patience).await;
}

async fn written(
    writer: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    patience: std::time::Duration,
) -> bool {
    matches!(timeout(patience, write(writer, bytes)).await, Ok(Ok(())))
}
