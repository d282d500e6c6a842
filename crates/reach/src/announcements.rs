//! What routers tell everybody: that they have begun anew, or have another address (RFC 6886,
//! section 3.2.1; RFC 6887, section 14.1.3).
//!
//! Only believed from the router itself, and then it is only a hint to ask it: whoever forges one
//! gains a packet a second on the home's own network.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, sleep_until};

use crate::exchange::ANNOUNCEMENTS;
use crate::gateway::Line;
use crate::{nat_pmp, pcp};

/// All hosts on the link.
const EVERYBODY_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 1);
const EVERYBODY_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// Routers repeat themselves; once in this time is enough.
const PAUSE: Duration = Duration::from_secs(1);

/// A socket for the router's announcements.
#[derive(Debug)]
pub(crate) struct Announcements {
    socket: Option<UdpSocket>,
    gateway: Option<IpAddr>,
    last: Option<Instant>,
}

impl Announcements {
    /// Listens on `line`; where that is not possible, nothing will ever be heard.
    pub(crate) fn on(line: Line) -> Self {
        let socket = listen(line)
            .inspect_err(|error| tracing::debug!(%error, "the router's announcements go unheard"))
            .ok();
        Self { socket, gateway: line.gateway, last: None }
    }

    /// Returns when the router has announced something.
    pub(crate) async fn heard(&mut self) {
        let Some(socket) = &self.socket else { return std::future::pending().await };
        if let Some(last) = self.last {
            sleep_until(last + PAUSE).await;
        }
        let mut buffer = [0; 64];
        loop {
            let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
                // An error of the moment must not make this a busy loop.
                sleep(PAUSE).await;
                continue;
            };
            let believed = Some(from.ip().to_canonical()) == self.gateway;
            if believed && buffer.get(..length).is_some_and(is_announcement) {
                self.last = Some(Instant::now());
                return;
            }
        }
    }
}

fn is_announcement(data: &[u8]) -> bool {
    let nat_pmp = nat_pmp::codec::Answer::read(data)
        .is_some_and(|answer| matches!(answer.said, nat_pmp::codec::Said::Address(_)));
    let pcp =
        pcp::codec::Answer::read(data).is_some_and(|answer| answer.said == pcp::codec::Said::Here);
    nat_pmp || pcp
}

/// Others on this machine may listen there, too.
fn listen(line: Line) -> io::Result<UdpSocket> {
    let domain = if line.own.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    let everywhere: IpAddr = match line.own {
        IpAddr::V4(own) => {
            socket.join_multicast_v4(&EVERYBODY_V4, &own)?;
            Ipv4Addr::UNSPECIFIED.into()
        }
        IpAddr::V6(_) => {
            socket.set_only_v6(true)?;
            socket.join_multicast_v6(&EVERYBODY_V6, line.interface)?;
            Ipv6Addr::UNSPECIFIED.into()
        }
    };
    socket.bind(&SocketAddr::from((everywhere, ANNOUNCEMENTS)).into())?;
    UdpSocket::from_std(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    const ADDRESS: [u8; 12] = [0, 128, 0, 0, 0, 0, 0, 7, 11, 22, 33, 1];

    async fn listening(gateway: &str) -> (Announcements, UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let gateway = Some(gateway.parse().unwrap());
        let router = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        (Announcements { socket: Some(socket), gateway, last: None }, router, address)
    }

    #[tokio::test(start_paused = true)]
    async fn the_routers_announcement_is_heard_and_its_repetitions_are_not_hurried_after() {
        let (mut announcements, router, address) = listening("127.0.0.1").await;
        router.send_to(b"nonsense", address).await.unwrap();
        router.send_to(&ADDRESS, address).await.unwrap();
        router.send_to(&ADDRESS, address).await.unwrap();
        let start = Instant::now();
        announcements.heard().await;
        assert!(start.elapsed() < PAUSE);
        announcements.heard().await;
        assert!(start.elapsed() >= PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_else_is_believed() {
        let (mut announcements, stranger, address) = listening("192.168.77.1").await;
        stranger.send_to(&ADDRESS, address).await.unwrap();
        assert!(timeout(PAUSE * 60, announcements.heard()).await.is_err());
    }
}
