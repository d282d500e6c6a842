//! Waits for the next due time and starts recorders.
//!
//! Each pass compares what the timers say with the recorders that run, and puts right what
//! differs: so a start, a restart in the middle, a cancellation, an undo and a change of padding are
//! all one mechanism.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use televisor_model::{
    Failure, Recording, RecordingId, RecordingState, Timer, TimerId, TimerState,
};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::plan;
use crate::book::{Book, Draft};
use crate::input::Inputs;
use crate::library::{Folder, stem, write_sidecar};
use crate::recorder::{Lost, Order, Recorder, storage};

/// Sleeps are no longer than this, so that a wall clock that was set is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(3);

/// Sleeps are no shorter than this, so that a due time that does not pass cannot spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(20);

/// The scheduler.
pub(crate) struct Scheduler {
    pub(crate) book: Arc<Book>,
    pub(crate) folder: Arc<dyn Folder>,
    pub(crate) inputs: Arc<dyn Inputs>,
    /// Ends everything in good order when it turns true, or when its sender is gone.
    pub(crate) going_down: watch::Receiver<bool>,
    pub(crate) running: BTreeMap<TimerId, watch::Sender<Order>>,
    pub(crate) recorders: JoinSet<TimerId>,
    /// Due timers that could not start yet, and why.
    pub(crate) held: BTreeMap<TimerId, Failure>,
    /// Timers whose time had begun before the program did.
    pub(crate) late: BTreeSet<TimerId>,
}

impl Scheduler {
    /// Works until told to go down; then every recorder has flushed.
    pub(crate) async fn run(mut self) {
        loop {
            self.pass().await;
            let wait = self.until_next();
            tokio::select! {
                () = sleep(wait) => {}
                () = self.book.stirred.notified() => {}
                Some(ended) = self.recorders.join_next() => self.ended(ended),
                _ = self.going_down.changed() => break,
            }
        }
        for order in self.running.values() {
            order.send_replace(Order::Pause);
        }
        while self.recorders.join_next().await.is_some() {}
    }

    fn ended(&mut self, ended: Result<TimerId, tokio::task::JoinError>) {
        match ended {
            Ok(id) => drop(self.running.remove(&id)),
            Err(error) => {
                tracing::error!(%error, "a recorder broke down, and is started again");
                self.running.retain(|_, order| order.receiver_count() > 0);
            }
        }
    }

    /// Returns how long nothing is due.
    fn until_next(&self) -> Duration {
        let now = self.book.clock.now();
        let next = self.book.look(|memory| {
            let scheduled = memory.timers.values().filter(|t| t.state == TimerState::Scheduled);
            scheduled
                .map(|t| if t.record_from() > now { t.record_from() } else { t.record_until() })
                .min()
        });
        let wait = next.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        wait.unwrap_or(LONGEST_SLEEP).clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
    }

    async fn pass(&mut self) {
        let now = self.book.clock.now();
        let limits = self.inputs.limits();
        let (open, without): (Vec<Timer>, BTreeSet<TimerId>) = self.book.look(|memory| {
            let open = memory.timers.values().filter(|t| t.state.is_open());
            let without = plan::conflicts(open.clone(), limits);
            (open.cloned().collect(), without.into_iter().map(|c| c.timer).collect())
        });
        let wanted: BTreeSet<TimerId> = open.iter().map(|t| t.id).collect();
        for (id, order) in &self.running {
            if !wanted.contains(id) {
                order.send_replace(Order::Stop);
            }
        }
        for timer in open {
            self.attend(timer, now, &without).await;
        }
    }

    /// Puts right what differs between one open timer and its recorder.
    async fn attend(&mut self, timer: Timer, now: Timestamp, without: &BTreeSet<TimerId>) {
        match timer.state {
            TimerState::Scheduled if timer.record_until() <= now => self.miss(timer).await,
            TimerState::Scheduled if timer.record_from() > now => {}
            TimerState::Scheduled if without.contains(&timer.id) => {
                self.held.insert(timer.id, Failure::NoFreeInput);
            }
            TimerState::Scheduled => self.begin(timer, now).await,
            TimerState::Recording(id) => {
                if let Some(order) = self.running.get(&timer.id) {
                    postpone(order, timer.record_until());
                } else {
                    self.go_on(timer, id, now).await;
                }
            }
            TimerState::Completed(_) | TimerState::Failed(_) | TimerState::Cancelled => {}
        }
    }

    /// Its whole time has passed without a start.
    async fn miss(&mut self, timer: Timer) {
        let why = self.held.remove(&timer.id).unwrap_or(Failure::Missed);
        tracing::warn!(timer = %timer.id, %why, "nothing was recorded");
        let id = timer.id;
        self.book
            .note(move |memory| {
                let mut timer = scheduled(memory.timers.get(&id))?;
                timer.state = TimerState::Failed(why);
                Some(Draft { timer: Some(timer), ..Draft::nothing(()) })
            })
            .await;
    }

