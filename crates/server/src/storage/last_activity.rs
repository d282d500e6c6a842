//! When an account was last here, and what it said as it went (XEP-0012).

use jiff::Timestamp;
use televisor_store::rusqlite::OptionalExtension as _;
use televisor_store::{Database, Error};

/// Keeps when an account went, and what it said then; `None` leaves what it said before. On disk when
/// it returns.
pub(crate) async fn set(
    store: &Database,
    account: &str,
    at: Timestamp,
    status: Option<String>,
) -> Result<(), Error> {
    let account = account.to_owned();
    store
        .write(move |conn| {
            conn.execute(
                "INSERT INTO xmpp_last_activity (account, at_ms, status)
                 VALUES (?1, ?2, coalesce(?3, ''))
                 ON CONFLICT (account) DO UPDATE
                 SET at_ms = excluded.at_ms, status = coalesce(?3, status)",
                (account, at.as_millisecond(), status),
            )?;
            Ok(())
        })
        .await
}

/// Returns when an account went, and what it said then.
pub(crate) async fn get(
    store: &Database,
    account: &str,
) -> Result<Option<(Timestamp, String)>, Error> {
    let account = account.to_owned();
    let found: Option<(i64, String)> = store
        .read(move |conn| {
            let sql = "SELECT at_ms, status FROM xmpp_last_activity WHERE account = ?1";
            let row = conn.query_row(sql, [account], |row| Ok((row.get(0)?, row.get(1)?)));
            row.optional().map_err(Error::from)
        })
        .await?;
    Ok(found.and_then(|(at, status)| Some((Timestamp::from_millisecond(at).ok()?, status))))
}
