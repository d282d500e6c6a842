//! Everything the server needs of the archive, opened together.

use televisor_clock::Clock;
use televisor_store::{Database, Error};

use crate::archive::{ArchiveConfig, Journal, Names};
use crate::storage::offline::KeptCounts;

/// The archive of a running server.
#[derive(Debug)]
pub(crate) struct Archive {
    config: ArchiveConfig,
    journal: Journal,
    kept: KeptCounts,
}

impl Archive {
    /// Reads what is to be known of the file, and starts the journal.
    pub(crate) async fn open(
        store: &Database,
        clock: Clock,
        config: ArchiveConfig,
        secret: &[u8; 32],
    ) -> Result<Self, Error> {
        Ok(Self {
            config,
            journal: Journal::open(store, clock, Names::new(secret)).await?,
            kept: KeptCounts::open(store).await?,
        })
    }

    /// Whether messages are archived at all.
    pub(crate) const fn is_on(&self) -> bool {
        self.config.retention.is_some()
    }

    pub(crate) const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Returns how much waits for accounts that are not there.
    pub(crate) const fn kept(&self) -> &KeptCounts {
        &self.kept
    }
}
