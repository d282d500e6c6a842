//! What is to be written to one session next, and what it has not acknowledged: bounded in stanzas and
//! in bytes. Whoever sends never waits; the session's own task takes out what there is.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;

use super::client_state::Held;
use super::rendering::{Render, Rendering};
use crate::alias::View;
use crate::sequence::Sequence;
use crate::stream_management::counted::Counted;
use crate::stream_management::elements;
use crate::stream_management::ledger::{Ledger, TooHigh, Weighed};
use crate::stream_management::unacknowledged::Sent;

/// How much may wait for one session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Stanzas waiting to be written.
    pub(crate) stanzas: usize,
    /// Stanzas that the client has not acknowledged, those it has yet to come back for among them.
    pub(crate) unacknowledged: usize,
}

/// Bytes waiting for one session: sixteen of the largest stanzas.
const BYTES: usize = 4 * 1024 * 1024;

/// What a message with words has in it.
const BODY: &[u8] = b"<body>";

/// Bytes of answers that may wait before a long one goes on.
const ANSWERS: usize = 256 * 1024;

/// How many times what others may send is what a client may ask for before it acknowledges any of it:
/// requests that it sends at once come before its acknowledgements.
const UNACKNOWLEDGED: usize = 4;

/// A session's outbox. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Inner>);

struct Inner {
    view: View,
    bounds: Bounds,
    sequence: Sequence,
    state: Mutex<State>,
    waker: AtomicWaker,
}

#[derive(Default)]
struct State {
    /// What is to be written next.
    buffer: Vec<u8>,
    /// Stanzas in it.
    stanzas: usize,
    ending: Option<StreamCondition>,
    /// How often it is corked: what was put in stays in meanwhile.
    corks: usize,
    /// What was sent under stream management (XEP-0198).
    ledger: Option<Ledger<Kept>>,
    /// How much of it was received, where the session can be gone on with.
    counted: Option<Arc<Counted>>,
    /// Nobody is connected: the ledger alone is kept.
    parked: bool,
    /// What is held back while nobody looks.
    held: Option<Held>,
}

/// While it is there, nothing leaves an outbox.
#[derive(Debug)]
pub(crate) struct Cork(Outbox);

/// A stanza as it was written, and when it was put in.
pub(crate) struct Kept {
    pub(crate) bytes: Bytes,
    pub(crate) at: u64,
}

/// The session is ending, or was too slow for one stanza more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

impl Weighed for Kept {
    fn weight(&self) -> usize {
        self.bytes.len()
    }
}

impl Outbox {
    /// `sequence` numbers the moments in which stanzas are put in.
    pub(crate) fn new(view: View, bounds: Bounds, sequence: Sequence) -> Self {
        let state = Mutex::new(State::default());
        Self(Arc::new(Inner { view, bounds, sequence, state, waker: AtomicWaker::new() }))
    }

    pub(crate) fn view(&self) -> &View {
        &self.0.view
    }

    /// Ends the session with this stream error; the first reason stands.
    pub(crate) fn end(&self, condition: StreamCondition) {
        self.lock().ending.get_or_insert(condition);
        self.0.waker.wake();
    }

    /// Returns why the session is to end, if it is.
    pub(crate) fn ending(&self) -> Option<StreamCondition> {
        self.lock().ending
    }

