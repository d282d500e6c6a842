//! What is too old for the archive, or too much, goes: the oldest first (XEP-0313 section 3.2), a few at a
//! time, so that no message waits for it. So do the archives of accounts that are gone.

use std::time::Duration;

use televisor_clock::Clock;
use televisor_store::rusqlite::{Connection, OptionalExtension as _};
use televisor_store::{Database, Error};
use tokio::time::sleep;

use crate::archive::{ArchiveConfig, ArchiveId};

/// Messages that go in one transaction.
const STEP: u32 = 256;

/// Pause between two of them while there is more, and when there is not.
const SOON: Duration = Duration::from_millis(50);
const LATER: Duration = Duration::from_secs(60);

/// Prunes for as long as `is_open` says so.
pub(crate) async fn run(
    store: Database,
    clock: Clock,
    config: ArchiveConfig,
    is_open: impl Fn() -> bool + Send,
) {
    let mut pause = LATER;
    loop {
        sleep(pause).await;
        if !is_open() {
            return;
        }
        let now = clock.now();
        let oldest = config.retention.and_then(|kept| now.checked_sub(kept).ok());
        let oldest = oldest.map_or(0, |oldest| ArchiveId::first_at(oldest).number());
        let most = i64::try_from(config.bytes).unwrap_or(i64::MAX);
        let pruned = store.append(move |conn| step(conn, oldest, most, STEP));
        pause = match pruned.await {
            Ok(true) => SOON,
            Ok(false) => LATER,
            Err(Error::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "old messages could not be dropped");
                LATER
            }
        };
    }
}

/// Drops a few messages; returns whether there may be more to drop.
fn step(conn: &Connection, oldest: i64, most: i64, step: u32) -> Result<bool, Error> {
    if forget(conn, step)? {
        return Ok(true);
    }
    let sql = "SELECT bytes FROM xmpp_archive_size";
    let mut bytes: i64 = conn.query_row(sql, [], |row| row.get(0))?;
    let mut query = conn.prepare_cached(
        "SELECT id, sender, recipient, length(stanza) FROM xmpp_archive_message ORDER BY id LIMIT ?1",
    )?;
    let rows = query
        .query_map([step], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?], row.get(3)?)))?;
    let rows: Vec<(i64, [Option<i64>; 2], i64)> = rows.collect::<Result<_, _>>()?;
    let full = u32::try_from(rows.len()) == Ok(step);
    for (id, accounts, length) in rows {
        if id >= oldest && bytes <= most {
            return Ok(false);
        }
        bytes = bytes.saturating_sub(length);
        for account in accounts.into_iter().flatten() {
            conn.prepare_cached("DELETE FROM xmpp_archive WHERE account = ?1 AND id = ?2")?
                .execute([account, id])?;
        }
        drop_message(conn, id, length)?;
    }
    Ok(full)
}

/// Drops a few messages of an account that is gone; returns whether there is such an account.
fn forget(conn: &Connection, step: u32) -> Result<bool, Error> {
    let sql = "SELECT id FROM xmpp_archive_address WHERE address >= 'gone ' AND address < 'gone!'";
    let Some(gone) = conn.query_row(sql, [], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(false);
    };
    let mut query =
        conn.prepare_cached("SELECT id FROM xmpp_archive WHERE account = ?1 LIMIT ?2")?;
    let ids = query.query_map((gone, step), |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    if ids.is_empty() {
        conn.execute("DELETE FROM xmpp_archive_address WHERE id = ?1", [gone])?;
    }
    for id in ids {
        conn.prepare_cached("DELETE FROM xmpp_archive WHERE account = ?1 AND id = ?2")?
            .execute([gone, id])?;
        let mut update = conn.prepare_cached(
            "UPDATE xmpp_archive_message
             SET sender = nullif(sender, ?2), recipient = nullif(recipient, ?2) WHERE id = ?1
             RETURNING coalesce(sender, recipient), length(stanza)",
        )?;
        let left: (Option<i64>, i64) =
            update.query_row([id, gone], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if left.0.is_none() {
            drop_message(conn, id, left.1)?;
        }
    }
    Ok(true)
}

fn drop_message(conn: &Connection, id: i64, length: i64) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM xmpp_archive_message WHERE id = ?1")?.execute([id])?;
    conn.prepare_cached(
        "UPDATE xmpp_archive_size SET messages = messages - 1, bytes = bytes - ?1",
    )?
    .execute([length])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::writing::{self, Addresses};
    use crate::archive::{Entry, Side};
    use crate::storage::tables::PART;

    /// A file with five messages of ten bytes from ann to bob, ids 1 to 5.
    fn filled(folder: &tempfile::TempDir) -> Connection {
        let path = folder.path().join("a.db");
        drop(Database::open(&path, &[PART]).unwrap());
        let conn = Connection::open(path).unwrap();
        let side = |account: &str, contact: &str| {
            Some(Side { account: account.to_owned(), contact: contact.to_owned(), resource: 0 })
        };
        let entry = |id| {
            let entry = Entry {
                stanza: "<message/>".into(),
                sender: side("ann", "bob@"),
                recipient: side("bob", "ann@"),
                kept: None,
            };
            (ArchiveId::new(id), entry)
        };
        let batch: Vec<_> = (1..=5).map(entry).collect();
        writing::write(&conn, &mut Addresses::default(), &batch).unwrap();
        conn
    }

    fn left(conn: &Connection) -> (i64, i64, i64) {
        let sql = "SELECT (SELECT count(*) FROM xmpp_archive),
                          (SELECT count(*) FROM xmpp_archive_message), bytes FROM xmpp_archive_size";
        conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
    }

    #[test]
    fn the_old_go_and_the_new_stay() {
        let folder = tempfile::tempdir().unwrap();
        let conn = filled(&folder);
        assert!(!step(&conn, 4, 1000, 256).unwrap());
        assert_eq!(left(&conn), (4, 2, 20));
    }

    #[test]
    fn too_much_is_dropped_from_the_oldest_on() {
        let folder = tempfile::tempdir().unwrap();
        let conn = filled(&folder);
        assert!(!step(&conn, 0, 25, 256).unwrap());
        assert_eq!(left(&conn), (4, 2, 20));
    }

    #[test]
    fn a_step_is_short_and_says_that_there_is_more() {
        let folder = tempfile::tempdir().unwrap();
        let conn = filled(&folder);
        assert!(step(&conn, 100, 1000, 2).unwrap());
        assert_eq!(left(&conn), (6, 3, 30));
    }

    #[test]
    fn what_an_account_that_is_gone_shared_stays_with_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let conn = filled(&folder);
        conn.execute(writing::FORGET, ["ann"]).unwrap();
        while forget(&conn, 2).unwrap() {}
        assert_eq!(left(&conn), (5, 5, 50));
    }
}
