//! The handle, its parts, its life.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use televisor_clock::Clock;
use televisor_dvr::Dvr;
use televisor_model::Change;
use televisor_store::Database;
use tokio::sync::broadcast;

use crate::{Error, Household, Identity};

/// What the file says about the receiver itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The friendly name, where the file gives one.
    pub name: Option<String>,
    /// The `[recordings]` table.
    pub recordings: televisor_dvr::Config,
}

/// What a receiver is put together from.
#[derive(Debug)]
pub struct Parts {
    /// What the file says.
    pub config: Config,
    /// The data folder.
    pub data_dir: PathBuf,
    /// `household.db`, opened with [`crate::PARTS`] among its parts.
    pub db: Database,
    /// The time.
    pub clock: Clock,
    // guide: Guide and tuner: Tuner join as soon as they exist
}

/// The receiver, cheap to clone.
#[derive(Clone)]
pub struct Receiver {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    db: Database,
    identity: Identity,
    household: Household,
    dvr: Dvr,
    changes: broadcast::Sender<Change>,
}

impl Receiver {
    /// Puts a receiver together and starts its workers.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::Dvr`] if the recordings folder cannot be used.
    pub async fn open(parts: Parts) -> Result<Self, Error> {
        let _ = parts;
        todo!()
    }

    /// Returns who the receiver is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Returns the household's devices and what proves them.
    #[must_use]
    pub fn household(&self) -> &Household {
        &self.inner.household
    }

    /// Returns the time, as everything in the receiver sees it.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Listens to whatever happens from now on. A listener that falls far behind is told so by
    /// its channel, and should ask for the whole state again.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }

    /// Tells everybody of something that happened at an edge, such as the pairing window.
    pub fn announce(&self, change: Change) {
        // Nobody listening is no failure.
        drop(self.inner.changes.send(change));
    }

    /// Ends the workers in good order: what is being recorded is on disk, and goes on at the next
    /// start.
    pub async fn shutdown(&self) {
        self.inner.dvr.shutdown().await;
    }

    pub(crate) fn dvr(&self) -> &Dvr {
        &self.inner.dvr
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.db
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("identity", &self.inner.identity).finish_non_exhaustive()
    }
}
