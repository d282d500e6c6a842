//! TCP listeners, IPv4 and IPv6. Each serves clients and servers alike; some are where servers are
//! expected, so that these wait in a line of their own.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream, lookup_host};

use crate::accounts::Peer;
use crate::connection;
use crate::error::Error;
use crate::server::Shared;
use crate::wire::Io;

/// Who is expected at a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Clients; servers as well.
    Clients,
    /// Servers.
    Servers,
}

/// Connections the system may hold for us.
const BACKLOG: i32 = 128;

/// A peer that vanished is noticed even where nobody writes.
const KEEPALIVE: Duration = Duration::from_secs(120);

/// Opens a socket for each address that `address` stands for.
pub(crate) async fn open(address: &str) -> Result<Vec<TcpListener>, Error> {
    let error = |source| Error::Listen { address: address.to_owned(), source };
    let addresses = lookup_host(address).await.map_err(error)?;
    addresses
        .map(|address| bind(address).or_else(|e| without_ipv6(address, e)).map_err(error))
        .collect()
}

/// A system without IPv6 still has the IPv4 half of `[::]`.
fn without_ipv6(address: SocketAddr, error: std::io::Error) -> std::io::Result<TcpListener> {
    let everywhere = address == SocketAddr::from((Ipv6Addr::UNSPECIFIED, address.port()));
    if everywhere && error.raw_os_error() == Some(libc::EAFNOSUPPORT) {
        bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())))
    } else {
        Err(error)
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Accepts until shutdown.
pub(crate) async fn run(shared: Arc<Shared>, listener: TcpListener, door: Door) {
    loop {
        let accepted = tokio::select! {
            () = shared.down.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, addr)) => welcome(&shared, socket, addr, door),
            Err(error) => {
                // Out of file descriptors, most likely: let some streams end first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn welcome(shared: &Arc<Shared>, socket: TcpStream, addr: SocketAddr, door: Door) {
    let Ok(local) = socket.local_addr() else { return };
    // Neither is vital: without them the stream is only slower to send, or to be missed.
    drop(socket.set_nodelay(true));
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE);
    drop(SockRef::from(&socket).set_tcp_keepalive(&keepalive));
    serve(shared, Box::new(socket), (addr, local), false, door);
}

/// Serves a stream between two addresses, theirs and ours, unless too many are on their way in already.
pub(crate) fn serve(
    shared: &Arc<Shared>,
    io: Box<dyn Io>,
    (addr, local): (SocketAddr, SocketAddr),
    secure: bool,
    door: Door,
) -> bool {
    let (addr, local) = (canonical(addr), canonical(local));
    let loopback = addr.ip().is_loopback();
    let on_link = loopback || (shared.on_link)(addr, local);
    // Three lines: strangers at the door keep neither the household nor its friends out.
    let servers = shared.context.federation().filter(|_| door == Door::Servers);
    let gate = match servers {
        Some(federation) => federation.gate(),
        None if on_link => &shared.gate,
        None => &shared.outside,
    };
    let Some(pass) = gate.enter(addr.ip()) else {
        tracing::debug!(%addr, "too many streams are on their way in");
        return false;
    };
    let peer = Peer { addr, local, secure, on_link, loopback };
    shared.tasks.spawn(connection::serve(Arc::clone(shared), io, peer, pass, door));
    true
}

/// Returns an IPv4 address that came in over a dual-stack socket as what it is.
fn canonical(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}
