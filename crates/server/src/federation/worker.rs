//! Looks after one domain for as long as something waits for it: opens the stream, carries, and when
//! that fails, pauses and tries again, or gives the stanzas back.

use std::sync::Arc;
use std::time::Duration;

use televisor_xmpp::error::Condition;
use tokio::time::{Instant, sleep_until, timeout};

use super::Federation;
use super::outgoing::Outgoing;
use super::peer::{Peer, Step};
use super::stream::Stream;
use super::trouble::Trouble;
use crate::context::Context;

/// How long a stream lasts that counts as a success.
const STEADY: Duration = Duration::from_secs(20);

/// Works until nothing waits, or another stream carries.
pub(super) async fn run(hub: Federation, context: Context, peer: Arc<Peer>) {
    let mut worker = Worker { hub, context, peer, external: true };
    let down = worker.hub.down().clone();
    loop {
        match worker.peer.next_step(Instant::now()) {
            Step::End => return worker.expire().await,
            Step::Wait(until) => tokio::select! {
                () = down.cancelled() => return,
                () = sleep_until(until) => {}
                () = worker.peer.changed.notified() => {}
            },
            Step::Dial => worker.dial().await,
        }
        if down.is_cancelled() {
            return;
        }
        worker.expire().await;
    }
}

struct Worker {
    hub: Federation,
    context: Context,
    peer: Arc<Peer>,
    /// Whether SASL is worth trying: not after it was refused.
    external: bool,
}

impl Worker {
    /// Opens a stream and carries on it to its end.
    async fn dial(&mut self) {
        let limit = self.hub.limits().negotiation;
        let down = self.hub.down().clone();
        let opened = tokio::select! {
            () = down.cancelled() => return,
            opened = timeout(limit, self.open()) => opened.unwrap_or(Err(Trouble::Timeout)),
        };
        match opened {
            Ok(outgoing) => {
                self.peer.reached();
                tracing::info!(domain = self.peer.domain(), addr = %outgoing.addr, "stream opened");
                let (hub, context) = (self.hub.clone(), self.context.clone());
                // Where a stream is resumed, what was handled on it is acknowledged.
                context.journal().flush().await;
                let stream = Stream::initiated(hub, context, outgoing, Arc::clone(&self.peer));
                let began = Instant::now();
                Box::pin(stream.run(None)).await;
                // Who takes every stream and drops it at once is not called again at once.
                if began.elapsed() < STEADY {
                    drop(self.peer.failed(Instant::now(), None));
                } else {
                    self.peer.held();
                }
            }
            Err(trouble) => {
                tracing::info!(domain = self.peer.domain(), %trouble, "no stream");
                let hopeless = trouble.hopeless();
                let returned = self.peer.failed(Instant::now(), hopeless);
                let condition = hopeless.unwrap_or(Condition::RemoteServerTimeout);
                self.hub.bounce(&self.context, returned, condition).await;
            }
        }
    }

    async fn open(&mut self) -> Result<Outgoing, Trouble> {
        let name = self.hub.name();
        // Without a name there is nobody to send as; what waits expires, or the name comes back.
        let view = name.and_then(|name| self.context.aliases().view(&name));
        let view = view.ok_or(Trouble::Name)?;
        let resolver = self.hub.resolver(self.peer.is_from_internet());
        let mut outgoing = Outgoing::open(&self.hub, &resolver, view, self.peer.domain()).await?;
        let external = self.external;
        match outgoing.authenticate(&self.hub, external).await {
            Ok(()) => Ok(outgoing),
            Err(trouble) => {
                // The next time by dialback, if that was what it did not like.
                self.external = !outgoing.tried_external;
                Err(trouble)
            }
        }
    }

    async fn expire(&self) {
        let expired = self.peer.expired(Instant::now());
        self.hub.bounce(&self.context, expired, Condition::RemoteServerTimeout).await;
    }
}
