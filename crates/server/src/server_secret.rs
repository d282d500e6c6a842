//! The secret from which the salts of accounts that do not exist are made.
//!
//! It is kept, since a salt that changes when the server starts again tells a stranger who exists. Its
//! table is the core's own and of one row; it is made here and not by the features' migrations.

use televisor_store::{Database, rusqlite};

use crate::error::Error;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS xmpp_secret (
    id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL) STRICT";

/// Loads the secret, or makes and keeps one.
pub(crate) async fn load_or_make(store: &Database) -> Result<[u8; 32], Error> {
    let mut fresh = [0_u8; 32];
    getrandom::fill(&mut fresh).map_err(|_| Error::Random)?;
    let secret = store
        .write(move |conn| {
            let kept = || -> rusqlite::Result<[u8; 32]> {
                conn.execute_batch(TABLE)?;
                conn.execute("INSERT OR IGNORE INTO xmpp_secret VALUES (1, ?1)", [&fresh[..]])?;
                conn.query_row("SELECT secret FROM xmpp_secret", [], |row| row.get(0))
            };
            kept().map_err(televisor_store::Error::from)
        })
        .await?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("x.db"), &[]).unwrap();
        let first = load_or_make(&store).await.unwrap();
        assert_eq!(load_or_make(&store).await.unwrap(), first);
        assert_ne!(first, [0; 32]);
    }
}
