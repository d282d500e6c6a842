//! One peer, seen from here: what waits to be sent to it, in order, and the streams there are with it.
//!
//! There is one *current* stream, whichever side opened it; all we send goes over it. Where both sides
//! open one at the same moment, both keep the one that the lesser name opened: the other is closed by
//! who opened it, and what follows waits until it is, so that nothing overtakes. A stream that is
//! proven to be somebody's of the household is never replaced by one that is not.

mod handle;
mod job;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

pub(super) use handle::{Handle, Lanes, Order};
pub(super) use job::{Demand, Job};
use streams::{Stream, Verdict, goodbye};

use super::hub::Shared;
use super::initiating;
use super::opened::{Opened, largest};
use super::whom;
use super::wire::{Fault, write};
use crate::error::Error;
use crate::link::Sent;

/// How long a lane without streams stays.
const REST: Duration = Duration::from_secs(60);

/// The same for who is announced nowhere: there may be any number, one after the other.
const BRIEF: Duration = Duration::from_secs(1);

/// How long a peer may take to answer `</stream:stream>`.
const CLOSING: Duration = Duration::from_secs(3);

/// Streams that are only listened to; more than one is rare.
const LISTENED: usize = 3;

/// A stream that has been silent for this long is doubted when its peer is announced elsewhere.
const SILENCE: Duration = Duration::from_secs(30);

/// The worker of a lane.
struct Lane {
    shared: Arc<Shared>,
    handle: Handle,
    jobs: mpsc::Receiver<Job>,
    orders: mpsc::Receiver<Order>,
    current: Option<Stream>,
    /// Streams of the same peer that we do not write to. Oldest first.
    listened: Vec<Stream>,
    /// The stream that was found not to be proven by our asking once more.
    challenged: Option<u64>,
    next: u64,
    since: Instant,
}

/// What a lane wakes up for.
enum Wake {
    Down,
    Order(Order),
    Job(Job),
    Idle,
}

/// Starts a lane's worker.
fn start(
    shared: Arc<Shared>,
    handle: Handle,
    jobs: mpsc::Receiver<Job>,
    orders: mpsc::Receiver<Order>,
) {
    let tasks = shared.tasks.clone();
    let lane = Lane {
        shared,
        handle,
        jobs,
        orders,
        current: None,
        listened: Vec::new(),
        challenged: None,
        next: 0,
        since: Instant::now(),
    };
    tasks.spawn(lane.run());
}

impl Lane {
    async fn run(mut self) {
        loop {
            let down = self.shared.down.clone();
            let idle_at = self.idle_at();
            let wake = tokio::select! {
                biased;
                () = down.cancelled() => Wake::Down,
                Some(order) = self.orders.recv() => Wake::Order(order),
                Some(job) = self.jobs.recv() => Wake::Job(job),
                () = sleep_until(idle_at) => Wake::Idle,
            };
            match wake {
                Wake::Down => return self.end().await,
                Wake::Order(order) => self.order(order).await,
                Wake::Job(job) => self.perform(job).await,
                Wake::Idle if self.current.is_some() || !self.listened.is_empty() => {
                    self.close_idle().await;
                }
                Wake::Idle => {
                    if self.shared.lanes.leave(&self.handle, &mut self.jobs, &mut self.orders) {
                        return self.left();
                    }
                    self.since = Instant::now();
                }
            }
        }
    }

    /// When to close the streams, or to leave where there are none.
    fn idle_at(&self) -> Instant {
        let streams = self.current.iter().chain(&self.listened);
        match streams.map(|stream| stream.pulse.last()).max() {
            Some(last) => last + self.shared.limits.idle,
            None if self.shared.roster.peer(&self.handle.name()).is_some() => self.since + REST,
            None => self.since + BRIEF,
        }
    }

    async fn close_idle(&mut self) {
        if let Some(current) = self.current.take() {
            self.retire(current).await;
        }
        for stream in std::mem::take(&mut self.listened) {
            self.retire(stream).await;
        }
        self.since = Instant::now();
    }

    /// Orders may have come between: they are for the next lane of this name.
    fn left(mut self) {
        while let Ok(order) = self.orders.try_recv() {
            if let Order::Adopt(opened) = order {
                let (shared, name) = (Arc::clone(&self.shared), self.handle.name());
                self.shared.tasks.spawn(async move { shared.place(name, *opened).await });
            }
        }
    }

    async fn order(&mut self, order: Order) {
        match order {
            Order::Adopt(opened) => match self.verdict(&opened, false) {
                Verdict::Switch => self.switch(*opened).await,
                Verdict::Listen => self.listen(*opened),
                Verdict::Refuse => self.refuse(*opened),
            },
            Order::Ended { number, fault } => self.ended(number, fault),
        }
    }

