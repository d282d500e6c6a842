//! The handle: opening, importing, the line-up.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use televisor_clock::Clock;
use televisor_model::Channel;
use televisor_store::Database;
use tokio::sync::watch;

use crate::{Config, Error};

/// A channel as a guide names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideChannel {
    /// The guide's id.
    pub id: String,
    /// Its names, best first.
    pub names: Vec<String>,
}

/// What an import brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Imported {
    /// Channels in the source.
    pub channels: usize,
    /// Events stored.
    pub events: usize,
    /// Programmes that could not be used: no channel, title or time.
    pub skipped: usize,
}

/// The guide, cheap to clone. Its refreshing ends with the last handle.
#[derive(Debug, Clone)]
pub struct Guide {
    pub(crate) db: Database,
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    updates: watch::Sender<u64>,
}

impl Guide {
    /// Opens `guide.db` at `path`, or makes it anew, and begins to refresh it from its sources.
    ///
    /// Returns before the first refresh is done. Must be called within a runtime.
    ///
    /// # Errors
    /// [`Error::Store`] if not even a new file can be made.
    pub async fn open(path: &Path, config: Config, clock: Clock) -> Result<Self, Error> {
        let _ = (config, clock);
        let db = Database::open(path, &[])?;
        Ok(Self { db, shared: Arc::new(Shared { updates: watch::Sender::new(0) }) })
    }

    /// Replaces what is known from `source` by the XMLTV (plain, gzip or xz) that `reader` gives.
    ///
    /// Readers see the old events until the new ones are all there.
    ///
    /// # Errors
    /// [`Error::Format`] if it is no XMLTV (the old events stay), [`Error::Store`] if it cannot be kept.
    pub async fn import<R: Read + Send + 'static>(
        &self,
        source: &str,
        reader: R,
    ) -> Result<Imported, Error> {
        let _ = (source, reader, &self.db);
        Ok(Imported::default())
    }

    /// Says which channels the household has; events of others are kept but not shown.
    ///
    /// A channel's events are those of its `guide_id`, else of the guide channel that has its id,
    /// else of one that has its name.
    pub fn set_line_up(&self, channels: &[Channel]) {
        let _ = channels;
    }

    /// Returns the channels that the guide has events of.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn channels(&self) -> Result<Vec<GuideChannel>, Error> {
        Ok(Vec::new())
    }

    /// Tells of new events: the number grows with every change.
    #[must_use]
    pub fn updates(&self) -> watch::Receiver<u64> {
        self.shared.updates.subscribe()
    }
}
