//! What rosters hold about senders elsewhere, remembered until anything at all is written, so that a
//! stanza from another server costs no reading as a rule.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use televisor_store::{Database, Error};

use crate::storage::roster;
use crate::subscription::Subscription;

/// Pairs remembered; more of them than a household has contacts.
const PAIRS: usize = 1024;

/// What a roster holds about a contact, as far as delivery asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) state: Subscription,
    /// Whether there is more to it than a request of the contact's.
    pub(crate) wanted: bool,
}

/// The rosters as they were at one version of the database, as far as they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Standings {
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    version: u64,
    pairs: HashMap<(String, String), Option<Held>>,
}

impl Standings {
    /// Returns what the roster of `account` holds about the bare address `contact`.
    pub(crate) async fn of(
        &self,
        store: &Database,
        account: &str,
        contact: &str,
    ) -> Result<Option<Held>, Error> {
        // Asked for before reading: what is written meanwhile makes the answer an old one.
        let version = store.version();
        let pair = (account.to_owned(), contact.to_owned());
        if let Some(held) = self.at(version).pairs.get(&pair) {
            return Ok(*held);
        }
        let entry = roster::find(store, account, contact).await?;
        let held = entry.map(|entry| Held { state: entry.state, wanted: entry.is_wanted() });
        let mut read = self.at(version);
        if read.version == version {
            if read.pairs.len() >= PAIRS {
                read.pairs.clear();
            }
            read.pairs.insert(pair, held);
        }
        Ok(held)
    }

    /// What was read at this version; at a later one, if somebody is further already.
    fn at(&self, version: u64) -> MutexGuard<'_, Read> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.version < version {
            read.pairs.clear();
            read.version = version;
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage;

    #[tokio::test]
    async fn a_change_of_the_roster_is_seen_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("a.db"), &[storage::tables::PART]).unwrap();
        let standings = Standings::default();
        let joe = "joe@example.org";
        assert_eq!(standings.of(&store, "tv", joe).await.unwrap(), None);
        for state in [Subscription::Both, Subscription::None] {
            let change = move |entry: &mut roster::Entry| {
                entry.state = state;
                entry.listed = true;
            };
            roster::change(&store, "tv", joe, change).await.unwrap();
            let held = Some(Held { state, wanted: true });
            assert_eq!(standings.of(&store, "tv", joe).await.unwrap(), held);
            assert_eq!(standings.of(&store, "tv", joe).await.unwrap(), held);
        }
    }
}