    /// What to do with a further stream of the peer, or of who claims to be it.
    fn verdict(&self, opened: &Opened, dialling: bool) -> Verdict {
        let owner = self.shared.owner(opened.facts.security);
        let me = self.shared.me();
        let lesser = me.is_some_and(|me| me < self.handle.name());
        // COMPAT(libpurple): of two it keeps the one that was opened to it.
        let ours_stays = lesser || !opened.facts.modern;
        let Some(current) = &self.current else {
            return if dialling && ours_stays { Verdict::Listen } else { Verdict::Switch };
        };
        let known = self.shared.owner(current.facts.security);
        match (known, owner) {
            (Some(known), owner) if owner.as_ref() != Some(&known) => Verdict::Refuse,
            (None, Some(_)) => Verdict::Switch,
            _ if current.is_young() && current.facts.ours && ours_stays => Verdict::Listen,
            _ => Verdict::Switch,
        }
    }

    /// Makes a stream the current one. What was sent over the other arrives first.
    async fn switch(&mut self, opened: Opened) {
        if let Some(old) = self.current.take() {
            self.retire(old).await;
        }
        let stream = self.begin(opened);
        if let Some(current) = self.current.replace(stream) {
            self.listened.push(current);
        }
    }

    fn listen(&mut self, opened: Opened) {
        let stream = self.begin(opened);
        if self.listened.len() >= LISTENED {
            drop(self.listened.remove(0));
        }
        self.listened.push(stream);
    }

    /// Whoever it is, the name is another's while that one's stream stands.
    fn refuse(&self, mut opened: Opened) {
        let stranger = whom::made_up(opened.facts.address);
        if self.handle.name() == stranger {
            return;
        }
        tracing::debug!(name = %self.handle.name(), address = %opened.facts.address, "claims a name");
        opened.facts.claimed = None;
        let shared = Arc::clone(&self.shared);
        self.shared.tasks.spawn(async move { shared.place(stranger, opened).await });
    }

    fn begin(&mut self, opened: Opened) -> Stream {
        self.next += 1;
        Stream::begin(&self.shared, &self.handle, self.next, opened)
    }

    /// Closes a stream from our side and waits a moment for the peer's close: all that was sent has
    /// been read by then.
    async fn retire(&mut self, mut stream: Stream) {
        if write(&mut stream.writer, &goodbye(None)).await.is_err() {
            return;
        }
        let deadline = Instant::now() + CLOSING;
        while let Ok(Some(order)) = timeout_at(deadline, self.orders.recv()).await {
            match order {
                Order::Ended { number, .. } if number == stream.number => return,
                Order::Ended { number, fault } => self.ended(number, fault),
                Order::Adopt(opened) => match self.verdict(&opened, false) {
                    Verdict::Refuse => self.refuse(*opened),
                    Verdict::Switch | Verdict::Listen => self.listen(*opened),
                },
            }
        }
    }

    fn ended(&mut self, number: u64, fault: Fault) {
        let ended = match self.current.take_if(|current| current.number == number) {
            Some(current) => Some(current),
            None => {
                let place = self.listened.iter().position(|stream| stream.number == number);
                place.map(|place| self.listened.remove(place))
            }
        };
        if let Some(stream) = ended {
            self.shared.tasks.spawn(stream.finish(fault));
        }
        self.fall_back();
        self.since = Instant::now();
    }

    /// Where the current stream has ended, another of the same peer takes its place.
    fn fall_back(&mut self) {
        if self.current.is_none() && !self.listened.is_empty() {
            self.current = Some(self.listened.remove(0));
        }
    }

    async fn perform(&mut self, job: Job) {
        let reused = self.current.as_ref().map(|current| current.number);
        let mut result = self.attempt(&job).await;
        if let Err(Error::Unreachable { .. }) = &result
            && reused.is_some()
            && self.current.is_none()
        {
            // The stream had broken unnoticed, before all of the stanza was written: none of it counts.
            result = self.attempt(&job).await;
        }
        if let Err(Error::Unreachable { peer, reason }) = &result {
            self.fail_others(peer, reason);
        }
        if let Some(done) = job.done {
            // Who asked may have gone.
            drop(done.send(result));
        }
    }

    /// What waits behind a failure would fail alike, and take as long each.
    fn fail_others(&mut self, peer: &str, reason: &str) {
        while let Ok(job) = self.jobs.try_recv() {
            if let Some(done) = job.done {
                let (peer, reason) = (peer.to_owned(), reason.to_owned());
                drop(done.send(Err(Error::Unreachable { peer, reason })));
            }
        }
    }

    async fn attempt(&mut self, job: &Job) -> Result<Sent, Error> {
        self.ready(&job.demand, job.may_open).await?;
        self.send(job).await
    }

