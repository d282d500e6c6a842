//! The tables, and opening the file whatever state it is in.

use std::path::{Path, PathBuf};

use televisor_store::{Database, Part, rusqlite};

use crate::Error;

/// An import is visible once its source points at it; until then, and after it was replaced, nobody sees
/// its rows.
///
/// There is one step only: when the tables change, [`NAME`] does, and the old file is dropped.
const PART: Part = Part {
    name: NAME,
    steps: &["
    CREATE TABLE source (
        id INTEGER PRIMARY KEY,
        location TEXT NOT NULL UNIQUE,
        current INTEGER NOT NULL DEFAULT 0,
        stamp TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE channel (
        id INTEGER PRIMARY KEY,
        source INTEGER NOT NULL,
        import INTEGER NOT NULL,
        guide_id TEXT NOT NULL,
        names TEXT NOT NULL,
        UNIQUE (source, guide_id, import)
    ) STRICT;
    CREATE INDEX channel_import ON channel (import);
    CREATE TABLE event (
        id INTEGER PRIMARY KEY,
        channel INTEGER NOT NULL,
        start INTEGER NOT NULL,
        stop INTEGER,
        title TEXT NOT NULL,
        subtitle TEXT,
        synopsis TEXT,
        categories TEXT NOT NULL,
        credits TEXT NOT NULL,
        season INTEGER,
        episode INTEGER,
        series_id TEXT,
        is_new INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX event_time ON event (channel, start);
    CREATE VIRTUAL TABLE event_text USING fts5 (
        title, subtitle, synopsis, credits,
        content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2'
    );
    "],
};

const NAME: &str = "guide-1";

/// Opens the file, or makes it anew if it cannot be used.
pub(crate) fn open(path: &Path) -> Result<Database, Error> {
    if !is_ours(path) {
        remove(path);
    }
    Database::open(path, &[PART]).or_else(|error| {
        tracing::info!(%error, "the guide is built anew");
        remove(path);
        Ok(Database::open(path, &[PART])?)
    })
}

/// Makes the file anew, as after SQLite has found it corrupt.
pub(crate) fn rebuild(path: &Path) -> Result<Database, Error> {
    remove(path);
    Ok(Database::open(path, &[PART])?)
}

/// Returns whether `error` says that the file itself is broken.
pub(crate) fn is_corrupt(error: &Error) -> bool {
    let Error::Store(televisor_store::Error::Sql(error)) = error else { return false };
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// Looks whether the file has the tables of this version. A file that is not there yet is ours too.
fn is_ours(path: &Path) -> bool {
    if !path.exists() {
        return true;
    }
    let look = || {
        let conn = rusqlite::Connection::open(path)?;
        let tables = "SELECT count(*) FROM sqlite_schema";
        let known = "SELECT count(*) FROM schema_part WHERE name = ?1";
        let empty = conn.query_row(tables, [], |r| r.get::<_, i64>(0))? == 0;
        let ours = || conn.query_row(known, [NAME], |r| r.get::<_, i64>(0));
        Ok::<_, rusqlite::Error>(empty || ours()? == 1)
    };
    look().unwrap_or(false)
}

fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        // It may not exist; if it cannot be removed, opening it tells.
        drop(std::fs::remove_file(PathBuf::from(name)));
    }
}
