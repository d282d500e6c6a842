//! Getting a byte stream to the receiver: stored addresses first, then mDNS.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use televisor_discovery::{Config, find_receivers};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::Error;
use crate::find::is_same;
use crate::profile::Profile;

/// On a home network a connection is made in milliseconds or not at all.
const CONNECT_DEADLINE: Duration = Duration::from_secs(3);
/// How long to listen for the receiver's announcement when no stored address answers.
const FIND_WAIT: Duration = Duration::from_secs(2);
/// Addresses kept of one receiver.
pub(crate) const ADDRESS_LIMIT: usize = 8;

/// A byte stream to the receiver.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// The future of [`Connect::connect`].
pub type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<(Box<dyn Io>, Option<SocketAddr>), Error>> + Send + 'a>>;

/// A way to get a byte stream; tests put a pipe here.
pub trait Connect: Send + Sync + fmt::Debug {
    /// Connects to the receiver of `profile`; returns the address too, where there is one.
    fn connect<'a>(&'a mut self, profile: &'a Profile) -> Connecting<'a>;
}

/// TCP over the home network.
#[derive(Debug, Default)]
pub(crate) struct Network;

impl Connect for Network {
    fn connect<'a>(&'a mut self, profile: &'a Profile) -> Connecting<'a> {
        Box::pin(async move {
            for address in &profile.addresses {
                if let Some(stream) = dial(*address).await {
                    return Ok((stream, Some(*address)));
                }
            }
            let found = find_receivers(&Config::default(), FIND_WAIT).await?;
            let ours = found.iter().filter(|receiver| is_same(profile, receiver));
            for address in ours.flat_map(|receiver| &receiver.xmpp).take(ADDRESS_LIMIT) {
                if let Some(stream) = dial(*address).await {
                    return Ok((stream, Some(*address)));
                }
            }
            Err(Error::Unreachable { name: profile.name.clone() })
        })
    }
}

async fn dial(address: SocketAddr) -> Option<Box<dyn Io>> {
    let stream = timeout(CONNECT_DEADLINE, TcpStream::connect(address)).await.ok()?.ok()?;
    // Chat is small and wanted now; without it only speed is lost.
    let _ = stream.set_nodelay(true);
    Some(Box::new(stream))
}

/// Whether plain text may be used to this address, should a profile have no certificate pinned.
pub(crate) fn is_loopback(address: SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    }
}
