//! The handle, its parts, its life.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use televisor_clock::Clock;
use televisor_dvr::Dvr;
use televisor_guide::Guide;
use televisor_model::Change;
use televisor_store::Database;
use televisor_tuner::Tuner;
use tokio::sync::{broadcast, watch};

use crate::changes::{Relay, Titles};
use crate::inputs::TunerInputs;
use crate::{Error, Household, Identity};

/// Changes that a slow listener may fall behind; it is told when it has.
const CHANGES: usize = 512;

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
    /// The programme guide.
    pub guide: Guide,
    /// The inputs.
    pub tuner: Tuner,
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
    guide: Guide,
    tuner: Tuner,
    titles: Titles,
    going_down: watch::Sender<bool>,
    changes: broadcast::Sender<Change>,
}

impl Receiver {
    /// Puts a receiver together and starts its workers.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::Dvr`] if the recordings folder cannot be used.
    pub async fn open(parts: Parts) -> Result<Self, Error> {
        let Parts { config, data_dir, db, clock, guide, tuner } = parts;
        let changes = broadcast::channel(CHANGES).0;
        let identity = Identity::open(&db, config.name.as_deref()).await?;
        let household = Household::open(db.clone(), clock.clone(), changes.clone()).await?;
        guide.set_line_up(&tuner.channels().borrow().clone());
        let inputs = Arc::new(TunerInputs(tuner.clone()));
        let dvr =
            Dvr::open(&config.recordings, &data_dir, db.clone(), inputs, clock.clone()).await?;
        let titles = Titles::default();
        let (going_down, told) = watch::channel(false);
        let relay = Relay {
            clock: clock.clone(),
            guide: guide.clone(),
            tuner: tuner.clone(),
            household: household.clone(),
            titles: Arc::clone(&titles),
            changes: changes.clone(),
        };
        tokio::spawn(relay.run(dvr.clone(), told));
        let inner = Inner {
            clock,
            db,
            identity,
            household,
            dvr,
            guide,
            tuner,
            titles,
            going_down,
            changes,
        };
        Ok(Self { inner: Arc::new(inner) })
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
        self.inner.going_down.send_replace(true);
    }

    /// Returns the inputs, for whoever streams live.
    #[must_use]
    pub fn tuner(&self) -> &Tuner {
        &self.inner.tuner
    }

    pub(crate) fn guide(&self) -> &Guide {
        &self.inner.guide
    }

    pub(crate) fn titles(&self) -> &Titles {
        &self.inner.titles
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
