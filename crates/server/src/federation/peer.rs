//! What is known of one other domain: what waits for it, who carries that, how it has been failing,
//! and how much it sends.
//!
//! One lock, never held across an await. At most one stream at a time *carries* for a domain, that is,
//! takes from its queue; at most one worker dials it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use televisor_dial::is_public;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Limits;
use super::backoff::{Backoff, chance};
use super::bucket::Bucket;
use super::management::Management;
use super::queue::{Queue, Waiting};

/// How long a stream that others may answer on is opened again and again after it broke.
const HOLD: Duration = Duration::from_secs(3600);

/// One other domain.
#[derive(Debug)]
pub(super) struct Peer {
    domain: String,
    limits: Limits,
    state: Mutex<State>,
    /// Something is different for the worker: do not go on waiting.
    pub(super) changed: Notify,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    carrier: Option<Carrying>,
    /// Whether a worker looks after it.
    working: bool,
    backoff: Backoff,
    /// Whether it was ever reached.
    reached: bool,
    /// Why it cannot be reached for as long as the pause lasts.
    hopeless: Option<Condition>,
    bucket: Bucket,
    /// Its authenticated incoming streams, oldest first.
    streams: Vec<(u64, CancellationToken)>,
    /// Whether one of them came from an address of the Internet.
    from_internet: bool,
    /// A broken stream of ours that it may let us resume, until then.
    broken: Option<(Management, Instant)>,
    /// Until when our stream to it is kept up, so that it can answer.
    hold: Option<Instant>,
    pong: Option<String>,
    /// Whether it leaves pings unanswered.
    deaf: bool,
    used: Instant,
}

/// The stream that takes from the queue.
#[derive(Debug)]
struct Carrying {
    stream: u64,
    wake: Arc<Notify>,
    /// Ends the stream when another takes over; none for one that we opened.
    replace: Option<CancellationToken>,
    /// Whether it should find out if the other end is still there.
    doubt: bool,
}

/// What the worker is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: it ends.
    End,
    /// Wait until then, or until something changes.
    Wait(Instant),
    /// Open a stream.
    Dial,
}

impl Peer {
    pub(super) fn new(domain: &str, limits: &Limits, now: Instant) -> Self {
        let state = State {
            queue: Queue::new(limits.queue, limits.queue_bytes),
            carrier: None,
            working: false,
            backoff: Backoff::default(),
            reached: false,
            hopeless: None,
            bucket: Bucket::new(limits.rate, limits.burst, now),
            streams: Vec::new(),
            from_internet: false,
            broken: None,
            hold: None,
            pong: None,
            deaf: false,
            used: now,
        };
        let (domain, changed) = (domain.to_owned(), Notify::new());
        Self { domain, limits: *limits, state: Mutex::new(state), changed }
    }

    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    /// Queues a stanza.
    pub(super) fn push(&self, stanza: Element, now: Instant) -> Result<(), Condition> {
        let mut state = self.state();
        state.used = now;
        if let Some(condition) = state.hopeless
            && state.backoff.pause(now).is_some()
        {
            return Err(condition);
        }
        if !state.queue.push(stanza, now) {
            return Err(Condition::ResourceConstraint);
        }
        if let Some(carrier) = &state.carrier {
            carrier.wake.notify_one();
        }
        Ok(())
    }

    /// Whether a worker is needed now; notes that there is one.
    pub(super) fn hire(&self, now: Instant) -> bool {
        let mut state = self.state();
        let needed = !state.working && state.carrier.is_none() && state.has_work(now);
        state.working |= needed;
        needed
    }

    /// Tells the worker what to do; with [`Step::End`] there is no worker any more.
    pub(super) fn next_step(&self, now: Instant) -> Step {
        let mut state = self.state();
        state.forget_broken(now);
        if state.carrier.is_some() || !state.has_work(now) {
            state.working = false;
            return Step::End;
        }
        let Some(pause) = state.backoff.pause(now) else { return Step::Dial };
        let patience = self.patience(&state);
        let expiry = state.queue.oldest().map(|since| since + patience);
        Step::Wait(expiry.map_or(pause, |expiry| expiry.min(pause)))
    }

    /// Takes out what has waited too long.
    pub(super) fn expired(&self, now: Instant) -> Vec<Waiting> {
        let mut state = self.state();
        let patience = self.patience(&state);
        state.queue.expired(now, patience)
    }

