//! Everything the server needs of the archive, opened together.

use televisor_clock::Clock;
use televisor_store::{Database, Error};

use crate::archive::preferences::AllPreferences;
use crate::archive::{ArchiveConfig, Journal, Names, pruning};
use crate::storage::offline::KeptCounts;

/// The archive of a running server.
#[derive(Debug)]
pub(crate) struct Archive {
    config: ArchiveConfig,
    journal: Journal,
    kept: KeptCounts,
    preferences: AllPreferences,
}

impl Archive {
    /// Reads what is to be known of the file, and starts the journal.
    pub(crate) async fn open(
        store: &Database,
        clock: Clock,
        config: ArchiveConfig,
        secret: &[u8; 32],
    ) -> Result<Self, Error> {
        let journal = Journal::open(store, clock.clone(), Names::new(secret)).await?;
        tokio::spawn(pruning::run(store.clone(), clock, config, journal.is_open()));
        Ok(Self {
            config,
            journal,
            kept: KeptCounts::open(store).await?,
            preferences: AllPreferences::open(store).await?,
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

    /// Returns whose messages accounts want archived.
    pub(crate) const fn preferences(&self) -> &AllPreferences {
        &self.preferences
    }

    /// Forgets an account that is gone, as the file has.
    pub(crate) fn forget(&self, account: &str) {
        self.kept.forget(account);
        self.preferences.forget(account);
        self.journal.forget_addresses();
    }
}
