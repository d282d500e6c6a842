//! XEP-0198 between servers: the two counters of a stream, and for whom each stanza is. Where the peer
//! does not offer it, `receipts` does what can be done without.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::peer::Peer;
use super::queue::Waiting;
use crate::stream_management::ledger::{Ledger, Weighed};

/// A stanza that was written, and for whom.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) peer: Arc<Peer>,
    pub(super) waiting: Waiting,
}

impl Weighed for Sent {
    fn weight(&self) -> usize {
        self.waiting.weight
    }
}

/// Both directions of a stream.
#[derive(Debug, Default)]
pub(super) struct Management {
    /// By which the stream can be resumed.
    pub(super) id: Option<String>,
    /// Stanzas received and handled.
    pub(super) handled: u32,
    ledger: Ledger<Sent>,
}

impl Management {
    /// A stream that can be resumed by this id.
    pub(super) fn resumable(id: Option<String>) -> Self {
        Self { id, ..Self::default() }
    }

    /// Notes a stanza that was handled.
    pub(super) fn handled(&mut self) {
        self.handled = self.handled.wrapping_add(1);
    }
}

impl Deref for Management {
    type Target = Ledger<Sent>;

    fn deref(&self) -> &Ledger<Sent> {
        &self.ledger
    }
}

impl DerefMut for Management {
    fn deref_mut(&mut self) -> &mut Ledger<Sent> {
        &mut self.ledger
    }
}

/// Sorts stanzas by whom they are for.
pub(super) fn by_peer(sent: Vec<Sent>) -> Vec<(Arc<Peer>, Vec<Waiting>)> {
    let mut sorted: Vec<(Arc<Peer>, Vec<Waiting>)> = Vec::new();
    for Sent { peer, waiting } in sent {
        match sorted.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &peer)) {
            Some((_, stanzas)) => stanzas.push(waiting),
            None => sorted.push((peer, vec![waiting])),
        }
    }
    sorted
}
