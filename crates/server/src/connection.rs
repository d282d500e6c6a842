//! One connection, from its first byte to its last: negotiation, then the session.

use std::sync::Arc;
use std::time::Duration;

use televisor_xmpp::stream::StreamCondition;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::accounts::Peer;
use crate::gate::Pass;
use crate::negotiation::Negotiation;
use crate::server::Shared;
use crate::session;
use crate::wire::{Fault, Io, goodbye, write};

/// How long the end of a stream may take to write.
const GOODBYE: Duration = Duration::from_secs(5);

/// Serves one connection.
pub(crate) async fn serve(shared: Arc<Shared>, io: Box<dyn Io>, peer: Peer, pass: Pass) {
    let mut stream = Negotiation::new(Arc::clone(&shared), io, peer);
    let negotiated = tokio::select! {
        () = shared.down.cancelled() => Err(StreamCondition::SystemShutdown.into()),
        result = timeout(shared.limits.negotiation, stream.run()) => {
            // Half a header for an hour, and every other way to take one's time.
            result.unwrap_or_else(|_| Err(StreamCondition::ConnectionTimeout.into()))
        }
    };
    drop(pass);
    match negotiated {
        Ok(bound) => session::run(shared, stream.into_wire(), bound).await,
        Err(fault) => end(stream, fault).await,
    }
}

async fn end(mut stream: Negotiation, fault: Fault) {
    let error = match fault {
        Fault::Gone => return,
        Fault::Closed => None,
        Fault::Error(error) => Some(error),
    };
    if let Some(error) = &error {
        tracing::debug!(peer = %stream.peer().addr, %error, "stream ended in negotiation");
    }
    let tell = async {
        // RFC 6120 section 4.9.1.2: the header comes first, whatever is wrong.
        stream.ensure_header().await?;
        write(&mut stream.wire_mut().io, &goodbye(error.as_ref())).await?;
        stream.wire_mut().io.shutdown().await.map_err(|_| Fault::Gone)
    };
    if matches!(timeout(GOODBYE, tell).await, Ok(Ok(()))) {
        stream.wire_mut().linger().await;
    }
}
