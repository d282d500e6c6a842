//! What waits to be written to one session: bounded in stanzas and in bytes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;
use tokio::sync::{mpsc, watch};

use crate::alias::View;

/// Bytes waiting for one session: sixteen of the largest stanzas.
const BYTES: usize = 4 * 1024 * 1024;

/// The sending end: cheap to clone, never waits unless asked to.
#[derive(Clone)]
pub(crate) struct Outbox {
    view: View,
    queue: mpsc::Sender<Bytes>,
    waiting: Arc<AtomicUsize>,
    ending: watch::Sender<Option<StreamCondition>>,
}

/// The writer's end.
#[derive(Debug)]
pub(crate) struct Outgoing {
    queue: mpsc::Receiver<Bytes>,
    waiting: Arc<AtomicUsize>,
}

impl Outbox {
    pub(crate) fn new(view: View, bound: usize) -> (Self, Outgoing) {
        let (queue, outgoing) = mpsc::channel(bound);
        let waiting = Arc::new(AtomicUsize::new(0));
        let outgoing = Outgoing { queue: outgoing, waiting: Arc::clone(&waiting) };
        (Self { view, queue, waiting, ending: watch::Sender::new(None) }, outgoing)
    }

    /// Returns the name of this host as the session spells it.
    pub(crate) fn spelling(&self) -> &str {
        self.view.spelling()
    }

    /// Ends the session with this stream error; the first reason stands.
    pub(crate) fn end(&self, condition: StreamCondition) {
        self.ending.send_if_modified(|ending| {
            let first = ending.is_none();
            ending.get_or_insert(condition);
            first
        });
    }

    /// Tells when and why the session is to end.
    pub(crate) fn ending(&self) -> watch::Receiver<Option<StreamCondition>> {
        self.ending.subscribe()
    }

    /// Puts a stanza in without waiting. A session whose reader is too slow for it is ended.
    pub(crate) fn offer(&self, rendering: &mut Rendering<'_>) -> bool {
        if self.ending.borrow().is_some() {
            return false;
        }
        let bytes = rendering.bytes(&self.view);
        let length = bytes.len();
        let taken = self.waiting.load(Ordering::Relaxed) < BYTES && {
            self.waiting.fetch_add(length, Ordering::Relaxed);
            self.queue.try_send(bytes).is_ok()
        };
        if !taken {
            self.end(StreamCondition::ResourceConstraint);
        }
        taken
    }

    /// Puts the answer to a session's own request in, waiting for room: who asks faster than it
    /// reads is slowed down, not thrown out.
    pub(crate) async fn answer(&self, stanza: &Element) {
        let bytes = Rendering::new(stanza).bytes(&self.view);
        self.waiting.fetch_add(bytes.len(), Ordering::Relaxed);
        // The writer has gone: so has the session, and its reader is told by the `ending`.
        drop(self.queue.send(bytes).await);
    }
}

impl Outgoing {
    /// Waits for something to write, and takes what else is there up to `most` bytes.
    pub(crate) async fn batch(&mut self, most: usize, into: &mut Vec<u8>) -> bool {
        let Some(first) = self.queue.recv().await else { return false };
        self.take(&first, into);
        while into.len() < most {
            let Ok(next) = self.queue.try_recv() else { break };
            self.take(&next, into);
        }
        true
    }

    /// Takes what is there, without waiting.
    pub(crate) fn rest(&mut self, into: &mut Vec<u8>) {
        while let Ok(next) = self.queue.try_recv() {
            self.take(&next, into);
        }
    }

    fn take(&self, bytes: &Bytes, into: &mut Vec<u8>) {
        self.waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
        into.extend_from_slice(bytes);
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("view", &self.view).finish_non_exhaustive()
    }
}

/// A stanza, and how it has been rendered so far: once for each name of the host.
#[derive(Debug)]
pub(crate) struct Rendering<'a> {
    stanza: &'a Element,
    done: Vec<(View, Bytes)>,
}

impl<'a> Rendering<'a> {
    pub(crate) fn new(stanza: &'a Element) -> Self {
        Self { stanza, done: Vec::new() }
    }

    pub(crate) fn bytes(&mut self, view: &View) -> Bytes {
        if let Some((_, bytes)) = self.done.iter().find(|(known, _)| known == view) {
            return bytes.clone();
        }
        let mapped = view.outward(self.stanza);
        let bytes = mapped.as_ref().unwrap_or(self.stanza).to_bytes(ns::CLIENT);
        self.done.push((view.clone(), bytes.clone()));
        bytes
    }
}
