//! The handle: commands, queries, changes.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use televisor_clock::Clock;
use televisor_model::{
    Change, ChannelId, EventId, Padding, Priority, Programme, Recording, RecordingState, RuleId,
    Timer, TimerId, TimerState,
};
use televisor_store::Database;
use tokio::sync::{broadcast, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::book::{Book, Draft, Memory};
use crate::config::MOST_PADDING;
use crate::library::{self, DiskFolder, Folder};
use crate::schedule::plan;
use crate::schedule::worker::Scheduler;
use crate::{Config, Conflict, Error, Inputs};

/// Open timers; far more than a guide of two weeks calls for.
const MOST_TIMERS: usize = 5000;

/// The longest single recording, without padding.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Recorders that have not flushed by then are left behind.
const GOING_DOWN: Duration = Duration::from_secs(10);

/// A decision to record, before it is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTimer {
    /// What to tune to.
    pub channel: ChannelId,
    /// Published start.
    pub start: Timestamp,
    /// Published end.
    pub stop: Timestamp,
    /// Extra time around it; the configured one if `None`.
    pub padding: Option<Padding>,
    /// Which timer wins.
    pub priority: Priority,
    /// The guide's entry; `None` for a time span.
    pub event: Option<EventId>,
    /// What is to be recorded.
    pub programme: Programme,
    /// The rule that makes it.
    pub rule: Option<RuleId>,
    /// Who asks, in words.
    pub set_by: String,
}

/// What came of adding a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The timer, new or already there.
    pub timer: Timer,
    /// It was there already, and nothing has changed.
    pub already: bool,
}

/// The recorder, cheap to clone. Its workers end when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Dvr {
    inner: Arc<Inner>,
}

struct Inner {
    book: Arc<Book>,
    folder: Arc<dyn Folder>,
    inputs: Arc<dyn Inputs>,
    padding: Padding,
    going_down: watch::Sender<bool>,
    scheduler: Mutex<Option<JoinHandle<()>>>,
}

impl Dvr {
    /// Reads the timers and recordings and starts the scheduler; recordings that were being
    /// written are taken up again. `config.dir` defaults to `recordings` within `data_dir`. If
    /// `db` has no recordings, the library is rebuilt from the folder.
    ///
    /// # Errors
    /// [`Error::Folder`], [`Error::Store`].
    pub async fn open(
        config: &Config,
        data_dir: &Path,
        db: Database,
        inputs: Arc<dyn Inputs>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let path = config.dir.clone().unwrap_or_else(|| data_dir.join("recordings"));
        let shown = path.display().to_string();
        let folder =
            DiskFolder::open(path).map_err(|source| Error::Folder { path: shown, source })?;
        Self::open_in(Arc::new(folder), config.padding(), db, inputs, clock).await
    }

