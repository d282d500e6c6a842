//! Where peers reach us: one port, both address families.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::error::Error;

/// Connections waiting to be accepted.
const BACKLOG: i32 = 64;

/// Binds the port (0 means any) for IPv4 and IPv6, in that order; IPv6 is left out on a machine
/// without it. With `loopback` only this machine can connect.
pub(crate) fn bind(port: u16, loopback: bool) -> Result<(Vec<TcpListener>, u16), Error> {
    let (v4, v6) = if loopback {
        (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST)
    } else {
        (Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED)
    };
    let failed = |source| Error::Listen { port, source };
    let first = listen((v4, port).into()).map_err(failed)?;
    let port = first.local_addr().map_err(failed)?.port();
    let mut listeners = vec![first];
    match listen((v6, port).into()) {
        Ok(second) => listeners.push(second),
        // Another program has the port: half of the peers would reach that one.
        Err(source) if source.kind() == io::ErrorKind::AddrInUse => {
            return Err(Error::Listen { port, source });
        }
        Err(error) => tracing::debug!(%error, "peers cannot connect over IPv6"),
    }
    Ok((listeners, port))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_families_have_the_same_port_and_a_taken_one_is_told() {
        let (listeners, port) = bind(0, true).unwrap();
        assert!(port != 0);
        assert!(listeners.iter().all(|l| l.local_addr().unwrap().port() == port));
        assert!(
            matches!(bind(port, true), Err(Error::Listen { port: taken, .. }) if taken == port)
        );
    }
}
