//! How many stanzas of a session were handled: counted where they are taken, and written with the
//! messages among them, so that a client which comes back after the power went is told what arrived.

use std::sync::atomic::{AtomicU32, Ordering};

use televisor_store::rusqlite::Connection;
use televisor_store::{Database, Error};

use crate::archive::ArchiveId;

/// Sessions of which it is remembered what they had handled.
pub(crate) const REMEMBERED: usize = 256;

/// The count of one session.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// By which the session can be gone on with.
    id: Option<String>,
    handled: AtomicU32,
}

/// A session, and what it had handled at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handled {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) handled: u32,
}

impl Counted {
    pub(crate) fn new(id: Option<String>) -> Self {
        Self { id, handled: AtomicU32::new(0) }
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Stanzas handled so far; it wraps (XEP-0198 section 4).
    pub(crate) fn handled(&self) -> u32 {
        self.handled.load(Ordering::Relaxed)
    }

    /// Notes one more.
    pub(crate) fn count(&self) {
        self.handled.fetch_add(1, Ordering::Relaxed);
    }

    /// What will have been handled with the stanza in hand, if anybody can come back to ask.
    pub(crate) fn with_this(&self, account: &str) -> Option<Handled> {
        let handled = self.handled().wrapping_add(1);
        let id = self.id.clone()?;
        Some(Handled { id, account: account.to_owned(), handled })
    }
}

/// Writes what sessions have handled, in the transaction of the messages among it.
pub(crate) fn write(conn: &Connection, at: ArchiveId, handled: &[Handled]) -> Result<(), Error> {
    for Handled { id, account, handled } in handled {
        conn.prepare_cached(
            "INSERT INTO xmpp_handled VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET handled = ?3, at = ?4",
        )?
        .execute((id, account, handled, at.number()))?;
    }
    Ok(())
}

/// Returns what the last sessions had handled, newest last, and forgets the others.
pub(crate) async fn read(store: &Database) -> Result<Vec<Handled>, Error> {
    store
        .append(|conn| {
            conn.execute(
                "DELETE FROM xmpp_handled WHERE id NOT IN
                 (SELECT id FROM xmpp_handled ORDER BY at DESC LIMIT ?1)",
                [i64::try_from(REMEMBERED).unwrap_or(i64::MAX)],
            )?;
            let mut query =
                conn.prepare("SELECT id, account, handled FROM xmpp_handled ORDER BY at")?;
            let rows = query.query_map([], |row| {
                Ok(Handled { id: row.get(0)?, account: row.get(1)?, handled: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
}
