//! Whom accounts have blocked, and what they report of it (XEP-0191, XEP-0377).

use std::collections::BTreeSet;

use televisor_store::rusqlite::Connection;
use televisor_store::{Database, Error};

/// Addresses about which reports are counted; those not reported for the longest time go first.
const REPORTED: i64 = 256;

/// Returns all that is blocked: accounts with addresses.
pub(crate) async fn all(store: &Database) -> Result<Vec<(String, String)>, Error> {
    store
        .read(|conn| {
            let mut query = conn.prepare("SELECT account, jid FROM xmpp_blocked")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
}

/// Adds to an account's list, if it then has at most so many; returns the list as it is now, `None` if
/// there was no room.
pub(crate) async fn block(
    store: &Database,
    account: &str,
    jids: Vec<String>,
    most: usize,
) -> Result<Option<BTreeSet<String>>, Error> {
    let account = account.to_owned();
    store
        .append(move |conn| {
            let mut list = list(conn, &account)?;
            list.extend(jids.iter().cloned());
            if list.len() > most {
                return Ok(None);
            }
            for jid in jids {
                conn.execute(
                    "INSERT OR IGNORE INTO xmpp_blocked VALUES (?1, ?2)",
                    (&account, jid),
                )?;
            }
            Ok(Some(list))
        })
        .await
}

/// Takes from an account's list, or all of it if nothing is named; returns the list as it is now.
pub(crate) async fn unblock(
    store: &Database,
    account: &str,
    jids: Vec<String>,
) -> Result<BTreeSet<String>, Error> {
    let account = account.to_owned();
    store
        .append(move |conn| {
            if jids.is_empty() {
                conn.execute("DELETE FROM xmpp_blocked WHERE account = ?1", [&account])?;
            }
            for jid in jids {
                let sql = "DELETE FROM xmpp_blocked WHERE account = ?1 AND jid = ?2";
                conn.execute(sql, (&account, jid))?;
            }
            list(conn, &account)
        })
        .await
}

/// Counts a report about an address.
pub(crate) async fn report(
    store: &Database,
    jid: String,
    reason: &'static str,
    at: String,
) -> Result<(), Error> {
    store
        .append(move |conn| {
            conn.execute(
                "INSERT INTO xmpp_report VALUES (?1, ?2, 1, ?3)
                 ON CONFLICT (jid, reason) DO UPDATE SET times = times + 1, last = ?3",
                (jid, reason, at),
            )?;
            conn.execute(
                "DELETE FROM xmpp_report WHERE rowid NOT IN
                    (SELECT rowid FROM xmpp_report ORDER BY last DESC LIMIT ?1)",
                [REPORTED],
            )?;
            Ok(())
        })
        .await
}

fn list(conn: &Connection, account: &str) -> Result<BTreeSet<String>, Error> {
    let mut query = conn.prepare_cached("SELECT jid FROM xmpp_blocked WHERE account = ?1")?;
    let rows = query.query_map([account], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
