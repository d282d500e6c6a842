//! What rosters hold about senders elsewhere, remembered until anything at all is written, so that a
//! stanza from another server costs no reading as a rule.

use televisor_store::{Database, Error};

use crate::remembered::Remembered;
use crate::storage::roster;
use crate::subscription::Subscription;

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
    pairs: Remembered<(String, String), Option<Held>>,
}

impl Standings {
    /// Returns what the roster of `account` holds about the bare address `contact`.
    pub(crate) async fn of(
        &self,
        store: &Database,
        account: &str,
        contact: &str,
    ) -> Result<Option<Held>, Error> {
        let find = async {
            let entry = roster::find(store, account, contact).await?;
            Ok(entry.map(|entry| Held { state: entry.state, wanted: entry.is_wanted() }))
        };
        self.pairs.answer(store, (account.to_owned(), contact.to_owned()), find).await
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
