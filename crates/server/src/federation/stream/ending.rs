//! A stream's last words, and what becomes of what did not arrive.

use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::stream::StreamCondition;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::super::management::{Management, by_peer};
use super::super::parked::KEPT;
use super::managing::Phase;
use super::running::{Role, Stream};
use crate::wire::{Fault, GOODBYE, goodbye};

impl Stream {
    /// Ends it.
    pub(super) async fn finish(mut self, fault: Fault) {
        let broken = self.is_broken(&fault);
        self.hold(&fault);
        self.release(broken);
        let error = match fault {
            Fault::Gone => {
                tracing::debug!(addr = %self.addr, "a stream between servers broke");
                return;
            }
            Fault::Closed => None,
            Fault::Error(error) => Some(error),
        };
        if let Some(error) = &error {
            tracing::info!(addr = %self.addr, %error, "a stream between servers ends");
        }
        if self.times.closing.is_none() {
            if error.is_none() {
                // Without the last word it would be sent again.
                drop(timeout(GOODBYE, self.context.journal().flush()).await);
                self.say_all_handled();
            }
            self.out.push_bytes(&goodbye(error.as_ref()));
        }
        if matches!(timeout(GOODBYE, self.out.finish()).await, Ok(Ok(()))) {
            self.wire.linger().await;
        }
    }

    /// Nothing can be written any more: takes what the other end had said before, above all what it
    /// acknowledged, which would otherwise be sent to it a second time. Returns why the stream ends.
    pub(super) async fn last_words(&mut self, fault: Fault) -> Fault {
        let until = Instant::now() + GOODBYE;
        // Whoever sends more than may be sent is not heard out.
        while self.times.slow.is_none() {
            let taken = match timeout_at(until, self.wire.event()).await {
                Ok(Ok(StreamEvent::Stanza(element))) => self.take(element).await,
                Ok(Ok(_)) | Err(_) => return fault,
                Ok(Err(end)) => return end,
            };
            if let Err(end) = taken {
                return end;
            }
        }
        fault
    }

    /// Whether it ended in a way that lets it be resumed.
    fn is_broken(&self, fault: &Fault) -> bool {
        let managed = matches!(self.phase, Phase::On) && self.management.id.is_some();
        let broke = match fault {
            Fault::Gone => true,
            Fault::Closed => false,
            Fault::Error(error) => matches!(
                error.condition,
                // Silence; or another connection on which it is resumed.
                StreamCondition::ConnectionTimeout | StreamCondition::Conflict
            ),
        };
        managed && broke && self.times.closing.is_none()
    }

    /// Sees to it that a stream on which the other end could answer is opened again, unless it
    /// was ended in order.
    fn hold(&self, fault: &Fault) {
        let ours = self.role == Role::Initiated && self.bidi && self.times.closing.is_none();
        let passing = match fault {
            Fault::Gone => true,
            Fault::Closed => self.reason == Some(StreamCondition::SystemShutdown),
            Fault::Error(error) => error.condition == StreamCondition::ConnectionTimeout,
        };
        for carrier in self.carriers.iter().filter(|_| ours) {
            carrier.peer.hold(Instant::now(), passing);
        }
    }

    /// Carries no more: what did not arrive goes back, or is kept for when the stream is resumed.
    pub(super) fn release(&mut self, broken: bool) {
        if let Phase::Resuming(resuming) = &mut self.phase {
            let resuming = std::mem::take(&mut **resuming);
            self.keep(resuming);
        } else if broken {
            let management = std::mem::take(&mut self.management);
            self.keep(management);
        } else {
            self.forget();
        }
        for peer in self.pairs.peers() {
            peer.leave(self.number);
        }
        // An answer may have come with the end.
        self.take_pongs();
        for mut carrier in std::mem::take(&mut self.carriers) {
            carrier.peer.put_down(self.number, carrier.receipts.give_up());
            self.hub.nudge(&self.context, &carrier.peer);
        }
    }

    /// Keeps the stream, to be resumed.
    fn keep(&mut self, management: Management) {
        match (self.role, self.carriers.first(), management.id.clone()) {
            (Role::Initiated, Some(carrier), _) => {
                carrier.peer.keep_broken(management, Instant::now() + KEPT);
            }
            (Role::Received, _, Some(id)) => self.park(id, management),
            (Role::Initiated, None, _) | (Role::Received, _, None) => {
                self.hub.give_back(&self.context, management);
            }
        }
    }

    fn park(&mut self, id: String, management: Management) {
        let (hub, context) = (self.hub.clone(), self.context.clone());
        let number = match hub.parked().park(&id, management) {
            Ok(number) => number,
            Err(management) => return hub.give_back(&context, management),
        };
        self.hub.tasks().spawn(async move {
            tokio::select! {
                () = hub.down().cancelled() => {}
                () = sleep(KEPT) => {
                    if let Some(lost) = hub.parked().expire(&id, number) {
                        hub.give_back(&context, lost);
                    }
                }
            }
        });
    }

    fn forget(&mut self) {
        if let Some(id) = self.management.id.take()
            && self.role == Role::Received
        {
            drop(self.hub.parked().forget(&id));
        }
        for (peer, returned) in by_peer(self.management.give_up()) {
            peer.put_down(self.number, returned);
            self.hub.nudge(&self.context, &peer);
        }
    }
}
