//! Devices that have asked to be woken (XEP-0357): by which app server, and how.

use televisor_store::rusqlite::Row;
use televisor_store::{Database, Error};

/// Registrations of one account: more than a person has devices.
const REGISTRATIONS: i64 = 16;

/// One registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registration {
    /// The app server.
    pub(crate) jid: String,
    /// The node there; empty if there is none.
    pub(crate) node: String,
    /// The form to publish with, as XML.
    pub(crate) options: Option<String>,
    /// The resource of the session that registered.
    pub(crate) resource: String,
}

/// Keeps a registration, instead of one with the same app server and node; returns whether there was
/// room.
pub(crate) async fn set(store: &Database, account: &str, new: Registration) -> Result<bool, Error> {
    let account = account.to_owned();
    store
        .write(move |conn| {
            let others: i64 = conn.query_row(
                "SELECT count(*) FROM xmpp_push
                 WHERE account = ?1 AND NOT (jid = ?2 AND node = ?3)",
                (&account, &new.jid, &new.node),
                |row| row.get(0),
            )?;
            if others >= REGISTRATIONS {
                return Ok(false);
            }
            conn.execute(
                "INSERT OR REPLACE INTO xmpp_push VALUES (?1, ?2, ?3, ?4, ?5, 0)",
                (&account, &new.jid, &new.node, &new.options, &new.resource),
            )?;
            Ok(true)
        })
        .await
}

/// Forgets the registrations with an app server, or the one with this node there.
pub(crate) async fn remove(
    store: &Database,
    account: &str,
    jid: &str,
    node: Option<&str>,
) -> Result<(), Error> {
    let (account, jid, node) = (account.to_owned(), jid.to_owned(), node.map(str::to_owned));
    store
        .write(move |conn| {
            conn.execute(
                "DELETE FROM xmpp_push
                 WHERE account = ?1 AND jid = ?2 AND (?3 IS NULL OR node = ?3)",
                (account, jid, node),
            )?;
            Ok(())
        })
        .await
}

/// Returns an account's registrations.
pub(crate) async fn all(store: &Database, account: &str) -> Result<Vec<Registration>, Error> {
    let account = account.to_owned();
    store
        .read(move |conn| {
            let mut query = conn.prepare_cached(
                "SELECT jid, node, options, resource FROM xmpp_push
                 WHERE account = ?1 ORDER BY jid, node",
            )?;
            Ok(query.query_map([account], registration)?.collect::<Result<_, _>>()?)
        })
        .await
}

fn registration(row: &Row<'_>) -> televisor_store::rusqlite::Result<Registration> {
    Ok(Registration {
        jid: row.get(0)?,
        node: row.get(1)?,
        options: row.get(2)?,
        resource: row.get(3)?,
    })
}

/// Notes that an app server took a notice.
pub(crate) async fn succeeded(
    store: &Database,
    account: &str,
    jid: &str,
    node: &str,
) -> Result<(), Error> {
    let key = [account, jid, node].map(str::to_owned);
    // Nearly always there is nothing to note.
    let failed = {
        let key = key.clone();
        store.read(move |conn| {
            let mut query = conn.prepare_cached(
                "SELECT count(*) FROM xmpp_push
                 WHERE account = ?1 AND jid = ?2 AND node = ?3 AND failures > 0",
            )?;
            Ok::<i64, Error>(query.query_row(key, |row| row.get(0))?)
        })
    };
    if failed.await? == 0 {
        return Ok(());
    }
    store
        .write(move |conn| {
            conn.execute(
                "UPDATE xmpp_push SET failures = 0
                 WHERE account = ?1 AND jid = ?2 AND node = ?3",
                key,
            )?;
            Ok(())
        })
        .await
}

/// Notes that an app server did not take a notice; forgets the registration when that was the last of
/// `most` times in a row, and returns whether it did.
pub(crate) async fn failed(
    store: &Database,
    account: &str,
    jid: &str,
    node: &str,
    most: u32,
) -> Result<bool, Error> {
    let key = [account, jid, node].map(str::to_owned);
    store
        .write(move |conn| {
            conn.execute(
                "UPDATE xmpp_push SET failures = failures + 1
                 WHERE account = ?1 AND jid = ?2 AND node = ?3",
                key.clone(),
            )?;
            let [account, jid, node] = key;
            let gone = conn.execute(
                "DELETE FROM xmpp_push
                 WHERE account = ?1 AND jid = ?2 AND node = ?3 AND failures >= ?4",
                (account, jid, node, most),
            )?;
            Ok(gone > 0)
        })
        .await
}
