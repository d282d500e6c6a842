//! Messages for accounts that are not available (XEP-0160), bounded in number and bytes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use televisor_store::rusqlite::Connection;
use televisor_store::{Database, Error};

use crate::archive::ArchiveId;

/// Messages kept for one account; fewer than a session's outbox takes at once.
const MESSAGES: usize = 200;

/// Bytes kept for one account.
const BYTES: usize = 1024 * 1024;

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) stanza: String,
    /// Its id in the archive, or the one it would have there; `None`: from before there was one.
    pub(crate) id: Option<ArchiveId>,
    /// Whether the account's archive has it.
    pub(crate) archived: bool,
}

/// How much waits for each account, so that nobody asks the disk in vain.
#[derive(Debug, Default)]
pub(crate) struct KeptCounts {
    counts: Mutex<HashMap<String, Count>>,
}

/// Messages and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Count {
    messages: usize,
    bytes: usize,
}

impl Count {
    /// Counts one more message.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.messages = self.messages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

impl KeptCounts {
    /// Reads how much waits.
    pub(crate) async fn open(store: &Database) -> Result<Self, Error> {
        let counts = store.read(|conn| {
            let sql =
                "SELECT account, count(*), sum(octet_length(stanza)) FROM xmpp_offline GROUP BY 1";
            let mut query = conn.prepare(sql)?;
            let rows = query.query_map([], |row| {
                let size =
                    |at| row.get(at).map(|size: u32| usize::try_from(size).unwrap_or(usize::MAX));
                Ok((row.get(0)?, Count { messages: size(1)?, bytes: size(2)? }))
            })?;
            Ok::<_, Error>(rows.collect::<Result<_, _>>()?)
        });
        Ok(Self { counts: Mutex::new(counts.await?) })
    }

    /// Takes room for one more message; returns whether there was.
    pub(crate) fn reserve(&self, account: &str, bytes: usize) -> bool {
        let mut counts = self.lock();
        let mut then = counts.get(account).copied().unwrap_or_default();
        then.add(bytes);
        let room = then.messages <= MESSAGES && then.bytes <= BYTES;
        if room {
            counts.insert(account.to_owned(), then);
        }
        room
    }

    /// Notes what waits now, whether or not there was room for it.
    pub(crate) fn add(&self, account: &str, more: Count) {
        if more.messages > 0 {
            let mut counts = self.lock();
            let count = counts.entry(account.to_owned()).or_default();
            count.messages = count.messages.saturating_add(more.messages);
            count.bytes = count.bytes.saturating_add(more.bytes);
        }
    }

    /// Whether anything waits for an account.
    pub(crate) fn has_any(&self, account: &str) -> bool {
        self.lock().contains_key(account)
    }

    /// Gives back the room of what waits no more.
    pub(crate) fn taken(&self, account: &str, taken: Count) {
        let mut counts = self.lock();
        let Some(count) = counts.get_mut(account) else { return };
        count.messages = count.messages.saturating_sub(taken.messages);
        count.bytes = count.bytes.saturating_sub(taken.bytes);
        if count.messages == 0 {
            counts.remove(account);
        }
    }