    /// Waits for the session to be ended.
    pub(crate) async fn ended(&self) -> StreamCondition {
        poll_fn(|cx| {
            self.0.waker.register(cx.waker());
            self.ending().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Puts a stanza in. A session whose reader is too slow for it is ended, and says that it did not
    /// take it.
    pub(crate) fn offer(&self, rendering: &mut impl Render) -> bool {
        self.offer_counted(rendering).is_ok()
    }

    /// Does the same, and says where the stanza is among those that the client is to acknowledge.
    pub(crate) fn offer_counted(
        &self,
        rendering: &mut impl Render,
    ) -> Result<Option<Sent>, Refused> {
        let mut state = self.lock();
        if state.ending.is_some() {
            return Err(Refused);
        }
        if let Some(held) = &mut state.held
            && held.hold(rendering, &self.0.view)
        {
            return Ok(None);
        }
        state.flush_held(self.0.sequence.now());
        let bytes = rendering.bytes(&self.0.view);
        let room = state.has_room(bytes.len(), self.0.bounds);
        let offered = if room {
            state.push(bytes, self.0.sequence.now());
            Ok(state.last_sent())
        } else {
            state.ending = Some(StreamCondition::ResourceConstraint);
            Err(Refused)
        };
        drop(state);
        self.0.waker.wake();
        offered
    }

    /// Waits, in the session's own task, until so much has been written that more may be put in.
    pub(crate) async fn room(&self) {
        // Whatever is written wakes that task, and this looks again. Unless nothing is being written
        // yet: then that task has to begin with what has been put in.
        let mut begin = true;
        poll_fn(|cx| {
            if self.lock().buffer.len() <= ANSWERS {
                return Poll::Ready(());
            }
            if std::mem::take(&mut begin) {
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await;
    }

    /// Returns how many bytes are to be written next.
    pub(crate) fn len(&self) -> usize {
        self.lock().buffer.len()
    }

    /// Puts in the answer to a session's own request. There is always room: the session does not read
    /// on before it has been written. A client that asks and asks, and acknowledges nothing, is ended.
    pub(crate) fn answer(&self, stanza: &Element) {
        let bytes = Rendering::new(stanza).bytes(&self.0.view);
        let mut state = self.lock();
        let at = self.0.sequence.now();
        state.flush_held(at);
        state.push(bytes, at);
        if !state.has_room_for_answers(self.0.bounds) {
            state.ending.get_or_insert(StreamCondition::ResourceConstraint);
        }
    }

    /// Puts in an element that is no stanza.
    pub(crate) fn say(&self, element: &Element) {
        let bytes = element.to_bytes(ns::CLIENT);
        self.lock().buffer.extend_from_slice(&bytes);
    }

    /// Has `waker` woken when there is more to write, or the session is to end.
    pub(crate) fn register(&self, waker: &Waker) {
        self.0.waker.register(waker);
    }

    /// Takes out what is to be written next, and asks for an acknowledgement of it.
    pub(crate) fn take(&self, into: &mut Vec<u8>) {
        let mut state = self.lock();
        if state.buffer.is_empty() || state.corks > 0 {
            return;
        }
        state.ask();
        std::mem::swap(&mut state.buffer, into);
        state.stanzas = 0;
    }

    /// Keeps in what is put in, until what is returned is dropped, if the client's word on it is noted.
    #[must_use]
    pub(crate) fn cork(&self) -> Option<Cork> {
        let mut state = self.lock();
        let _ = state.counted.as_ref()?;
        state.corks += 1;
        Some(Cork(self.clone()))
    }

    /// Begins to keep what is sent, after `enabled` if that has not been sent yet, until it is
    /// acknowledged (XEP-0198 section 3).
    pub(crate) fn manage(&self, enabled: Option<&Element>) {
        let enabled = enabled.map(|enabled| enabled.to_bytes(ns::CLIENT));
        let mut state = self.lock();
        state.buffer.extend_from_slice(&enabled.unwrap_or_default());
        state.ledger.get_or_insert_default();
    }

    /// Goes on with a session that can be gone on with: notes there what its client receives.
    pub(crate) fn count(&self, counted: &Arc<Counted>) {
        self.lock().counted = Some(Arc::clone(counted));
    }

    /// Takes the client's word on what it has received.
    pub(crate) fn acknowledge(&self, h: u32) -> Result<(), TooHigh> {
        let mut state = self.lock();
        let Some(ledger) = &mut state.ledger else { return Ok(()) };
        ledger.acknowledge(h)?;
        // What was written after the question, nobody has asked about yet.
        state.ask();
        Ok(())
    }

    /// Asks whether the client is there; returns whether it can be asked in this way.
    pub(crate) fn ask(&self) -> bool {
        let mut state = self.lock();
        let Some(ledger) = &mut state.ledger else { return false };
        ledger.asked();
        state.request();
        true
    }

    /// Notes that nobody is connected: what comes is kept in the ledger, and the ledger alone.
    pub(crate) fn park(&self) {
        let mut state = self.lock();
        state.parked = true;
        state.buffer = Vec::new();
        state.stanzas = 0;
        state.held.get_or_insert_default();
    }

    /// Whether nobody is connected.
    pub(crate) fn is_parked(&self) -> bool {
        self.lock().parked
    }

    /// Whether a message with words has not been acknowledged.
    pub(crate) fn holds_words(&self) -> bool {
        let state = self.lock();
        let Some(ledger) = &state.ledger else { return false };
        let says = |kept: &Kept| {
            kept.bytes.starts_with(b"<message")
                && kept.bytes.windows(BODY.len()).any(|part| part == BODY)
        };
        ledger.waiting().any(says)
    }

    /// Goes on after [`Outbox::park`], for a client that has received the first `h` stanzas: puts the
    /// others in again. A client comes back active (XEP-0352 section 5.1).
    pub(crate) fn resume(&self, h: u32) -> Result<(), TooHigh> {
        let mut state = self.lock();
        let Some(ledger) = &mut state.ledger else { return Ok(()) };
        ledger.acknowledge(h)?;
        let again: Vec<Bytes> = ledger.again().map(|kept| kept.bytes.clone()).collect();
        state.parked = false;
        state.stanzas = again.len();
        for bytes in again {
            state.buffer.extend_from_slice(&bytes);
        }
        state.flush_held(self.0.sequence.now());
        state.held = None;
        Ok(())
    }

    /// Holds back what can wait, or no longer (XEP-0352).
    pub(crate) fn set_active(&self, active: bool) {
        let mut state = self.lock();
        if active {
            state.flush_held(self.0.sequence.now());
            state.held = None;
        } else {
            state.held.get_or_insert_default();
        }
    }

    /// Takes out what the client never acknowledged, as it was written, when there will be no more.
    pub(crate) fn give_up(&self) -> Vec<Kept> {
        let mut state = self.lock();
        state.flush_held(self.0.sequence.now());
        let ledger = state.ledger.take();
        ledger.map(|mut ledger| ledger.give_up()).into_iter().flatten().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, bytes: Bytes, at: u64) {
        if !self.parked {
            self.buffer.extend_from_slice(&bytes);
            self.stanzas += 1;
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.push(Kept { bytes, at });
        }
    }

    /// Where the last stanza put in is among those that the client is to acknowledge.
    fn last_sent(&self) -> Option<Sent> {
        let (ledger, counted) = (self.ledger.as_ref()?, self.counted.as_ref()?);
        Some(Sent::new(counted, ledger.sent()))
    }

    fn flush_held(&mut self, at: u64) {
        if let Some(held) = &mut self.held {
            for bytes in held.take() {
                self.push(bytes, at);
            }
        }
    }

    /// Asks for an acknowledgement of what is on its way, once.
    fn ask(&mut self) {
        if self.ledger.as_mut().is_some_and(Ledger::ask_once) {
            self.request();
        }
    }

    fn request(&mut self) {
        if !self.parked {
            self.buffer.extend_from_slice(&elements::request().to_bytes(ns::CLIENT));
        }
    }

    fn has_room(&self, length: usize, bounds: Bounds) -> bool {
        let (stanzas, bytes) = self.ledger.as_ref().map(Ledger::load).unwrap_or_default();
        self.stanzas < bounds.stanzas
            && self.buffer.len() + length <= BYTES
            && stanzas < bounds.unacknowledged
            && bytes + length <= BYTES
    }

    /// Whether more may be asked before something is acknowledged.
    fn has_room_for_answers(&self, bounds: Bounds) -> bool {
        let (stanzas, bytes) = self.ledger.as_ref().map(Ledger::load).unwrap_or_default();
        stanzas <= UNACKNOWLEDGED * bounds.unacknowledged && bytes <= UNACKNOWLEDGED * BYTES
    }
}

impl Drop for Cork {
    fn drop(&mut self) {
        self.0.lock().corks -= 1;
        self.0.0.waker.wake();
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("view", &self.0.view).finish_non_exhaustive()
    }
}