    /// Notes that it was not reached, and takes out what waited if there is no hope.
    pub(super) fn failed(&self, now: Instant, hopeless: Option<Condition>) -> Vec<Waiting> {
        let mut state = self.state();
        let (first, last) = (self.limits.first_pause, self.limits.last_pause);
        state.backoff.fail(now, first, last, chance());
        state.hopeless = hopeless;
        if hopeless.is_none() {
            return Vec::new();
        }
        state.hold = None;
        state.queue.drain()
    }

    /// Notes that it was reached.
    pub(super) fn reached(&self) {
        let mut state = self.state();
        state.reached = true;
        state.hopeless = None;
    }

    /// Notes that a stream to it held for a while: the next failure is the first again.
    pub(super) fn held(&self) {
        self.state().backoff.reset();
    }

    /// Notes that it came to us: whatever kept us from it, it is up; and if it came anew, the
    /// stream that carries may be dead without our knowing.
    pub(super) fn seen(&self) {
        let mut state = self.state();
        state.hopeless = None;
        state.backoff.reset();
        if let Some(carrier) = &mut state.carrier {
            carrier.doubt = true;
            carrier.wake.notify_one();
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Lets a stream carry. One that we opened gives way to one that is there; one that the peer
    /// opened (it has a `replace`) takes over from the last such.
    pub(super) fn carry(
        &self,
        stream: u64,
        wake: &Arc<Notify>,
        replace: Option<CancellationToken>,
    ) -> bool {
        let mut state = self.state();
        match &state.carrier {
            Some(Carrying { replace: Some(old), .. }) if replace.is_some() => old.cancel(),
            Some(_) => return false,
            None => {}
        }
        state.carrier = Some(Carrying { stream, wake: Arc::clone(wake), replace, doubt: false });
        wake.notify_one();
        true
    }

    /// The stream carries no more, and these did not arrive.
    pub(super) fn put_down(&self, stream: u64, returned: Vec<Waiting>) {
        let mut state = self.state();
        if state.carrier.as_ref().is_some_and(|carrier| carrier.stream == stream) {
            state.carrier = None;
        }
        state.queue.put_back(returned);
        if let Some(carrier) = &state.carrier {
            carrier.wake.notify_one();
        }
    }

    /// Takes the next stanza, if this stream carries.
    pub(super) fn take(&self, stream: u64) -> Option<Waiting> {
        let mut state = self.state();
        let carries = state.carrier.as_ref().is_some_and(|carrier| carrier.stream == stream);
        if carries { state.queue.take() } else { None }
    }

    /// Whether the carrying stream should find out if the other end is there; asked once.
    pub(super) fn take_doubt(&self, stream: u64) -> bool {
        let mut state = self.state();
        let carrier = state.carrier.as_mut().filter(|carrier| carrier.stream == stream);
        carrier.is_some_and(|carrier| std::mem::take(&mut carrier.doubt))
    }

    /// Notes the answer to a ping.
    pub(super) fn pong(&self, id: &str) {
        let mut state = self.state();
        state.pong = Some(id.to_owned());
        state.deaf = false;
        if let Some(carrier) = &state.carrier {
            carrier.wake.notify_one();
        }
    }

    pub(super) fn take_pong(&self) -> Option<String> {
        self.state().pong.take()
    }

    pub(super) fn set_deaf(&self) {
        self.state().deaf = true;
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.state().deaf
    }

    /// Takes a token; returns until when its stanzas are to wait.
    pub(super) fn take_token(&self, now: Instant) -> Option<Instant> {
        self.state().bucket.take(now)
    }

    /// Notes an authenticated incoming stream; beyond the limit, the oldest ends.
    pub(super) fn enter(&self, stream: u64, source: IpAddr, end: CancellationToken, now: Instant) {
        let mut state = self.state();
        state.from_internet |= is_public(source);
        state.used = now;
        state.streams.push((stream, end));
        if state.streams.len() > self.limits.streams {
            let (_, oldest) = state.streams.remove(0);
            oldest.cancel();
        }
    }

    pub(super) fn is_from_internet(&self) -> bool {
        self.state().from_internet
    }

    pub(super) fn leave(&self, stream: u64) {
        self.state().streams.retain(|(id, _)| *id != stream);
    }

    /// Keeps a broken stream of ours, to be resumed.
    pub(super) fn keep_broken(&self, management: Management, until: Instant) {
        self.state().broken = Some((management, until));
    }

    pub(super) fn take_broken(&self, now: Instant) -> Option<Management> {
        let mut state = self.state();
        state.forget_broken(now);
        state.broken.take().map(|(management, _)| management)
    }

    /// Keeps a stream to it up for a while, or no more.
    pub(super) fn hold(&self, now: Instant, on: bool) {
        self.state().hold = on.then_some(now + HOLD);
    }

    pub(super) fn queued(&self) -> usize {
        self.state().queue.len()
    }

    pub(super) fn carried(&self) -> bool {
        self.state().carrier.is_some()
    }

    /// When it was last used, if it can be forgotten.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        let idle = state.queue.is_empty()
            && state.carrier.is_none()
            && state.streams.is_empty()
            && state.broken.is_none()
            && !state.working;
        idle.then_some(state.used)
    }

    fn patience(&self, state: &State) -> Duration {
        if state.reached { self.limits.wait_known } else { self.limits.wait_unknown }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_work(&self, now: Instant) -> bool {
        !self.queue.is_empty()
            || self.broken.is_some()
            || self.hold.is_some_and(|until| until > now)
    }

    /// A stream that can no longer be resumed gives its stanzas back.
    fn forget_broken(&mut self, now: Instant) {
        if let Some((mut management, _)) = self.broken.take_if(|(_, until)| *until <= now) {
            let returned = management.give_up().into_iter().map(|sent| sent.waiting);
            self.queue.put_back(returned.collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use televisor_xmpp::ns;

    use super::*;

    fn peer() -> (Peer, Instant) {
        let now = Instant::now();
        (Peer::new("example.org", &Limits::default(), now), now)
    }

    fn message() -> Element {
        Element::new("message", ns::CLIENT)
    }

    #[test]
    fn one_worker_is_hired_and_it_ends_when_nothing_waits() {
        let (peer, now) = peer();
        assert!(!peer.hire(now));
        peer.push(message(), now).unwrap();
        assert!(peer.hire(now) && !peer.hire(now));
        assert_eq!(peer.next_step(now), Step::Dial);
        let wake = Arc::default();
        assert!(peer.carry(1, &wake, None));
        assert!(peer.take(2).is_none() && peer.take(1).is_some() && peer.take(1).is_none());
        peer.put_down(1, Vec::new());
        assert_eq!(peer.next_step(now), Step::End);
    }

    #[test]
    fn without_hope_what_waits_comes_back_and_more_is_refused_during_the_pause() {
        let (peer, now) = peer();
        peer.push(message(), now).unwrap();
        let condition = Condition::RemoteServerNotFound;
        assert_eq!(peer.failed(now, Some(condition)).len(), 1);
        assert_eq!(peer.push(message(), now), Err(condition));
        assert_eq!(peer.push(message(), now + Duration::from_secs(2)), Ok(()));
    }

    #[test]
    fn who_was_never_reached_is_waited_for_less_long() {
        let (peer, now) = peer();
        peer.push(message(), now).unwrap();
        assert_eq!(peer.expired(now + Duration::from_secs(120)).len(), 1);
        peer.push(message(), now).unwrap();
        peer.reached();
        assert_eq!(peer.expired(now + Duration::from_secs(299)).len(), 0);
        assert_eq!(peer.expired(now + Duration::from_secs(300)).len(), 1);
    }

    #[test]
    fn a_pause_ends_when_the_peer_comes_by_itself() {
        let (peer, now) = peer();
        peer.push(message(), now).unwrap();
        peer.failed(now, None);
        assert!(matches!(peer.next_step(now), Step::Wait(_)));
        peer.seen();
        assert_eq!(peer.next_step(now), Step::Dial);
    }

    #[test]
    fn the_newest_stream_of_the_peer_carries() {
        let (peer, _) = peer();
        let (wake, first) = (Arc::default(), CancellationToken::new());
        assert!(peer.carry(1, &wake, Some(first.clone())));
        assert!(!peer.carry(2, &wake, None), "ours gives way");
        assert!(peer.carry(3, &wake, Some(CancellationToken::new())));
        assert!(first.is_cancelled());
    }

    #[test]
    fn beyond_the_limit_the_oldest_stream_ends() {
        let (peer, now) = peer();
        let tokens: Vec<_> = (0..5).map(|_| CancellationToken::new()).collect();
        for (stream, token) in tokens.iter().enumerate() {
            let source = "192.168.77.20".parse().unwrap();
            peer.enter(u64::try_from(stream).unwrap(), source, token.clone(), now);
        }
        let ended: Vec<_> = tokens.iter().map(CancellationToken::is_cancelled).collect();
        assert_eq!(ended, [true, false, false, false, false]);
        assert!(!peer.is_from_internet());
        peer.enter(9, "11.22.33.50".parse().unwrap(), CancellationToken::new(), now);
        assert!(peer.is_from_internet());
    }
}
