//! XEP-0441: with whom an account wants its messages archived.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use televisor_store::{Database, Error};
use televisor_xmpp::jid::Jid;

/// Between addresses in one column; no address can hold it.
const SEPARATOR: &str = "\n";

/// What becomes of messages with those who are on neither list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fallback {
    /// They are archived.
    #[default]
    Always,
    /// They are not.
    Never,
    /// They are if the other end is on the roster.
    Roster,
}

impl Fallback {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Roster => "roster",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Always, Self::Never, Self::Roster].into_iter().find(|known| known.as_str() == text)
    }
}

/// One account's preferences.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Preferences {
    pub(crate) fallback: Fallback,
    pub(crate) always: BTreeSet<String>,
    pub(crate) never: BTreeSet<String>,
}

impl Preferences {
    /// Decides on messages with an address.
    pub(crate) fn of(&self, contact: &Jid) -> Fallback {
        let (full, bare) = (contact.to_string(), contact.bare().to_string());
        let is_in = |list: &BTreeSet<String>| list.contains(&full) || list.contains(&bare);
        if is_in(&self.never) {
            Fallback::Never
        } else if is_in(&self.always) {
            Fallback::Always
        } else {
            self.fallback
        }
    }
}

/// Everybody's, in memory as on disk.
#[derive(Debug, Default)]
pub(crate) struct AllPreferences {
    known: RwLock<HashMap<String, Preferences>>,
    /// Whether there are any: most accounts leave it at archiving everything.
    any: AtomicBool,
}

impl AllPreferences {
    /// Reads them.
    pub(crate) async fn open(store: &Database) -> Result<Self, Error> {
        let known = store.read(|conn| {
            let sql = "SELECT account, fallback, always, never FROM xmpp_archive_preferences";
            let mut query = conn.prepare(sql)?;
            let list = |text: String| {
                let entries = text.split(SEPARATOR).filter(|entry| !entry.is_empty());
                entries.map(str::to_owned).collect()
            };
            let rows = query.query_map([], |row| {
                let fallback = Fallback::parse(&row.get::<_, String>(1)?).unwrap_or_default();
                let (always, never) = (list(row.get(2)?), list(row.get(3)?));
                Ok((row.get(0)?, Preferences { fallback, always, never }))
            })?;
            Ok::<HashMap<_, _>, Error>(rows.collect::<Result<_, _>>()?)
        });
        let known = known.await?;
        Ok(Self { any: AtomicBool::new(!known.is_empty()), known: RwLock::new(known) })
    }

    /// Returns an account's.
    pub(crate) fn of(&self, account: &str) -> Preferences {
        if !self.any.load(Ordering::Acquire) {
            return Preferences::default();
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(account).cloned().unwrap_or_default()
    }

    /// Decides on messages of an account with an address.
    pub(crate) fn decide(&self, account: &str, contact: &Jid) -> Fallback {
        if !self.any.load(Ordering::Acquire) {
            return Fallback::Always;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(account).map_or(Fallback::Always, |preferences| preferences.of(contact))
    }

    /// Changes an account's, on disk first.
    pub(crate) async fn set(
        &self,
        store: &Database,
        account: &str,
        now: Preferences,
    ) -> Result<(), Error> {
        let (name, written) = (account.to_owned(), now.clone());
        store
            .append(move |conn| {
                let list = |list: BTreeSet<String>| Vec::from_iter(list).join(SEPARATOR);
                conn.execute(
                    "INSERT OR REPLACE INTO xmpp_archive_preferences VALUES (?1, ?2, ?3, ?4)",
                    (name, written.fallback.as_str(), list(written.always), list(written.never)),
                )?;
                Ok::<_, Error>(())
            })
            .await?;
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned(), now);
        self.any.store(true, Ordering::Release);
        Ok(())
    }

    /// Forgets an account that is gone.
    pub(crate) fn forget(&self, account: &str) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(list: &str, contact: &str) -> Fallback {
        let never = BTreeSet::from([list.to_owned()]);
        Preferences { never, ..Preferences::default() }.of(&contact.parse().unwrap())
    }

    #[test]
    fn a_bare_entry_is_for_all_resources_and_a_full_one_for_itself() {
        assert_eq!(decide("joe@a.example", "joe@a.example/phone"), Fallback::Never);
        assert_eq!(decide("joe@a.example/phone", "joe@a.example/phone"), Fallback::Never);
        assert_eq!(decide("joe@a.example/phone", "joe@a.example"), Fallback::Always);
    }
}
