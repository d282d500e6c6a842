//! What is kept about each file, in the shared database. Times are seconds since 1970.

use jiff::Timestamp;
use televisor_store::rusqlite::{OptionalExtension as _, Row};
use televisor_store::{Database, Error, Part};

/// The tables of this crate. Released steps are never edited.
pub const PART: Part = Part {
    name: "uploads",
    steps: &["CREATE TABLE upload_file (
            token TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            name TEXT NOT NULL,
            size INTEGER NOT NULL,
            content_type TEXT,
            stored INTEGER NOT NULL,
            ends INTEGER NOT NULL,
            kept_until INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX upload_file_account ON upload_file (account);
        CREATE INDEX upload_file_ends ON upload_file (ends);"],
};

/// One slot, or the file in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) token: String,
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) content_type: Option<String>,
    /// Whether the file is there.
    pub(crate) stored: bool,
    /// When the slot ends; once the file is there, when that does.
    pub(crate) ends: Timestamp,
    /// When the file will end, once it is there.
    pub(crate) kept_until: Timestamp,
}

/// What may be kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) account: u64,
    pub(crate) total: u64,
    pub(crate) slots: usize,
}

/// Adds an entry if there is room; else returns when there will be.
pub(crate) async fn add(
    store: &Database,
    entry: Entry,
    bounds: Bounds,
    now: Timestamp,
) -> Result<Result<(), Timestamp>, Error> {
    store
        .write(move |conn| {
            let mut query = conn.prepare_cached(
                "SELECT account = ?1, size, stored, ends FROM upload_file WHERE ends > ?2
                 ORDER BY ends",
            )?;
            let rows = query.query_map((&entry.account, now.as_second()), |row| {
                Ok((row.get::<_, bool>(0)?, size(row, 1)?, row.get::<_, bool>(2)?, time(row, 3)?))
            })?;
            let held: Vec<(bool, u64, bool, Timestamp)> = rows.collect::<Result<_, _>>()?;
            let own = held.iter().filter(|(own, ..)| *own);
            let of_account = room(own.clone().map(|h| (h.1, h.3)), bounds.account, entry.size);
            let of_all = room(held.iter().map(|h| (h.1, h.3)), bounds.total, entry.size);
            let slots = own.filter(|(_, _, stored, _)| !stored).map(|h| (1, h.3));
            let of_slots = room(slots, u64::try_from(bounds.slots).unwrap_or(u64::MAX), 1);
            if let Some(again) = [of_account, of_all, of_slots].into_iter().flatten().max() {
                return Ok(Err(again));
            }
            conn.execute(
                "INSERT INTO upload_file VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                (
                    &entry.token,
                    &entry.account,
                    &entry.name,
                    i64::try_from(entry.size).unwrap_or(i64::MAX),
                    &entry.content_type,
                    entry.stored,
                    entry.ends.as_second(),
                    entry.kept_until.as_second(),
                ),
            )?;
            Ok(Ok(()))
        })
        .await
}

/// Returns when there will be room for `wanted` beside what is held (size and end, by end); `None`: now.
fn room(
    held: impl Iterator<Item = (u64, Timestamp)> + Clone,
    most: u64,
    wanted: u64,
) -> Option<Timestamp> {
    let mut sum: u64 = held.clone().map(|(size, _)| size).sum::<u64>().saturating_add(wanted);
    let mut again = None;
    for (size, ends) in held {
        if sum <= most {
            break;
        }
        sum = sum.saturating_sub(size);
        again = Some(ends);
    }
    again
}

/// Returns an entry that has not ended.
pub(crate) async fn find(
    store: &Database,
    token: &str,
    now: Timestamp,
) -> Result<Option<Entry>, Error> {
    let token = token.to_owned();
    store
        .read(move |conn| {
            let mut query = conn.prepare_cached(
                "SELECT token, account, name, size, content_type, stored, ends, kept_until
                 FROM upload_file WHERE token = ?1 AND ends > ?2",
            )?;
            Ok(query.query_row((token, now.as_second()), entry).optional()?)
        })
        .await
}

/// Gives a slot that is being filled the time for it.
pub(crate) async fn prolong(store: &Database, token: &str, until: Timestamp) -> Result<(), Error> {
    let token = token.to_owned();
    store
        .write(move |conn| {
            conn.execute(
                "UPDATE upload_file SET ends = ?2 WHERE token = ?1 AND NOT stored",
                (token, until.as_second()),
            )?;
            Ok(())
        })
        .await
}

/// Notes that a file is there; returns whether its entry still was.
pub(crate) async fn stored(store: &Database, token: &str) -> Result<bool, Error> {
    let token = token.to_owned();
    store
        .write(move |conn| {
            let changed = conn.execute(
                "UPDATE upload_file SET stored = 1, ends = kept_until
                 WHERE token = ?1 AND NOT stored",
                [token],
            )?;
            Ok(changed == 1)
        })
        .await
}

/// Returns whose entries there are.
pub(crate) async fn accounts(store: &Database) -> Result<Vec<String>, Error> {
    store
        .read(|conn| {
            let mut query = conn.prepare("SELECT DISTINCT account FROM upload_file")?;
            Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .await
}

/// Drops all entries of an account; returns their tokens.
pub(crate) async fn forget(store: &Database, account: &str) -> Result<Vec<String>, Error> {
    let account = account.to_owned();
    store
        .write(move |conn| {
            let mut query =
                conn.prepare("DELETE FROM upload_file WHERE account = ?1 RETURNING token")?;
            Ok(query.query_map([account], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .await
}

/// Drops what has ended; returns the tokens of the rest.
pub(crate) async fn sweep(store: &Database, now: Timestamp) -> Result<Vec<String>, Error> {
    store
        .write(move |conn| {
            conn.execute("DELETE FROM upload_file WHERE ends <= ?1", [now.as_second()])?;
            let mut query = conn.prepare_cached("SELECT token FROM upload_file")?;
            Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .await
}

fn entry(row: &Row<'_>) -> televisor_store::rusqlite::Result<Entry> {
    Ok(Entry {
        token: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        size: size(row, 3)?,
        content_type: row.get(4)?,
        stored: row.get(5)?,
        ends: time(row, 6)?,
        kept_until: time(row, 7)?,
    })
}

fn size(row: &Row<'_>, at: usize) -> televisor_store::rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(at)?).unwrap_or_default())
}

fn time(row: &Row<'_>, at: usize) -> televisor_store::rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_second(row.get(at)?).unwrap_or_default())
}
