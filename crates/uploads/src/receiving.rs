//! A file on its way in: written aside, and under its name only when it is whole and on disk.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::error::Error;
use crate::ledger::{self, Entry};
use crate::uploads::Shared;

/// How long filling a slot may take: the largest file on a slow line.
const FILLING: SignedDuration = SignedDuration::from_hours(1);

/// Fills a slot. Dropped before [`Receiving::finish`], it leaves the slot empty.
#[derive(Debug)]
pub struct Receiving {
    shared: Arc<Shared>,
    entry: Entry,
    file: Option<File>,
    came: u64,
}

impl Receiving {
    pub(crate) async fn begin(shared: Arc<Shared>, entry: Entry) -> Result<Self, Error> {
        let mut receiving = Self { shared, entry, file: None, came: 0 };
        let Shared { store, clock, .. } = &*receiving.shared;
        let until = clock.now().checked_add(FILLING).unwrap_or(Timestamp::MAX);
        ledger::prolong(store, &receiving.entry.token, until).await?;
        receiving.file = Some(File::create(receiving.shared.part(&receiving.entry.token)).await?);
        Ok(receiving)
    }

    /// Returns how many bytes were promised.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.entry.size
    }

    /// Returns what the file was said to be.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.entry.content_type.as_deref()
    }

    /// Takes more of it.
    ///
    /// # Errors
    /// [`Error::Size`] if that is more than was promised; [`Error::Disk`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.came = self.came.saturating_add(more);
        if self.came > self.entry.size {
            return Err(self.wrong_size());
        }
        let file = self.file.as_mut().ok_or(Error::Taken)?;
        Ok(file.write_all(bytes).await?)
    }

    /// Keeps it: when this returns, it is on disk.
    ///
    /// # Errors
    /// [`Error::Size`] if it is less than was promised; [`Error::Unknown`] if the slot has ended
    /// meanwhile; [`Error::Disk`] or [`Error::Store`].
    pub async fn finish(mut self) -> Result<(), Error> {
        if self.came != self.entry.size {
            return Err(self.wrong_size());
        }
        let mut file = self.file.take().ok_or(Error::Taken)?;
        file.flush().await?;
        file.sync_all().await?;
        drop(file);
        let token = &self.entry.token;
        tokio::fs::rename(self.shared.part(token), self.shared.path(token)).await?;
        // The name, too, must survive a power cut before anybody is told of it.
        File::open(&self.shared.folder).await?.sync_all().await?;
        if !ledger::stored(&self.shared.store, token).await? {
            // What cannot be removed now is swept away later.
            drop(tokio::fs::remove_file(self.shared.path(token)).await);
            return Err(Error::Unknown);
        }
        Ok(())
    }

    const fn wrong_size(&self) -> Error {
        Error::Size { promised: self.entry.size, came: self.came }
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let token = &self.entry.token;
        // After `finish` there is none; what cannot be removed now is swept away later.
        drop(std::fs::remove_file(self.shared.part(token)));
        self.shared.leave(token);
    }
}
