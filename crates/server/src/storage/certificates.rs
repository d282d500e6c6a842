//! Certificates that accounts have registered (XEP-0257).

use televisor_store::rusqlite::{Connection, Row};
use televisor_store::{Database, Error};

/// Certificates of one account.
pub(crate) const PER_ACCOUNT: i64 = 8;

/// What is known of a certificate without looking at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) sha256: [u8; 32],
    /// Which credentials the account had when it registered this.
    pub(crate) credentials: [u8; 32],
}

/// What came of a certificate that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    Kept,
    /// The account has another, or the same, by this name.
    NameInUse,
    /// The account has it by another name, or another account has it.
    Known,
    /// The account has as many as it may.
    TooMany,
    /// There is no such account any more.
    NoAccount,
}

/// Returns what is kept of all accounts.
pub(crate) async fn all(store: &Database) -> Result<Vec<Entry>, Error> {
    store
        .read(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT account, name, sha256, credentials FROM xmpp_certificate
                 ORDER BY account, name",
            )?;
            Ok(query.query_map([], entry)?.collect::<Result<_, _>>()?)
        })
        .await
}

/// Returns the names and certificates (DER) of an account.
pub(crate) async fn of(store: &Database, account: &str) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let account = account.to_owned();
    store
        .read(move |conn| {
            let mut query = conn.prepare_cached(
                "SELECT name, der FROM xmpp_certificate WHERE account = ?1 ORDER BY name",
            )?;
            let rows = query.query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
}

/// Keeps a certificate, if nothing stands against it. On disk when it returns.
pub(crate) async fn add(store: &Database, entry: Entry, der: Vec<u8>) -> Result<Added, Error> {
    store
        .write(move |conn| {
            let Entry { account, name, sha256, credentials } = entry;
            let count = |sql, values: &[&dyn televisor_store::rusqlite::ToSql]| {
                conn.query_row(sql, values, |row| row.get::<_, i64>(0))
            };
            let sql = "SELECT count(*) FROM xmpp_certificate WHERE account = ?1 AND name = ?2";
            if count(sql, &[&account, &name])? > 0 {
                return Ok(Added::NameInUse);
            }
            let sql = "SELECT count(*) FROM xmpp_certificate WHERE sha256 = ?1";
            if count(sql, &[&sha256])? > 0 {
                return Ok(Added::Known);
            }
            let sql = "SELECT count(*) FROM xmpp_certificate WHERE account = ?1";
            if count(sql, &[&account])? >= PER_ACCOUNT {
                return Ok(Added::TooMany);
            }
            conn.execute(
                "INSERT INTO xmpp_certificate (account, name, sha256, der, credentials)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (account, name, sha256, der, credentials),
            )?;
            Ok(Added::Kept)
        })
        .await
}

/// Drops a certificate; returns whether there was one.
pub(crate) async fn remove(store: &Database, account: &str, name: &str) -> Result<bool, Error> {
    let key = (account.to_owned(), name.to_owned());
    store.write(move |conn| drop_one(conn, &key.0, &key.1)).await
}

/// Drops several.
pub(crate) async fn remove_all(store: &Database, gone: Vec<Entry>) -> Result<(), Error> {
    store
        .write(move |conn| {
            for entry in gone {
                drop_one(conn, &entry.account, &entry.name)?;
            }
            Ok(())
        })
        .await
}

fn drop_one(conn: &Connection, account: &str, name: &str) -> Result<bool, Error> {
    let gone = conn.execute(
        "DELETE FROM xmpp_certificate WHERE account = ?1 AND name = ?2",
        [account, name],
    )?;
    Ok(gone > 0)
}

fn entry(row: &Row<'_>) -> televisor_store::rusqlite::Result<Entry> {
    Ok(Entry {
        account: row.get(0)?,
        name: row.get(1)?,
        sha256: row.get(2)?,
        credentials: row.get(3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tables::PART;

    fn entry(account: &str, name: &str, byte: u8) -> Entry {
        let (account, name) = (account.to_owned(), name.to_owned());
        Entry { account, name, sha256: [byte; 32], credentials: [0; 32] }
    }

    #[tokio::test]
    async fn an_account_has_eight_at_most_each_by_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("a.db"), &[PART]).unwrap();
        for number in 0..8 {
            let one = entry("a", &number.to_string(), number);
            assert_eq!(add(&store, one, vec![number]).await.unwrap(), Added::Kept);
        }
        let added = async |one: Entry| add(&store, one, vec![1]).await.unwrap();
        assert_eq!(added(entry("a", "9", 9)).await, Added::TooMany);
        assert_eq!(added(entry("a", "3", 9)).await, Added::NameInUse);
        assert_eq!(added(entry("b", "3", 3)).await, Added::Known);
        assert!(remove(&store, "a", "3").await.unwrap());
        assert!(!remove(&store, "a", "3").await.unwrap());
        assert_eq!(added(entry("b", "3", 3)).await, Added::Kept);
        assert_eq!(all(&store).await.unwrap().len(), 8);
        assert_eq!(of(&store, "b").await.unwrap(), [("3".to_owned(), vec![1])]);
    }
}