    /// Makes the file, notes the start, and sets a recorder to work.
    async fn begin(&mut self, timer: Timer, now: Timestamp) {
        let channel_name =
            self.inputs.name(&timer.channel).unwrap_or_else(|| timer.channel.0.clone());
        let start = timer.start.to_zoned(self.book.clock.zone().clone());
        let stem = stem(&timer.programme.title, &start, &channel_name);
        let folder = Arc::clone(&self.folder);
        let made = tokio::task::spawn_blocking(move || folder.create(&stem)).await;
        let path = match made.map_err(std::io::Error::other).and_then(|made| made) {
            Ok(path) => path,
            Err(error) => {
                tracing::warn!(timer = %timer.id, %error, "no file for a recording; trying again");
                self.held.insert(timer.id, storage(&error));
                return;
            }
        };
        let late = match self.held.remove(&timer.id) {
            Some(why) => Some(Lost::new(timer.record_from(), why)),
            None => {
                self.late.remove(&timer.id).then(|| Lost::new(timer.record_from(), Failure::Missed))
            }
        };
        let (id, drafted) = (timer.id, path.clone());
        self.book
            .note(move |memory| {
                let mut timer = scheduled(memory.timers.get(&id))?;
                let recording =
                    recording(&timer, memory.next_recording(), channel_name, now, drafted);
                timer.state = TimerState::Recording(recording.id);
                let (timer, recording) = (Some(timer), Some(recording));
                Some(Draft { timer, recording, drop_recording: false, value: () })
            })
            .await;
        let begun = self.book.look(|m| m.recordings.values().find(|r| r.path == path).cloned());
        let Some(recording) = begun else {
            // Taken back while the file was being made.
            self.folder.remove(&path);
            return;
        };
        tracing::info!(timer = %timer.id, recording = %recording.id, "recording started");
        let beside = recording.clone();
        drop(tokio::task::spawn_blocking(move || write_sidecar(&beside)).await);
        self.spawn(&timer, recording, late.filter(|l| l.from < now), false);
    }

    /// Goes on with a recording that was begun before: after a restart, or after an undo.
    async fn go_on(&mut self, timer: Timer, id: RecordingId, now: Timestamp) {
        let Some(mut recording) = self.book.look(|m| m.recordings.get(&id).cloned()) else {
            let id = timer.id;
            self.book
                .note(move |memory| {
                    let mut timer = memory.timers.get(&id).cloned()?;
                    timer.state = TimerState::Scheduled;
                    Some(Draft { timer: Some(timer), ..Draft::nothing(()) })
                })
                .await;
            return;
        };
        let lost = match recording.state {
            RecordingState::Completed => Lost {
                from: recording.stop.min(now),
                why: Failure::NoSignal("it had been cancelled".to_owned()),
                reason: "it had been cancelled".to_owned(),
            },
            RecordingState::Writing | RecordingState::Waiting(_) | RecordingState::Failed(_) => {
                // The recorder asks the file since when.
                Lost::new(now, Failure::Missed)
            }
        };
        recording.stop = timer.record_until();
        recording.state = RecordingState::Writing;
        tracing::info!(timer = %timer.id, recording = %id, "recording is taken up again");
        self.spawn(&timer, recording, Some(lost), true);
    }

    fn spawn(&mut self, timer: &Timer, recording: Recording, lost: Option<Lost>, resumed: bool) {
        let (order, orders) = watch::channel(Order::Until(timer.record_until()));
        self.running.insert(timer.id, order);
        let recorder = Recorder {
            book: Arc::clone(&self.book),
            folder: Arc::clone(&self.folder),
            inputs: Arc::clone(&self.inputs),
            timer: timer.id,
            last_good: recording.start,
            recording,
            order: orders,
            lost,
            resumed,
        };
        let id = timer.id;
        self.recorders.spawn(async move {
            recorder.run().await;
            id
        });
    }
}

/// Gives a recorder another end time; one that was told to end is left to it.
fn postpone(order: &watch::Sender<Order>, until: Timestamp) {
    order.send_if_modified(|order| {
        let next = match *order {
            Order::Until(_) => Order::Until(until),
            end @ (Order::Stop | Order::Pause) => end,
        };
        std::mem::replace(order, next) != next
    });
}

fn scheduled(timer: Option<&Timer>) -> Option<Timer> {
    timer.filter(|t| t.state == TimerState::Scheduled).cloned()
}

fn recording(
    timer: &Timer,
    id: RecordingId,
    channel_name: String,
    now: Timestamp,
    path: std::path::PathBuf,
) -> Recording {
    Recording {
        id,
        timer: Some(timer.id),
        channel: timer.channel.clone(),
        channel_name,
        programme: timer.programme.clone(),
        start: now,
        stop: timer.record_until(),
        path,
        size_bytes: 0,
        gaps: Vec::new(),
        state: RecordingState::Writing,
    }
}
