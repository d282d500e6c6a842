//! What clients keep for themselves as XML (XEP-0049).

use televisor_store::rusqlite::OptionalExtension as _;
use televisor_store::{Database, Error};

/// Elements one account may keep, and their bytes all together.
const ELEMENTS: i64 = 128;
const BYTES: i64 = 512 * 1024;

/// Which element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    name: String,
    namespace: String,
}

impl Key {
    pub(crate) fn new(name: &str, namespace: &str) -> Self {
        Self { name: name.to_owned(), namespace: namespace.to_owned() }
    }
}

/// Keeps elements; returns whether there was room, and keeps none if there was not.
pub(crate) async fn set(
    store: &Database,
    account: &str,
    elements: Vec<(Key, String)>,
) -> Result<bool, Error> {
    let account = account.to_owned();
    let kept = store.write(move |conn| {
        for (key, text) in elements {
            conn.execute(
                "INSERT OR REPLACE INTO xmpp_private VALUES (?1, ?2, ?3, ?4)",
                (&account, key.name, key.namespace, text),
            )?;
        }
        let (count, bytes): (i64, i64) = conn.query_row(
            "SELECT count(*), coalesce(sum(length(element)), 0) FROM xmpp_private
             WHERE account = ?1",
            [&account],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if count > ELEMENTS || bytes > BYTES { Err(Full::NoRoom) } else { Ok(()) }
    });
    match kept.await {
        Ok(()) => Ok(true),
        Err(Full::NoRoom) => Ok(false),
        Err(Full::Store(error)) => Err(error),
    }
}

/// Why nothing was kept.
enum Full {
    NoRoom,
    Store(Error),
}

impl From<Error> for Full {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<televisor_store::rusqlite::Error> for Full {
    fn from(error: televisor_store::rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Returns an element.
pub(crate) async fn get(
    store: &Database,
    account: &str,
    name: &str,
    namespace: &str,
) -> Result<Option<String>, Error> {
    let key = (account.to_owned(), name.to_owned(), namespace.to_owned());
    store
        .read(move |conn| {
            let sql = "SELECT element FROM xmpp_private
                       WHERE account = ?1 AND name = ?2 AND namespace = ?3";
            Ok(conn.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?)
        })
        .await
}
