//! The handle: promising a slot, filling it, finding what is in it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use televisor_clock::Clock;
use televisor_store::Database;
use tokio::fs::File;

use crate::config::Config;
use crate::error::{Error, Refused};
use crate::ledger::{self, Bounds, Entry};
use crate::name;
use crate::receiving::Receiving;
use crate::tidy;

/// How long a slot waits to be filled: XEP-0363 recommends around 300 seconds.
const SLOT: SignedDuration = SignedDuration::from_secs(300);

/// Slots of one account that may wait at a time.
const SLOTS: usize = 32;

/// The most bytes of a content type.
const CONTENT_TYPE: usize = 128;

/// The files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Uploads {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) store: Database,
    pub(crate) clock: Clock,
    config: Config,
    /// Slots that are being filled.
    filling: Mutex<HashSet<String>>,
}

/// What somebody wants to hand in.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Whose it is.
    pub account: &'a str,
    /// The file's name.
    pub name: &'a str,
    /// Its bytes.
    pub size: u64,
    /// What it says it is.
    pub content_type: Option<&'a str>,
    /// When it must be gone, if that is sooner than usual.
    pub gone_by: Option<Timestamp>,
}

/// A file that is there.
#[derive(Debug)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// What it was said to be.
    pub content_type: Option<String>,
    /// When it will be gone.
    pub until: Timestamp,
    /// The file itself, open.
    pub file: File,
}

impl Uploads {
    /// Opens the folder `uploads` in `data_dir`, and keeps it tidy as long as a handle is left; must
    /// run inside tokio. The database was opened with [`PART`](crate::PART).
    ///
    /// # Errors
    /// [`Error::Disk`] if the folder cannot be had.
    pub fn open(
        data_dir: &Path,
        store: Database,
        clock: Clock,
        config: Config,
    ) -> Result<Self, Error> {
        let folder = data_dir.join("uploads");
        std::fs::create_dir_all(&folder)?;
        let shared = Shared { folder, store, clock, config, filling: Mutex::default() };
        let shared = Arc::new(shared);
        tokio::spawn(tidy::run(Arc::downgrade(&shared)));
        Ok(Self { shared })
    }

    /// Returns the most bytes of one file.
    #[must_use]
    pub fn max_file_size(&self) -> u64 {
        self.shared.config.max_file_size.0
    }

    /// Promises a slot: returns its token, which nobody can guess.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Store`] or [`Error::Random`].
    pub async fn slot(&self, wanted: Wanted<'_>) -> Result<String, Error> {
        let Shared { config, clock, store, .. } = &*self.shared;
        if wanted.size > config.max_file_size.0 {
            return Err(Refused::TooLarge { most: config.max_file_size.0 }.into());
        }
        let now = clock.now();
        let after = |time: SignedDuration| now.checked_add(time).unwrap_or(Timestamp::MAX);
        let kept_until = after(config.keep);
        let kept_until = wanted.gone_by.map_or(kept_until, |gone_by| gone_by.min(kept_until));
        let token = token()?;
        let entry = Entry {
            token: token.clone(),
            account: wanted.account.to_owned(),
            name: name::clean(wanted.name),
            size: wanted.size,
            content_type: wanted.content_type.and_then(content_type),
            stored: false,
            ends: after(SLOT).min(kept_until),
            kept_until,
        };
        let bounds = Bounds { account: config.quota.0, total: config.total.0, slots: SLOTS };
        let added = ledger::add(store, entry, bounds, now).await?;
        added.map_err(|again| Refused::Full { again })?;
        Ok(token)
    }

    /// Begins to fill a slot.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none of this token and name, or its time is over;
    /// [`Error::Taken`] if it is filled or being filled; [`Error::Disk`].
    pub async fn receive(&self, token: &str, name: &str) -> Result<Receiving, Error> {
        let entry = self.entry(token, name).await?;
        if entry.stored || !self.shared.lock().insert(entry.token.clone()) {
            return Err(Error::Taken);
        }
        // From here on whoever leaves gives the slot back.
        Receiving::begin(Arc::clone(&self.shared), entry).await
    }

    /// Returns a file that is there.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none of this token and name; [`Error::Disk`].
    pub async fn find(&self, token: &str, name: &str) -> Result<Kept, Error> {
        let entry = self.entry(token, name).await?;
        if !entry.stored {
            return Err(Error::Unknown);
        }
        let file = File::open(self.shared.path(&entry.token)).await?;
        let Entry { name, size, content_type, ends, .. } = entry;
        Ok(Kept { name, size, content_type, until: ends, file })
    }

    /// Keeps a file of our own, such as a picture that the receiver made; returns its token. It counts
    /// as every other.
    ///
    /// # Errors
    /// As [`Uploads::slot`] and [`Uploads::receive`].
    pub async fn put(&self, wanted: Wanted<'_>, bytes: &[u8]) -> Result<String, Error> {
        let name = name::clean(wanted.name);
        let token = self.slot(wanted).await?;
        let mut receiving = self.receive(&token, &name).await?;
        receiving.write(bytes).await?;
        receiving.finish().await?;
        Ok(token)
    }

    /// Returns the accounts that have handed something in, or are about to.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn accounts(&self) -> Result<Vec<String>, Error> {
        Ok(ledger::accounts(&self.shared.store).await?)
    }

    /// Drops all that an account has handed in, and its slots: when this returns, nobody finds any of
    /// it, a power cut or not.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn forget(&self, account: &str) -> Result<(), Error> {
        for token in ledger::forget(&self.shared.store, account).await? {
            // A slot has no file; what cannot be removed now is swept away later.
            drop(tokio::fs::remove_file(self.shared.path(&token)).await);
        }
        Ok(())
    }

    async fn entry(&self, token: &str, name: &str) -> Result<Entry, Error> {
        let found = ledger::find(&self.shared.store, token, self.shared.clock.now()).await?;
        found.filter(|entry| entry.name == name).ok_or(Error::Unknown)
    }
}

impl Shared {
    /// Where a file is. Tokens are our own: they lead nowhere else.
    pub(crate) fn path(&self, token: &str) -> PathBuf {
        self.folder.join(token)
    }

    /// Where a file is that is on its way in.
    pub(crate) fn part(&self, token: &str) -> PathBuf {
        self.folder.join(format!("{token}.part"))
    }

    /// Gives a slot back that was being filled.
    pub(crate) fn leave(&self, token: &str) {
        self.lock().remove(token);
    }

    pub(crate) fn is_filling(&self, token: &str) -> bool {
        self.lock().contains(token)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.filling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token() -> Result<String, Error> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// Returns a content type that can stand in a header.
fn content_type(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.len() <= CONTENT_TYPE && text.contains('/');
    let plain = text.bytes().all(|b| (b' '..=b'~').contains(&b));
    (fits && plain).then(|| text.to_owned())
}