    pub(crate) async fn open_in(
        folder: Arc<dyn Folder>,
        padding: Padding,
        db: Database,
        inputs: Arc<dyn Inputs>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let book = Arc::new(Book::open(db, clock).await?);
        recover(&book, &folder).await;
        let now = book.clock.now();
        let late = book.look(|memory| {
            let waiting = memory.timers.values().filter(|t| t.state == TimerState::Scheduled);
            waiting.filter(|t| t.record_from() < now).map(|t| t.id).collect()
        });
        let (going_down, told) = watch::channel(false);
        let scheduler = Scheduler {
            book: Arc::clone(&book),
            folder: Arc::clone(&folder),
            inputs: Arc::clone(&inputs),
            going_down: told,
            running: BTreeMap::new(),
            recorders: JoinSet::new(),
            held: BTreeMap::new(),
            late,
        };
        let scheduler = Mutex::new(Some(tokio::spawn(scheduler.run())));
        let inner = Inner { book, folder, inputs, padding, going_down, scheduler };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Accepts a timer: it is on disk when this returns. One whose time has begun starts at once.
    /// If the same event, or the same span of the same channel, is set already, that timer is
    /// returned and nothing changes.
    ///
    /// # Errors
    /// [`Error::Past`], [`Error::BadSpan`], [`Error::BadPadding`], [`Error::TooMany`],
    /// [`Error::Store`].
    pub async fn add(&self, new: NewTimer) -> Result<Added, Error> {
        let padding = new.padding.unwrap_or(self.inner.padding);
        check_padding(padding)?;
        if new.stop <= new.start || new.stop.duration_since(new.start) > LONGEST {
            return Err(Error::BadSpan);
        }
        let now = self.inner.book.clock.now();
        self.inner
            .book
            .command(move |memory| {
                if let Some(same) = memory.timers.values().find(|t| is_same(t, &new)) {
                    return Ok(Draft::nothing(Added { timer: same.clone(), already: true }));
                }
                let open = memory.timers.values().filter(|t| t.state.is_open()).count();
                if open >= MOST_TIMERS {
                    return Err(Error::TooMany(open));
                }
                let timer = new.timer(memory.next_timer(), padding);
                if timer.record_until() <= now {
                    return Err(Error::Past);
                }
                let added = Added { timer: timer.clone(), already: false };
                Ok(Draft { timer: Some(timer), ..Draft::nothing(added) })
            })
            .await
    }

    /// Takes a timer back. One that is being recorded stops; what was written is kept. One that
    /// was taken back before is returned as it stands.
    ///
    /// # Errors
    /// [`Error::NoTimer`], [`Error::NotNow`] if it has ended, [`Error::Store`].
    pub async fn cancel(&self, id: TimerId) -> Result<Timer, Error> {
        self.alter(id, move |timer, _| match &timer.state {
            TimerState::Scheduled | TimerState::Recording(_) => {
                timer.state = TimerState::Cancelled;
                Ok(())
            }
            TimerState::Cancelled => Ok(()),
            state @ (TimerState::Completed(_) | TimerState::Failed(_)) => {
                Err(Error::NotNow { id, state: state.clone() })
            }
        })
        .await
    }

    /// Undoes [`Dvr::cancel`]. If something was recorded, that file goes on, with a gap.
    ///
    /// # Errors
    /// [`Error::NoTimer`], [`Error::Past`] if its time has passed, [`Error::NotNow`] if it had
    /// ended by itself, [`Error::Store`].
    pub async fn restore(&self, id: TimerId) -> Result<Timer, Error> {
        let now = self.inner.book.clock.now();
        self.alter(id, move |timer, memory| match &timer.state {
            TimerState::Scheduled | TimerState::Recording(_) => Ok(()),
            TimerState::Cancelled if timer.record_until() <= now => Err(Error::Past),
            TimerState::Cancelled => {
                let begun = memory.recording_of(id).map(|r| r.id);
                timer.state = begun.map_or(TimerState::Scheduled, TimerState::Recording);
                Ok(())
            }
            state @ (TimerState::Completed(_) | TimerState::Failed(_)) => {
                Err(Error::NotNow { id, state: state.clone() })
            }
        })
        .await
    }

    /// Changes the padding of a timer that has not ended.
    ///
    /// # Errors
    /// [`Error::NoTimer`], [`Error::NotNow`], [`Error::BadPadding`], [`Error::Store`].
    pub async fn set_padding(&self, id: TimerId, padding: Padding) -> Result<Timer, Error> {
        check_padding(padding)?;
        self.alter(id, move |timer, _| {
            if !timer.state.is_open() {
                return Err(Error::NotNow { id, state: timer.state.clone() });
            }
            timer.padding = padding;
            Ok(())
        })
        .await
    }

    /// Returns the timers, in order of time: those to come, and those that ended lately.
    #[must_use]
    pub fn timers(&self) -> Vec<Timer> {
        let mut timers: Vec<Timer> =
            self.inner.book.look(|memory| memory.timers.values().cloned().collect());
        timers.sort_by_key(|t| (t.record_from(), t.id));
        timers
    }

    /// Returns the recordings, newest first.
    #[must_use]
    pub fn recordings(&self) -> Vec<Recording> {
        let mut recordings: Vec<Recording> =
            self.inner.book.look(|memory| memory.recordings.values().cloned().collect());
        recordings.sort_by_key(|r| std::cmp::Reverse((r.start, r.id)));
        recordings
    }

    /// Returns the timers that will go without an input, and those that they lose to.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        let limits = self.inner.inputs.limits();
        self.inner.book.look(|memory| plan::conflicts(memory.timers.values(), limits))
    }

