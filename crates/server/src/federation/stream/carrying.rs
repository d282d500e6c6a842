//! Taking from the queues of the domains that a stream carries for, and writing.

use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::time::Instant;

use super::super::management::Sent;
use super::super::peer::Peer;
use super::super::receipts::{PING, Receipts};
use super::managing::Phase;
use super::running::Stream;
use crate::alias::View;
use crate::random::token;

/// Bytes put together for one write: two TLS records.
const BATCH: usize = 32 * 1024;

/// Stanzas, and bytes, that may be on their way without an acknowledgement.
const WINDOW: (usize, usize) = (512, 1024 * 1024);

/// One domain that a stream carries for.
pub(super) struct Carrier {
    pub(super) peer: Arc<Peer>,
    /// What was written without XEP-0198.
    pub(super) receipts: Receipts,
}

impl Carrier {
    pub(super) fn new(peer: Arc<Peer>) -> Self {
        Self { peer, receipts: Receipts::default() }
    }
}

impl Stream {
    /// Takes what waits, as much as goes with one write, and asks for its acknowledgement.
    pub(super) fn fill(&mut self) {
        if matches!(self.phase, Phase::Resuming(_)) || self.carriers.is_empty() {
            return;
        }
        while self.out.len() < BATCH && self.has_window() && self.carry_one() {}
        self.ask();
    }

    /// Whether anything is on its way, or waits to be.
    pub(super) fn loaded(&self) -> bool {
        self.out.wants()
            || self.management.load().0 > 0
            || self.verifying > 0
            || self.carriers.iter().any(|c| c.receipts.load().0 > 0 || c.peer.queued() > 0)
    }

    fn has_window(&self) -> bool {
        let loads = self.carriers.iter().map(|carrier| carrier.receipts.load());
        let (stanzas, bytes) = loads.fold(self.management.load(), |a, b| (a.0 + b.0, a.1 + b.1));
        stanzas < WINDOW.0 && bytes < WINDOW.1
    }

    fn carry_one(&mut self) -> bool {
        let managed = !matches!(self.phase, Phase::Off);
        for carrier in &mut self.carriers {
            let Some(waiting) = carrier.peer.take(self.number) else { continue };
            self.out.push(&outward(&self.view, &waiting.stanza));
            self.times.stanza = Instant::now();
            if managed {
                self.management.push(Sent { peer: Arc::clone(&carrier.peer), waiting });
            } else if !carrier.peer.is_deaf() {
                carrier.receipts.keep(waiting);
            }
            return true;
        }
        false
    }

    fn ask(&mut self) {
        if !matches!(self.phase, Phase::Off) {
            self.ask_for_acknowledgement();
            return;
        }
        let now = Instant::now();
        let mut pings = Vec::new();
        for carrier in &mut self.carriers {
            let id = || Some(format!("{PING}{}", token().ok()?));
            if let Some(id) = carrier.receipts.ask(id, now) {
                pings.push((id, carrier.peer.domain().to_owned()));
            }
        }
        for (id, domain) in pings {
            let ping = self.server_ping(&id, &domain);
            self.out.push(&ping);
        }
    }

    /// Asks the other end whether it is there; `false` if it cannot be asked so.
    pub(super) fn ping(&mut self) -> bool {
        let Some(carrier) = self.carriers.first() else { return false };
        if carrier.peer.is_deaf() && !self.bidi {
            return false;
        }
        let Ok(token) = token() else { return false };
        let ping = self.server_ping(&format!("{PING}{token}"), carrier.peer.domain());
        self.out.push(&ping);
        true
    }

    /// Something came for this stream while it was waiting.
    pub(super) fn woken(&mut self) {
        self.take_pongs();
        let mut doubt = false;
        for carrier in &self.carriers {
            doubt |= carrier.peer.take_doubt(self.number);
        }
        if doubt {
            self.probe();
        }
    }

    /// Takes the answers to pings, by whichever stream they came.
    pub(super) fn take_pongs(&mut self) {
        for carrier in &mut self.carriers {
            if let Some(id) = carrier.peer.take_pong() {
                carrier.receipts.answered(&id);
                self.times.asked = None;
            }
        }
    }

    /// What was written to somebody who answers no pings counts as arrived.
    pub(super) fn forget_unanswered(&mut self, now: Instant) {
        let patience = self.hub.limits().patience;
        for carrier in &mut self.carriers {
            if carrier.receipts.unanswered().is_some_and(|asked| asked + patience <= now) {
                tracing::debug!(domain = carrier.peer.domain(), "it answers no pings");
                carrier.peer.set_deaf();
                drop(carrier.receipts.give_up());
            }
        }
    }
}

/// Returns a stanza as the other server is to see it.
pub(super) fn outward(view: &View, stanza: &Element) -> Element {
    let mut stanza = view.outward(stanza).unwrap_or_else(|| stanza.clone());
    stanza.change_namespace(ns::CLIENT, ns::SERVER);
    stanza
}
