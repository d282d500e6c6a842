//! Forward migrations, numbered per part, so that crates which share a file need not know each other.

use rusqlite::{Connection, OptionalExtension as _};

use crate::Error;

/// The tables of one crate within a shared file.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Names it, such as `xmpp`.
    pub name: &'static str,
    /// One batch of SQL per schema version, oldest first. Released ones are never edited.
    pub steps: &'static [&'static str],
}

pub(crate) fn migrate(conn: &mut Connection, part: Part) -> Result<(), Error> {
    let tx = conn.transaction()?;
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT",
    )?;
    let found: u32 = tx
        .query_row("SELECT version FROM schema_part WHERE name = ?1", [part.name], |r| r.get(0))
        .optional()?
        .unwrap_or(0);
    let known = u32::try_from(part.steps.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(Error::Newer { part: part.name, found, known });
    }
    for (_, step) in (0..known).zip(part.steps).skip_while(|(version, _)| *version < found) {
        tx.execute_batch(step)?;
    }
    tx.execute(
        "INSERT INTO schema_part VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET version = ?2",
        (part.name, known),
    )?;
    tx.commit()?;
    Ok(())
}
