//! The handle: commands, queries, changes.

use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use televisor_clock::Clock;
use televisor_model::{
    Change, ChannelId, EventId, Padding, Priority, Programme, Recording, RuleId, Timer, TimerId,
};
use televisor_store::Database;
use tokio::sync::broadcast;

use crate::{Config, Conflict, Error, Inputs};

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

/// The recorder, cheap to clone.
#[derive(Debug, Clone)]
pub struct Dvr {}

impl Dvr {
    /// Reads the timers and recordings and starts the scheduler.
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
        let _ = (config, data_dir, db, inputs, clock);
        todo!()
    }

    /// Accepts a timer.
    ///
    /// # Errors
    /// [`Error::Past`], [`Error::BadSpan`], [`Error::BadPadding`], [`Error::TooMany`], [`Error::Store`].
    pub async fn add(&self, new: NewTimer) -> Result<Added, Error> {
        let _ = new;
        todo!()
    }

    /// Takes a timer back.
    ///
    /// # Errors
    /// [`Error::NoTimer`], [`Error::NotNow`] if it has ended, [`Error::Store`].
    pub async fn cancel(&self, id: TimerId) -> Result<Timer, Error> {
        let _ = id;
        todo!()
    }

    /// Undoes [`Dvr::cancel`].
    ///
    /// # Errors
    /// [`Error::NoTimer`], [`Error::Past`], [`Error::NotNow`], [`Error::Store`].
    pub async fn restore(&self, id: TimerId) -> Result<Timer, Error> {
        let _ = id;
        todo!()
    }

    /// Changes the padding of a timer that has not ended.
    ///
    /// # Errors
    /// [`Error::NoTimer`], [`Error::NotNow`], [`Error::BadPadding`], [`Error::Store`].
    pub async fn set_padding(&self, id: TimerId, padding: Padding) -> Result<Timer, Error> {
        let _ = (id, padding);
        todo!()
    }

    /// Returns the timers, in order of time.
    #[must_use]
    pub fn timers(&self) -> Vec<Timer> {
        todo!()
    }

    /// Returns the recordings, newest first.
    #[must_use]
    pub fn recordings(&self) -> Vec<Recording> {
        todo!()
    }

    /// Returns the timers that will go without an input.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        todo!()
    }

    /// Returns how many bytes the recordings folder has left.
    #[must_use]
    pub fn free_space(&self) -> Option<u64> {
        todo!()
    }

    /// Listens to whatever happens from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        todo!()
    }

    /// Ends the workers in good order.
    pub async fn shutdown(&self) {
        todo!()
    }
}
