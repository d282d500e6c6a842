//! XEP-0368: TLS from the first byte, on any listener. What a TLS handshake begins with, no XML
//! document begins with.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::LazyConfigAcceptor;

use crate::certificates::Tls;
use crate::tls_channel::{self, Channel};
use crate::wire::Io;

/// The first byte of a TLS record that carries a handshake (RFC 8446 section 5.1).
pub(crate) const HANDSHAKE: u8 = 0x16;

/// A connection whose first byte has been read.
pub(crate) struct Rewound {
    first: Option<u8>,
    io: Box<dyn Io>,
}

impl Rewound {
    /// Puts the first byte back.
    pub(crate) fn new(first: u8, io: Box<dyn Io>) -> Self {
        Self { first: Some(first), io }
    }
}

/// Does the handshake of a connection whose first byte was [`HANDSHAKE`]; `server` says who is
/// expected where the other end does not say what it will speak, `http` whether it may speak HTTP.
///
/// # Errors
/// Whatever goes wrong in it.
pub(crate) async fn accept(
    io: Box<dyn Io>,
    tls: &Tls,
    server: bool,
    http: bool,
) -> io::Result<Channel> {
    let io = Rewound::new(HANDSHAKE, io);
    let start = LazyConfigAcceptor::new(Acceptor::default(), io).await?;
    let shown = tls.direct(&start.client_hello(), server, http);
    tls_channel::finish(start, shown).await
}

impl AsyncRead for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0
            && let Some(first) = self.first.take()
        {
            buffer.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
