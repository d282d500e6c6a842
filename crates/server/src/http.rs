//! HTTP where clients come in: the one open port can carry everything (XEP-0368 names the protocol in
//! TLS, RFC 7301). The server only tells it apart; what is served is the embedding program's.

use crate::accounts::{BoxFuture, Peer};
use crate::wire::Io;

/// Serves what speaks HTTP. Given by [`Handle::serve_http`](crate::Handle::serve_http).
pub trait Http: Send + Sync {
    /// Serves one connection, inside TLS, to its end; must itself see to its deadlines.
    fn serve(&self, io: Box<dyn Io>, peer: Peer) -> BoxFuture<'static, ()>;
}
