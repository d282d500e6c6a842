//! Messages for accounts that are not available (XEP-0160), bounded in number and bytes.

use televisor_store::{Database, Error};

/// Messages kept for one account; fewer than a session's outbox takes at once.
const MESSAGES: i64 = 200;

/// Bytes kept for one account.
const BYTES: i64 = 1024 * 1024;

/// Keeps one message; returns whether there was room. On disk when it returns.
pub(crate) async fn keep(store: &Database, account: &str, stanza: String) -> Result<bool, Error> {
    let account = account.to_owned();
    store
        .write(move |conn| {
            let (count, bytes): (i64, i64) = conn.query_row(
                "SELECT count(*), coalesce(sum(length(CAST(stanza AS BLOB))), 0)
                 FROM xmpp_offline WHERE account = ?1",
                [&account],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let more = i64::try_from(stanza.len()).unwrap_or(i64::MAX);
            if count >= MESSAGES || bytes.saturating_add(more) > BYTES {
                return Ok(false);
            }
            conn.execute(
                "INSERT INTO xmpp_offline (account, stanza) VALUES (?1, ?2)",
                (account, stanza),
            )?;
            Ok(true)
        })
        .await
}

/// Hands each message to `deliver`, oldest first, until that says no, and drops those it took.
///
/// All in the one writer: two resources that become available at once never get the same message,
/// and a crash before the commit delivers it again rather than never.
pub(crate) async fn drain(
    store: &Database,
    account: &str,
    mut deliver: impl FnMut(&str) -> bool + Send + 'static,
) -> Result<(), Error> {
    let account = account.to_owned();
    store
        .write(move |conn| {
            let waiting: Vec<(i64, String)> = conn
                .prepare_cached(
                    "SELECT id, stanza FROM xmpp_offline WHERE account = ?1 ORDER BY id",
                )?
                .query_map([&account], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            for (id, stanza) in waiting {
                if !deliver(&stanza) {
                    break;
                }
                conn.execute("DELETE FROM xmpp_offline WHERE id = ?1", [id])?;
            }
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tables::PART;

    fn store(folder: &tempfile::TempDir) -> Database {
        Database::open(&folder.path().join("a.db"), &[PART]).unwrap()
    }

    async fn drained(store: &Database) -> Vec<String> {
        let (sender, receiver) = std::sync::mpsc::channel();
        drain(store, "a", move |text| sender.send(text.to_owned()).is_ok()).await.unwrap();
        receiver.into_iter().collect()
    }

    #[tokio::test]
    async fn messages_come_out_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        for text in ["1", "2"] {
            assert!(keep(&store, "a", text.to_owned()).await.unwrap());
        }
        assert!(keep(&store, "b", "3".to_owned()).await.unwrap());
        assert_eq!(drained(&store).await, ["1", "2"]);
        assert_eq!(drained(&store).await, [""; 0]);
    }

    #[tokio::test]
    async fn bytes_and_messages_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        assert!(!keep(&store, "a", "x".repeat(1024 * 1024 + 1)).await.unwrap());
        for _ in 0..MESSAGES {
            assert!(keep(&store, "a", "x".to_owned()).await.unwrap());
        }
        assert!(!keep(&store, "a", "x".to_owned()).await.unwrap());
    }

    #[tokio::test]
    async fn what_was_not_taken_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        assert!(keep(&store, "a", "1".to_owned()).await.unwrap());
        drain(&store, "a", |_| false).await.unwrap();
        assert_eq!(drained(&store).await, ["1"]);
    }
}
