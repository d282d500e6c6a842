//! One connection, from its first byte to its last.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::accounts::Peer;
use crate::gate::Pass;
use crate::server::Shared;

/// What a stream runs over: a socket, TLS over one, or a pipe in a test.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Serves one connection.
pub(crate) async fn serve(_shared: Arc<Shared>, _io: Box<dyn Io>, _peer: Peer, _pass: Pass) {}