    /// Returns how many bytes the recordings folder has left; a small reserve is kept back.
    #[must_use]
    pub fn free_space(&self) -> Option<u64> {
        self.inner.folder.free()
    }

    /// Returns the recordings folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.inner.folder.path()
    }

    /// Listens to whatever happens from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.book.changes()
    }

    /// Ends the workers in good order: what is being recorded is on disk, and goes on at the next
    /// start. Takes ten seconds at most.
    pub async fn shutdown(&self) {
        self.inner.going_down.send_replace(true);
        let scheduler = self.inner.scheduler.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(scheduler) = scheduler
            && timeout(GOING_DOWN, scheduler).await.is_err()
        {
            tracing::error!("a recording could not be flushed in time");
        }
    }

    async fn alter(
        &self,
        id: TimerId,
        work: impl FnOnce(&mut Timer, &Memory) -> Result<(), Error> + Send + 'static,
    ) -> Result<Timer, Error> {
        self.inner
            .book
            .command(move |memory| {
                let known = memory.timers.get(&id).ok_or(Error::NoTimer(id))?;
                let mut timer = known.clone();
                work(&mut timer, memory)?;
                let changed = (timer != *known).then(|| timer.clone());
                Ok(Draft { timer: changed, ..Draft::nothing(timer) })
            })
            .await
    }
}

impl NewTimer {
    fn timer(self, id: TimerId, padding: Padding) -> Timer {
        Timer {
            id,
            channel: self.channel,
            start: self.start,
            stop: self.stop,
            padding,
            priority: self.priority,
            event: self.event,
            programme: self.programme,
            rule: self.rule,
            set_by: self.set_by,
            state: TimerState::Scheduled,
        }
    }
}

/// Returns whether an open timer already does what a new one would.
fn is_same(timer: &Timer, new: &NewTimer) -> bool {
    let same_event = new.event.is_some() && timer.event == new.event;
    let same_span = new.event.is_none()
        && timer.event.is_none()
        && (timer.start, timer.stop) == (new.start, new.stop);
    timer.state.is_open() && timer.channel == new.channel && (same_event || same_span)
}

fn check_padding(padding: Padding) -> Result<(), Error> {
    let sound = |side: SignedDuration| !side.is_negative() && side <= MOST_PADDING;
    if sound(padding.before) && sound(padding.after) { Ok(()) } else { Err(Error::BadPadding) }
}

/// Ends what a crash left half ended, and finds the library again if the database is new.
async fn recover(book: &Arc<Book>, folder: &Arc<dyn Folder>) {
    if book.look(|memory| memory.recordings.is_empty()) {
        let path = folder.path().to_owned();
        let found = tokio::task::spawn_blocking(move || library::rebuild(&path)).await;
        for recording in found.ok().and_then(Result::ok).unwrap_or_default() {
            note_recording(book, recording).await;
        }
    }
    let orphans: Vec<Recording> = book.look(|memory| {
        let owned = |r: &Recording| {
            let timer = r.timer.and_then(|id| memory.timers.get(&id));
            timer.is_some_and(|t| t.state == TimerState::Recording(r.id))
        };
        let unfinished = |r: &&Recording| match r.state {
            RecordingState::Writing | RecordingState::Waiting(_) => !owned(r),
            RecordingState::Completed | RecordingState::Failed(_) => false,
        };
        memory.recordings.values().filter(unfinished).cloned().collect()
    });
    for mut recording in orphans {
        recording.size_bytes = std::fs::metadata(&recording.path).map_or(0, |meta| meta.len());
        recording.stop = recording.stop.min(book.clock.now()).max(recording.start);
        recording.state = RecordingState::Completed;
        note_recording(book, recording).await;
    }
}

async fn note_recording(book: &Arc<Book>, recording: Recording) {
    book.note(move |_| Some(Draft { recording: Some(recording), ..Draft::nothing(()) })).await;
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}