    /// Forgets an account that is gone.
    pub(crate) fn forget(&self, account: &str) {
        self.lock().remove(account);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands each message to `deliver`, oldest first, until that says no, and drops those it took; returns
/// how much that was. What `deliver` writes is in the same transaction.
///
/// All in the one writer: two resources that become available at once never get the same message.
/// What is handed over and leaves before this returns comes again after a crash before the commit.
pub(crate) async fn drain(
    store: &Database,
    account: &str,
    mut deliver: impl FnMut(&Connection, &Waiting) -> bool + Send + 'static,
) -> Result<Count, Error> {
    let account = account.to_owned();
    store
        .append(move |conn| {
            let mut taken = Count::default();
            for (row, waiting) in waiting(conn, &account)? {
                if !deliver(conn, &waiting) {
                    break;
                }
                conn.prepare_cached("DELETE FROM xmpp_offline WHERE id = ?1")?.execute([row])?;
                taken.add(waiting.stanza.len());
            }
            Ok(taken)
        })
        .await
}

/// Drops what waits for an account and is in its archive; returns how much that was.
pub(crate) async fn remove_archived(store: &Database, account: &str) -> Result<Count, Error> {
    let account = account.to_owned();
    store
        .append(move |conn| {
            let mut delete = conn.prepare_cached(
                "DELETE FROM xmpp_offline WHERE account = ?1 AND archived
                 RETURNING octet_length(stanza)",
            )?;
            let mut taken = Count::default();
            for bytes in delete.query_map([&account], |row| row.get::<_, u32>(0))? {
                taken.add(usize::try_from(bytes?).unwrap_or(usize::MAX));
            }
            Ok(taken)
        })
        .await
}

/// Drops those of these messages that wait; returns how much that was. Those that the archive does not
/// have stay, whatever their ids are.
pub(crate) async fn remove(
    store: &Database,
    account: &str,
    ids: Vec<ArchiveId>,
) -> Result<Count, Error> {
    let account = account.to_owned();
    store
        .append(move |conn| {
            let mut taken = Count::default();
            let mut delete = conn.prepare_cached(
                "DELETE FROM xmpp_offline WHERE account = ?1 AND archive_id = ?2 AND archived
                 RETURNING octet_length(stanza)",
            )?;
            for id in ids {
                let mut rows = delete.query((&account, id.number()))?;
                while let Some(row) = rows.next()? {
                    let bytes: u32 = row.get(0)?;
                    taken.add(usize::try_from(bytes).unwrap_or(usize::MAX));
                }
            }
            Ok(taken)
        })
        .await
}

/// Oldest first, in whatever order they were put in; those of before there was an archive are older.
fn waiting(conn: &Connection, account: &str) -> Result<Vec<(i64, Waiting)>, Error> {
    let mut query = conn.prepare_cached(
        "SELECT id, stanza, archive_id, archived FROM xmpp_offline WHERE account = ?1
         ORDER BY archive_id, id",
    )?;
    let rows = query.query_map([account], |row| {
        let id: Option<i64> = row.get(2)?;
        let id = id.map(ArchiveId::new);
        Ok((row.get(0)?, Waiting { stanza: row.get(1)?, id, archived: row.get(3)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tables::PART;

    fn store(folder: &tempfile::TempDir) -> Database {
        Database::open(&folder.path().join("a.db"), &[PART]).unwrap()
    }

    async fn keep(store: &Database, account: &'static str, stanza: &'static str) {
        let sql = "INSERT INTO xmpp_offline (account, stanza, archive_id) VALUES (?1, ?2, 1)";
        let kept = store.write(move |conn| Ok::<_, Error>(conn.execute(sql, [account, stanza])?));
        assert_eq!(kept.await.unwrap(), 1);
    }

    async fn drained(store: &Database) -> Vec<String> {
        let (sender, receiver) = std::sync::mpsc::channel();
        drain(store, "a", move |_, w| sender.send(w.stanza.clone()).is_ok()).await.unwrap();
        receiver.into_iter().collect()
    }

    #[tokio::test]
    async fn messages_come_out_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        keep(&store, "a", "1").await;
        keep(&store, "a", "2").await;
        keep(&store, "b", "3").await;
        assert_eq!(drained(&store).await, ["1", "2"]);
        assert_eq!(drained(&store).await, [""; 0]);
    }

    #[tokio::test]
    async fn bytes_and_messages_are_bounded() {
        let counts = KeptCounts::default();
        assert!(!counts.reserve("a", BYTES + 1));
        for _ in 0..MESSAGES {
            assert!(counts.reserve("a", 1));
        }
        assert!(!counts.reserve("a", 1));
    }

    #[tokio::test]
    async fn what_was_taken_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        keep(&store, "a", "12").await;
        let counts = KeptCounts::open(&store).await.unwrap();
        assert!(counts.has_any("a") && !counts.has_any("b"));
        counts.taken("a", drain(&store, "a", |_, _| true).await.unwrap());
        assert!(!counts.has_any("a"));
    }

    #[tokio::test]
    async fn what_was_not_taken_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        keep(&store, "a", "1").await;
        drain(&store, "a", |_, _| false).await.unwrap();
        assert_eq!(drained(&store).await, ["1"]);
    }
}
