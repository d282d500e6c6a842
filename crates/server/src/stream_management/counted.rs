//! How many stanzas of a session were handled: counted where they are taken, and written with the
//! messages among them, so that a client which comes back after the power went is told what arrived.
//! And how many of those it was sent its client has received.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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
    /// Stanzas that the client has acknowledged.
    received: AtomicU32,
    /// The number of the last stanza that is on disk until it is acknowledged; 0 where there is none.
    written: AtomicU32,
    over: AtomicBool,
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
        Self { id, ..Self::default() }
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

    /// Notes how many stanzas the client has received; returns whether any of them is on disk, to be
    /// dropped there.
    pub(crate) fn set_received(&self, h: u32) -> bool {
        // Either the writer sees that a stanza is received, or this sees that it is written.
        self.received.store(h, Ordering::SeqCst);
        let written = self.written.load(Ordering::SeqCst);
        if written != 0 && is_within(written, h) {
            // Another one may be written right now.
            let _ = self.written.compare_exchange(written, 0, Ordering::SeqCst, Ordering::SeqCst);
        }
        written != 0
    }

    /// Notes that the session is over; returns whether anything of it is on disk.
    pub(crate) fn end(&self) -> bool {
        self.over.store(true, Ordering::SeqCst);
        self.written.load(Ordering::SeqCst) != 0
    }

    /// Whether a stanza is to be written that was sent as the `number`th; from now on it is.
    pub(crate) fn will_write(&self, number: u32) -> bool {
        self.written.store(number, Ordering::SeqCst);
        !self.over.load(Ordering::SeqCst) && !is_within(number, self.received())
    }

    /// Stanzas that the client has received; `None` once that does not matter any more.
    pub(crate) fn to_drop(&self) -> Option<u32> {
        (!self.over.load(Ordering::SeqCst)).then(|| self.received())
    }

    fn received(&self) -> u32 {
        self.received.load(Ordering::SeqCst)
    }

    /// What will have been handled with the stanza in hand, if anybody can come back to ask.
    pub(crate) fn with_this(&self, account: &str) -> Option<Handled> {
        let handled = self.handled().wrapping_add(1);
        let id = self.id.clone()?;
        Some(Handled { id, account: account.to_owned(), handled })
    }
}

/// Whether the `number`th stanza is one of the first `h`; both wrap.
const fn is_within(number: u32, h: u32) -> bool {
    h.wrapping_sub(number) < u32::MAX / 2
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
