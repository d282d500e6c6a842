//! One connection, from its first byte to its last: negotiation, then the session, or the stream of
//! another server.

use std::sync::Arc;

use televisor_xmpp::stream::StreamCondition;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::accounts::Peer;
use crate::federation::{self, Arrival};
use crate::gate::Pass;
use crate::listener::Door;
use crate::negotiation::{Negotiated, Negotiation};
use crate::server::Shared;
use crate::session::{self, Handover};
use crate::wire::{Fault, GOODBYE, Io, goodbye, write};

/// Serves one connection.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    io: Box<dyn Io>,
    peer: Peer,
    pass: Pass,
    door: Door,
) {
    let mut stream = Negotiation::new(Arc::clone(&shared), io, peer);
    let evicted = pass.evicted();
    let negotiated = tokio::select! {
        () = shared.down.cancelled() => Err(StreamCondition::SystemShutdown.into()),
        () = evicted.cancelled() => Err(StreamCondition::ResourceConstraint.into()),
        result = timeout(shared.limits.negotiation, stream.run(door)) => {
            // Half a header for an hour, and every other way to take one's time.
            result.unwrap_or_else(|_| Err(StreamCondition::ConnectionTimeout.into()))
        }
    };
    match negotiated {
        Ok(Negotiated::Session(bound)) => {
            drop(pass);
            session::start(&shared, stream.into_wire(), bound);
        }
        Ok(Negotiated::Resumed(resumed)) => {
            drop(pass);
            let (peer, h) = (*stream.peer(), resumed.h);
            // If the session has ended meanwhile, its client learns that as the connection ends.
            drop(resumed.hand_over.send(Handover { wire: stream.into_wire(), peer, h }));
        }
        Ok(Negotiated::Server(header)) => {
            let Some(hub) = shared.context.federation().cloned() else { return };
            let pass = match door {
                Door::Servers => Some(pass),
                // Its place among the clients is theirs again.
                Door::Clients => hub.gate().enter(peer.addr.ip()),
            };
            let Some(pass) = pass else {
                return end(stream, StreamCondition::ResourceConstraint.into()).await;
            };
            let (certificates, peer) = (stream.certificates(), *stream.peer());
            let wire = stream.into_wire();
            let arrival = Arrival { wire, peer, certificates, header, pass };
            Box::pin(federation::serve(hub, shared.context.clone(), arrival)).await;
        }
        Ok(Negotiated::Http) => {
            let Some(http) = shared.http.get() else { return };
            let peer = *stream.peer();
            // Its place is one of those on their way in for as long as it lasts.
            tokio::select! {
                () = shared.down.cancelled() => {}
                () = evicted.cancelled() => {}
                () = http.serve(stream.into_wire().io, peer) => {}
            }
        }
        Err(fault) => {
            drop(pass);
            end(stream, fault).await;
        }
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
