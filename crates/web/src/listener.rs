//! Accepting connections: TLS or plain by the first byte, with limits and deadlines.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::{Config, Error};

/// Connections served at once; a household has a dozen devices, a flood has more.
const CONNECTIONS: usize = 128;
/// From accepting to the first byte, and again for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// From a request's first byte to the end of its header.
const HEADER: Duration = Duration::from_secs(10);
/// The longest any connection lives, unless it becomes a WebSocket: a large file on a slow line.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// First byte of every TLS record that can begin a connection (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// Who is asking, and how: in the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// The other end.
    pub peer: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
    /// Whether it came over TLS.
    pub tls: bool,
}

impl Connection {
    /// Whether nobody can listen in: it is inside TLS, or never leaves this machine.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        self.tls || self.peer.ip().to_canonical().is_loopback()
    }
}

/// The open web port. Dropping it closes the port.
pub struct Web {
    addresses: Vec<SocketAddr>,
    _stop: watch::Sender<()>,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Web {
    /// Opens every address of `config` and serves `router` on them.
    ///
    /// # Errors
    /// [`Error::Listen`] if one of the addresses cannot be had; then none stays open.
    pub async fn start(
        config: &Config,
        tls: Arc<rustls::ServerConfig>,
        router: Router,
    ) -> Result<Self, Error> {
        let mut listeners = Vec::new();
        for address in &config.listen {
            let error = |source| Error::Listen { address: address.clone(), source };
            listeners.push(TcpListener::bind(address.as_str()).await.map_err(error)?);
        }
        let addresses = listeners.iter().filter_map(|l| l.local_addr().ok()).collect();
        let (stop, stopped) = watch::channel(());
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        for listener in listeners {
            let door = Door { tls: TlsAcceptor::from(Arc::clone(&tls)), router: router.clone() };
            tokio::spawn(accept_all(listener, door, Arc::clone(&room), stopped.clone()));
        }
        Ok(Self { addresses, _stop: stop })
    }

    /// Returns the addresses that are open, with the ports they really have.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

#[derive(Clone)]
struct Door {
    tls: TlsAcceptor,
    router: Router,
}

async fn accept_all(
    listener: TcpListener,
    door: Door,
    room: Arc<Semaphore>,
    mut stopped: watch::Receiver<()>,
) {
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, most likely: others are closing meanwhile.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (door, mut stopped) = (door.clone(), stopped.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = timeout(LIFETIME, door.serve(stream, peer)) => {}
                _ = stopped.changed() => {}
            }
            drop(place);
        });
    }
}

impl Door {
    async fn serve(self, stream: TcpStream, peer: SocketAddr) {
        let Ok(local) = stream.local_addr() else { return };
        let mut first = [0];
        let Ok(Ok(1)) = timeout(HANDSHAKE, stream.peek(&mut first)).await else { return };
        let tls = first == [TLS_HANDSHAKE];
        let connection = Connection { peer, local, tls };
        if !tls {
            return self.http(stream, connection).await;
        }
        match timeout(HANDSHAKE, self.tls.accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream, connection).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn http<S>(self, stream: S, connection: Connection)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        http(stream, connection, self.router).await;
    }
}

/// Serves a connection that came in another way than by the web port, to its end.
pub async fn serve<S>(stream: S, connection: Connection, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if timeout(LIFETIME, http(stream, connection, router)).await.is_err() {
        tracing::debug!(peer = %connection.peer, "an HTTP connection has lasted too long");
    }
}

async fn http<S>(stream: S, connection: Connection, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = tower::service_fn(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(connection);
        router.clone().call(request)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(32 * 1024)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(peer = %connection.peer, %error, "HTTP connection ended");
    }
}
