//! vCards, and the hash of the photo in each.

use televisor_store::rusqlite::OptionalExtension as _;
use televisor_store::{Database, Error};

/// Keeps an account's vCard.
pub(crate) async fn set(
    store: &Database,
    account: &str,
    vcard: String,
    photo_sha1: String,
) -> Result<(), Error> {
    let account = account.to_owned();
    store
        .write(move |conn| {
            conn.execute(
                "INSERT INTO xmpp_vcard VALUES (?1, ?2, ?3)
                 ON CONFLICT (account) DO UPDATE SET vcard = ?2, photo_sha1 = ?3",
                (account, vcard, photo_sha1),
            )?;
            Ok(())
        })
        .await
}

/// Returns an account's vCard.
pub(crate) async fn get(store: &Database, account: &str) -> Result<Option<String>, Error> {
    column(store, account, "SELECT vcard FROM xmpp_vcard WHERE account = ?1").await
}

/// Returns the hash of the photo: empty if the vCard has none, `None` without a vCard.
pub(crate) async fn photo(store: &Database, account: &str) -> Result<Option<String>, Error> {
    column(store, account, "SELECT photo_sha1 FROM xmpp_vcard WHERE account = ?1").await
}

async fn column(
    store: &Database,
    account: &str,
    sql: &'static str,
) -> Result<Option<String>, Error> {
    let account = account.to_owned();
    store
        .read(move |conn| {
            Ok(conn.prepare_cached(sql)?.query_row([account], |row| row.get(0)).optional()?)
        })
        .await
}
