//! The certificates that accounts have registered (XEP-0257), for whatever the embedding program
//! wants them to prove.
//!
//! A certificate counts for as long as its account exists and has the credentials it had when that was
//! registered: who logs in by stolen ones leaves nothing behind when they are replaced. One
//! certificate belongs to one account, whoever came first.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest as _, Sha256};
use televisor_store::{Database, Error};
use tokio::sync::{Mutex, watch};

use crate::accounts::Accounts;
use crate::storage::certificates::{self, Added, Entry};

/// A certificate that an account has registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The account's localpart.
    pub account: String,
    /// What its owner calls the certificate.
    pub name: String,
    /// The SHA-256 of the certificate (DER).
    pub sha256: [u8; 32],
}

/// The certificates of all accounts. Cheap to clone; looking up costs a lock and no more.
#[derive(Clone)]
pub struct ClientCertificates {
    inner: Arc<Inner>,
}

struct Inner {
    store: Database,
    accounts: Arc<dyn Accounts>,
    entries: RwLock<Vec<Entry>>,
    /// Held from before a change is on disk until it is in memory.
    turn: Mutex<()>,
    changes: watch::Sender<u64>,
}

impl ClientCertificates {
    pub(crate) async fn open(store: Database, accounts: Arc<dyn Accounts>) -> Result<Self, Error> {
        let entries = RwLock::new(certificates::all(&store).await?);
        let (turn, changes) = (Mutex::default(), watch::Sender::new(0));
        let this = Self { inner: Arc::new(Inner { store, accounts, entries, turn, changes }) };
        this.tidy().await?;
        Ok(this)
    }

    /// Returns the certificates that count now, by account and name.
    #[must_use]
    pub fn list(&self) -> Vec<ClientCertificate> {
        let entries = self.entries().into_iter().filter(|entry| self.counts(entry));
        let seen =
            |Entry { account, name, sha256, .. }| ClientCertificate { account, name, sha256 };
        entries.map(seen).collect()
    }

    /// Returns the localpart of the account that has registered the certificate with this SHA-256, if
    /// it counts now.
    #[must_use]
    pub fn owner(&self, sha256: &[u8; 32]) -> Option<String> {
        let found = self.entries().into_iter().find(|entry| entry.sha256 == *sha256)?;
        self.counts(&found).then_some(found.account)
    }

    /// Tells whenever the list, or the name of an account, may have become another.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Keeps a certificate of an account.
    pub(crate) async fn add(
        &self,
        account: &str,
        name: String,
        der: Vec<u8>,
    ) -> Result<Added, Error> {
        self.tidy().await?;
        let _turn = self.inner.turn.lock().await;
        let Some(credentials) = self.credentials(account) else { return Ok(Added::NoAccount) };
        let sha256 = Sha256::digest(&der).into();
        let entry = Entry { account: account.to_owned(), name, sha256, credentials };
        let added = certificates::add(&self.inner.store, entry, der).await?;
        self.read().await?;
        Ok(added)
    }

    /// Drops a certificate of an account; returns whether there was one.
    pub(crate) async fn remove(&self, account: &str, name: &str) -> Result<bool, Error> {
        let _turn = self.inner.turn.lock().await;
        let gone = certificates::remove(&self.inner.store, account, name).await?;
        self.read().await?;
        Ok(gone)
    }

    /// Returns the names and certificates (DER) of an account, those that count.
    pub(crate) async fn of(&self, account: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
        self.tidy().await?;
        certificates::of(&self.inner.store, account).await
    }

    /// Is told, at once, that accounts came, went, or are called otherwise.
    pub(crate) fn accounts_changed(&self) {
        self.inner.changes.send_modify(|serial| *serial = serial.wrapping_add(1));
    }

    /// Drops from disk what counts no longer.
    pub(crate) async fn tidy(&self) -> Result<(), Error> {
        let _turn = self.inner.turn.lock().await;
        let gone: Vec<Entry> =
            self.entries().into_iter().filter(|entry| !self.counts(entry)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        certificates::remove_all(&self.inner.store, gone).await?;
        self.read().await
    }

    async fn read(&self) -> Result<(), Error> {
        let entries = certificates::all(&self.inner.store).await?;
        *self.inner.entries.write().unwrap_or_else(PoisonError::into_inner) = entries;
        self.accounts_changed();
        Ok(())
    }

    fn entries(&self) -> Vec<Entry> {
        self.inner.entries.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn counts(&self, entry: &Entry) -> bool {
        self.credentials(&entry.account) == Some(entry.credentials)
    }

    /// Tells the credentials of an account from those it may have later.
    fn credentials(&self, account: &str) -> Option<[u8; 32]> {
        self.inner.accounts.account(account).map(|account| account.credentials())
    }
}

impl fmt::Debug for ClientCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.entries().len();
        f.debug_struct("ClientCertificates").field("count", &count).finish_non_exhaustive()
    }
}
