//! Where the host server is, and whether it is near enough for a stream without TLS.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};

use super::link::Trouble;

/// How often a connection on which nothing moves is probed.
const PROBE: Duration = Duration::from_secs(15);

/// How long what was sent may stay unacknowledged before the connection counts as broken.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Connects to the host server.
pub(super) async fn connect(host: &str) -> Result<(TcpStream, SocketAddr), Trouble> {
    let found = lookup_host(host).await.map_err(|problem| Trouble::connecting(&problem))?;
    let mut trouble = Trouble::NoAddress;
    for addr in found {
        if !is_near(addr.ip()) {
            trouble = Trouble::Far(addr.ip());
            continue;
        }
        match TcpStream::connect(addr).await {
            Ok(socket) => {
                adjust(&socket);
                return Ok((socket, addr));
            }
            Err(problem) => trouble = Trouble::connecting(&problem),
        }
    }
    Err(trouble)
}

/// None of it is vital: without it a dead host is only noticed later.
fn adjust(socket: &TcpStream) {
    let keepalive = TcpKeepalive::new().with_time(PROBE).with_interval(PROBE);
    let options = SockRef::from(socket);
    drop(socket.set_nodelay(true));
    drop(options.set_tcp_keepalive(&keepalive));
    #[cfg(target_os = "linux")]
    drop(options.set_tcp_user_timeout(Some(UNACKNOWLEDGED)));
}

/// Whether the address is on this machine or in a network of its own.
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => four.is_loopback() || four.is_private() || four.is_link_local(),
        IpAddr::V6(six) => {
            six.is_loopback() || six.is_unique_local() || six.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_private_networks_are_near() {
        for near in ["127.0.0.1", "::1", "10.1.2.3", "192.168.7.7", "fd00::1", "::ffff:10.0.0.1"] {
            assert!(is_near(near.parse().unwrap()), "{near}");
        }
        for far in ["11.22.33.1", "8.8.8.8", "2001:db8::1", "100.64.0.1", "::ffff:8.8.8.8"] {
            assert!(!is_near(far.parse().unwrap()), "{far}");
        }
    }
}
