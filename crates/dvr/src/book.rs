//! The one writer of timers and recordings: works a change out, puts it into `household.db`, then
//! into memory, then tells of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::SignedDuration;
use televisor_clock::Clock;
use televisor_model::{Change, Recording, RecordingId, Timer, TimerId};
use televisor_store::Database;
use tokio::sync::{Mutex, Notify, broadcast};

use crate::{Error, ledger};

/// Changes that a slow listener may fall behind; it is told when it has.
const CHANGES: usize = 256;

/// Timers that ended are remembered for so long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(60 * 24);

/// What is known, by id.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) timers: BTreeMap<TimerId, Timer>,
    pub(crate) recordings: BTreeMap<RecordingId, Recording>,
    last_timer: i64,
    last_recording: i64,
}

impl Memory {
    /// Returns the id for one more timer.
    pub(crate) fn next_timer(&self) -> TimerId {
        TimerId(self.last_timer.saturating_add(1))
    }

    /// Returns the id for one more recording.
    pub(crate) fn next_recording(&self) -> RecordingId {
        RecordingId(self.last_recording.saturating_add(1))
    }

    /// Returns the newest recording that a timer made.
    pub(crate) fn recording_of(&self, timer: TimerId) -> Option<&Recording> {
        self.recordings.values().rev().find(|r| r.timer == Some(timer))
    }
}

/// What is to be different, and what the caller is to be given.
#[derive(Debug)]
pub(crate) struct Draft<T> {
    pub(crate) timer: Option<Timer>,
    pub(crate) recording: Option<Recording>,
    /// The recording is told of and then no more: nothing of it is on disk.
    pub(crate) drop_recording: bool,
    pub(crate) value: T,
}

impl<T> Draft<T> {
    /// Changes nothing.
    pub(crate) fn nothing(value: T) -> Self {
        Self { timer: None, recording: None, drop_recording: false, value }
    }
}

/// Whether a change that cannot be written may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// A command: on disk before it is acknowledged, or refused.
    First,
    /// Something that has happened: true even if it cannot be written.
    IfPossible,
}

/// The one writer.
pub(crate) struct Book {
    db: Database,
    pub(crate) clock: Clock,
    memory: RwLock<Memory>,
    /// Held from before a change is worked out until it is in memory.
    turn: Mutex<()>,
    changes: broadcast::Sender<Change>,
    /// Woken after every change: the scheduler looks again.
    pub(crate) stirred: Notify,
}

impl Book {
    /// Reads everything.
    pub(crate) async fn open(db: Database, clock: Clock) -> Result<Self, Error> {
        let before = clock.now().saturating_sub(REMEMBERED).unwrap_or_default();
        db.write(move |conn| Ok::<_, Error>(ledger::prune(conn, before)?)).await?;
        let contents = db.read(|conn| Ok::<_, Error>(ledger::load(conn)?)).await?;
        let memory = Memory {
            timers: contents.timers.into_iter().map(|t| (t.id, t)).collect(),
            recordings: contents.recordings.into_iter().map(|r| (r.id, r)).collect(),
            last_timer: contents.last_timer,
            last_recording: contents.last_recording,
        };
        Ok(Self {
            db,
            clock,
            memory: RwLock::new(memory),
            turn: Mutex::new(()),
            changes: broadcast::channel(CHANGES).0,
            stirred: Notify::new(),
        })
    }

    /// Looks at what is known.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&Memory) -> T) -> T {
        at(&self.memory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Listens to changes.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Carries out a command: it is on disk when this returns, or it is refused. Goes on to its
    /// end even if the caller goes away.
    pub(crate) async fn command<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Memory) -> Result<Draft<T>, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let book = Arc::clone(self);
        tokio::spawn(async move { book.change(work, Written::First).await })
            .await
            .map_err(|_| televisor_store::Error::Closed)?
    }

    /// Notes something that has happened, whether or not the database can take it now.
    pub(crate) async fn note(
        self: &Arc<Self>,
        work: impl FnOnce(&Memory) -> Option<Draft<()>> + Send + 'static,
    ) {
        let book = Arc::clone(self);
        let work = move |memory: &Memory| Ok(work(memory).unwrap_or_else(|| Draft::nothing(())));
        let done = tokio::spawn(async move { book.change(work, Written::IfPossible).await }).await;
        if !matches!(done, Ok(Ok(()))) {
            tracing::error!("a change to the recordings was not noted");
        }
    }

    /// Keeps the size of a recording in memory; nobody is told, and the file itself is the record.
    pub(crate) fn grown(&self, id: RecordingId, size_bytes: u64) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(recording) = memory.recordings.get_mut(&id) {
            recording.size_bytes = size_bytes;
        }
    }

    async fn change<T>(
        &self,
        work: impl FnOnce(&Memory) -> Result<Draft<T>, Error>,
        written: Written,
    ) -> Result<T, Error> {
        let _turn = self.turn.lock().await;
        let Draft { timer, recording, drop_recording, value } = self.look(work)?;
        if timer.is_none() && recording.is_none() {
            return Ok(value);
        }
        let rows = (timer.clone(), recording.clone());
        let stored = self.db.write(move |conn| store(conn, rows, drop_recording)).await;
        match (stored, written) {
            (Ok(()), _) => {}
            (Err(error), Written::First) => return Err(error),
            (Err(error), Written::IfPossible) => {
                tracing::error!(%error, "the state of a recording could not be written");
            }
        }
        self.apply(timer.as_ref(), recording.as_ref(), drop_recording);
        // Nobody listening is no failure.
        if let Some(recording) = recording {
            drop(self.changes.send(Change::Recording(recording)));
        }
        if let Some(timer) = timer {
            drop(self.changes.send(Change::Timer(timer)));
        }
        self.stirred.notify_one();
        Ok(value)
    }

    fn apply(&self, timer: Option<&Timer>, recording: Option<&Recording>, drop_recording: bool) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(timer) = timer {
            memory.last_timer = memory.last_timer.max(timer.id.0);
            memory.timers.insert(timer.id, timer.clone());
        }
        if let Some(recording) = recording {
            memory.last_recording = memory.last_recording.max(recording.id.0);
            if drop_recording {
                memory.recordings.remove(&recording.id);
            } else {
                memory.recordings.insert(recording.id, recording.clone());
            }
        }
    }
}

fn store(
    conn: &televisor_store::rusqlite::Connection,
    (timer, recording): (Option<Timer>, Option<Recording>),
    drop_recording: bool,
) -> Result<(), Error> {
    if let Some(timer) = timer {
        ledger::save_timer(conn, &timer)?;
    }
    if let Some(recording) = recording {
        if drop_recording {
            ledger::remove_recording(conn, recording.id)?;
        } else {
            ledger::save_recording(conn, &recording)?;
        }
    }
    Ok(())
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").finish_non_exhaustive()
    }
}