    /// Sees to a current stream, one that meets the demand where that can be had.
    async fn ready(&mut self, demand: &Demand, may_open: bool) -> Result<(), Error> {
        self.drop_stale();
        self.fall_back();
        if self.current.is_none() {
            if !may_open {
                return Err(Error::NotHere(self.handle.name().to_string()));
            }
            self.open().await?;
        }
        if let Some(current) = &self.current
            && !demand.met_by(&self.shared, current.facts.security)
            && !current.facts.ours
            && self.challenged != Some(current.number)
        {
            // Another may have taken the name first: the peer itself is where it is announced.
            self.challenged = Some(current.number);
            self.challenge().await;
        }
        Ok(())
    }

    /// Forgets a stream to where the peer is not any more: it has left without a word.
    fn drop_stale(&mut self) {
        let Some(peer) = self.shared.roster.peer(&self.handle.name()) else { return };
        let stale = self.current.take_if(|current| {
            let ip = current.facts.address.ip().to_canonical();
            current.pulse.last().elapsed() > SILENCE
                && !peer.addresses.iter().any(|address| address.ip().to_canonical() == ip)
        });
        if let Some(stale) = stale {
            self.shared.tasks.spawn(stale.finish(Fault::Closed));
        }
    }

    /// Opens a stream, unless the peer is quicker.
    async fn open(&mut self) -> Result<(), Error> {
        let (shared, name) = (Arc::clone(&self.shared), self.handle.name());
        let mut opening = Box::pin(initiating::open(&shared, &name));
        loop {
            let order = tokio::select! {
                opened = &mut opening => {
                    match opened {
                        Ok(opened) => self.switch(opened).await,
                        Err(error) => {
                            self.fall_back();
                            return if self.current.is_some() { Ok(()) } else { Err(error) };
                        }
                    }
                    return Ok(());
                }
                () = shared.down.cancelled() => return Err(Error::Closed),
                Some(order) = self.orders.recv() => order,
            };
            match order {
                Order::Adopt(opened) => match self.verdict(&opened, true) {
                    Verdict::Switch => {
                        self.switch(*opened).await;
                        return Ok(());
                    }
                    Verdict::Listen => self.listen(*opened),
                    Verdict::Refuse => self.refuse(*opened),
                },
                Order::Ended { number, fault } => self.ended(number, fault),
            }
        }
    }

    /// Opens a stream of our own beside one that proves nothing, and keeps it if it proves something.
    async fn challenge(&mut self) {
        let (shared, name) = (Arc::clone(&self.shared), self.handle.name());
        if !self.current.as_ref().is_some_and(|current| current.facts.modern) {
            return;
        }
        if let Ok(opened) = initiating::open(&shared, &name).await
            && shared.owner(opened.facts.security).is_some()
        {
            self.switch(opened).await;
        }
    }

    /// Writes a stanza to the current stream; without one, only says what that is worth.
    async fn send(&mut self, job: &Job) -> Result<Sent, Error> {
        let name = self.handle.name();
        let gone = |reason: String| Error::Unreachable { peer: name.to_string(), reason };
        let Some(current) = &mut self.current else { return Err(gone("it has gone".to_owned())) };
        let security = current.facts.security;
        if job.demand.is_strict() && !job.demand.met_by(&self.shared, security) {
            return Err(Error::NotProven(name.to_string()));
        }
        let proven = self.shared.owner(security);
        let sent = Sent { encrypted: security.encrypted, proven };
        let Some(stanza) = job.stanza.clone() else { return Ok(sent) };
        let bytes = job::addressed(stanza, self.shared.me().as_ref(), &name);
        let limit = largest(&self.shared, sent.proven.is_some());
        if bytes.len() > limit {
            return Err(Error::Stanza(format!("it is larger than {limit} bytes")));
        }
        if let Some(id) = &job.request {
            self.shared.pending.sent_over(id, security);
        }
        if let Err(fault) = write(&mut current.writer, &bytes).await {
            self.current = None;
            return Err(gone(fault.to_string()));
        }
        current.pulse.beat();
        Ok(sent)
    }

    /// Closes every stream, and waits a moment for the peers.
    async fn end(mut self) {
        self.jobs.close();
        let deadline = Instant::now() + CLOSING;
        let mut open: Vec<Stream> =
            self.current.take().into_iter().chain(self.listened.drain(..)).collect();
        for stream in &mut open {
            drop(timeout_at(deadline, write(&mut stream.writer, &goodbye(None))).await);
        }
        while !open.is_empty() {
            match timeout_at(deadline, self.orders.recv()).await {
                Ok(Some(Order::Ended { number, .. })) => {
                    open.retain(|stream| stream.number != number);
                }
                Ok(Some(Order::Adopt(_))) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }
}
