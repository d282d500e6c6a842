//! Whom accounts have blocked (XEP-0191), in memory as it is on disk: every stanza may ask.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use televisor_store::{Database, Error};
use televisor_xmpp::jid::Jid;
use tokio::sync::{Mutex, MutexGuard};

use crate::storage::blocking;

/// Addresses that one account may block.
pub(crate) const MOST: usize = 1000;

/// Everybody's lists, by account.
#[derive(Debug, Default)]
pub(crate) struct Blocklists {
    lists: RwLock<HashMap<String, BTreeSet<String>>>,
    /// Whether there is any: most households block nobody.
    any: AtomicBool,
    /// The turn of whoever changes one.
    turn: Mutex<()>,
}

impl Blocklists {
    /// Reads them.
    pub(crate) async fn open(store: &Database) -> Result<Self, Error> {
        let mut lists: HashMap<String, BTreeSet<String>> = HashMap::new();
        for (account, blocked) in blocking::all(store).await? {
            lists.entry(account).or_default().insert(blocked);
        }
        let any = AtomicBool::new(!lists.is_empty());
        Ok(Self { any, lists: RwLock::new(lists), turn: Mutex::default() })
    }

    /// Waits for one's turn to change a list, on disk and then here: of two changes at once, the later
    /// on disk would not be the later here.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Whether anybody blocks anybody.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Returns whom an account blocks.
    pub(crate) fn of(&self, account: &str) -> BTreeSet<String> {
        self.read().get(account).cloned().unwrap_or_default()
    }

    /// Whether an account blocks an address (section 5).
    pub(crate) fn blocks(&self, account: &str, address: &Jid) -> bool {
        self.any() && self.read().get(account).is_some_and(|list| is_in(list, address))
    }

    /// Replaces an account's list by what it is on disk.
    pub(crate) fn set(&self, account: &str, list: BTreeSet<String>) {
        let mut lists = self.write();
        if list.is_empty() {
            lists.remove(account);
        } else {
            lists.insert(account.to_owned(), list);
        }
        self.any.store(!lists.is_empty(), Ordering::Release);
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, BTreeSet<String>>> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, BTreeSet<String>>> {
        self.lists.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Section 5: an entry is an address, or all resources of it, or all addresses of a domain.
pub(crate) fn is_in(list: &BTreeSet<String>, address: &Jid) -> bool {
    list.contains(&address.to_string())
        || list.contains(&address.bare().to_string())
        || list.contains(address.domainpart().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_blocked(entry: &str, address: &str) -> bool {
        is_in(&BTreeSet::from([entry.to_owned()]), &address.parse().unwrap())
    }

    #[test]
    fn entries_match_as_section_5_says() {
        assert!(is_blocked("joe@a.example/r", "joe@a.example/r"));
        assert!(!is_blocked("joe@a.example/r", "joe@a.example"));
        assert!(!is_blocked("joe@a.example/r", "joe@a.example/s"));
        assert!(is_blocked("joe@a.example", "joe@a.example/s"));
        assert!(is_blocked("a.example/r", "a.example/r"));
        assert!(!is_blocked("a.example/r", "joe@a.example/r"));
        for address in ["a.example", "a.example/r", "joe@a.example", "joe@a.example/r"] {
            assert!(is_blocked("a.example", address));
        }
        assert!(!is_blocked("a.example", "joe@b.a.example"));
    }
}
