//! XEP-0198 section 5: a session between two connections. Its task goes on, keeps what comes for it,
//! and waits for its client to claim it; a client may do so before the old connection was missed.

use std::future::poll_fn;
use std::sync::Arc;

use televisor_xmpp::stream::StreamCondition;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::line::Line;
use super::pulse::Pulse;
use super::run::Session;
use crate::accounts::Peer;
use crate::push;
use crate::router::Origin;
use crate::stream_management::elements;
use crate::wire::{Fault, Io, Wire};

/// A client that is back: it is told where the session stands, and hands its new connection over.
pub(crate) struct Claim {
    pub(crate) reply: oneshot::Sender<Ready>,
}

/// A session that waits for the new connection.
pub(crate) struct Ready {
    /// Stanzas that it has handled.
    pub(crate) handled: u32,
    /// The name its client knows the host by.
    pub(crate) spelling: String,
    /// Its full address.
    pub(crate) address: String,
    pub(crate) hand_over: oneshot::Sender<Handover>,
}

/// The new connection.
pub(crate) struct Handover {
    pub(crate) wire: Wire<Box<dyn Io>>,
    pub(crate) peer: Peer,
    /// Stanzas that the client has received.
    pub(crate) h: u32,
}

impl Session {
    pub(super) fn is_resumable(&self) -> bool {
        self.managed.as_ref().is_some_and(|managed| managed.counted.id().is_some())
    }

    /// Waits for the client to come back, or says why it need not.
    pub(super) async fn wait_for_return(&mut self) -> Result<(), Fault> {
        self.line = None;
        self.outbox.park();
        if self.outbox.holds_words() {
            let Origin { account, jid, .. } = &*self.origin;
            push::parked(&self.shared.context, account, jid.resourcepart());
        }
        tracing::debug!(account = %self.origin.account, "a session waits for its client");
        let until = Instant::now() + self.shared.limits.resumption;
        loop {
            let Some(managed) = &mut self.managed else { return Err(Fault::Gone) };
            let outbox = self.outbox.clone();
            let claim = tokio::select! {
                biased;
                condition = outbox.ended() => return Err(condition.into()),
                claim = poll_fn(|cx| managed.poll_claim(cx)) => claim.ok_or(Fault::Gone)?,
                () = sleep_until(until) => return Err(Fault::Gone),
            };
            if self.hand_over(claim).await? {
                return Ok(());
            }
        }
    }

    /// Leaves the connection there is to its end, as the client is on another.
    pub(super) fn hang_up(&mut self) {
        if let Some(line) = self.line.take() {
            let error = StreamCondition::Conflict.into();
            self.shared.tasks.spawn(async move { line.close(None, Some(&error)).await });
        }
        self.outbox.park();
    }

    /// Goes over to a new connection. Returns whether that came: its client may be gone again.
    pub(super) async fn hand_over(&mut self, claim: Claim) -> Result<bool, Fault> {
        self.hang_up();
        let Some(managed) = &self.managed else { return Ok(false) };
        let handled = managed.counted.handled();
        self.shared.context.journal().flush().await;
        let (hand_over, handed) = oneshot::channel();
        let spelling = self.outbox.view().spelling().to_owned();
        let address = self.origin.address().to_owned();
        let ready = Ready { handled, spelling, address, hand_over };
        if claim.reply.send(ready).is_err() {
            return Ok(false);
        }
        match timeout(self.shared.limits.patience, handed).await {
            Ok(Ok(handover)) => self.go_on(handover).map(|()| true),
            Ok(Err(_)) | Err(_) => Ok(false),
        }
    }

    fn go_on(&mut self, handover: Handover) -> Result<(), Fault> {
        let Handover { wire, peer, h } = handover;
        self.line = Some(Line::new(wire));
        self.pulse = Pulse::new(&self.shared.limits);
        Arc::make_mut(&mut self.origin).peer = peer;
        self.shared.context.router().moved(&self.origin);
        push::awake(&self.shared.context, &self.origin.account);
        tracing::info!(account = %self.origin.account, "session resumed");
        self.outbox.resume(h).map_err(|error| Fault::Error(elements::too_high(error)))?;
        self.note_received(h);
        Ok(())
    }
}
