//! Finding a page of an archive. Each question is a range of one of the two orders the rows have: an
//! account's, and an account's with one contact.

use televisor_store::Error;
use televisor_store::rusqlite::{Connection, OptionalExtension as _, Row};

use crate::archive::{ArchiveId, resource_mark, revive};

/// Up to this many messages are counted for a page that is not the whole; more are too many to count
/// for each page.
const COUNTED: usize = 10_000;

/// Bytes of one page, before it is made into results.
const BYTES: usize = 1024 * 1024;

/// What is looked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The archive, by its account's numbered address.
    pub(crate) account: String,
    /// The contact, by its numbered address, and its full address if only that is wanted.
    pub(crate) with: Option<(String, Option<String>)>,
    /// The least and the greatest id.
    pub(crate) low: i64,
    pub(crate) high: i64,
    /// These only, if there are some.
    pub(crate) ids: Option<Vec<i64>>,
    /// Ids that must be there for the question to have an answer.
    pub(crate) known: Vec<i64>,
    pub(crate) page: PageWanted,
}

/// Which part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PageWanted {
    /// At most so many.
    pub(crate) max: usize,
    /// After this id.
    pub(crate) after: Option<i64>,
    /// Before this id.
    pub(crate) before: Option<i64>,
    /// Whether it is the last ones of those that are wanted.
    pub(crate) from_the_end: bool,
    /// From this place on.
    pub(crate) index: Option<usize>,
}

/// A message, as [`revive`] reads it.
pub(crate) type Archived = (ArchiveId, Vec<u8>);

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Found {
    /// In the order of time.
    pub(crate) messages: Vec<Archived>,
    /// Whether there is nothing more in the direction that was asked for.
    pub(crate) complete: bool,
    /// How many match in all, where that is known.
    pub(crate) count: Option<usize>,
    /// The place of the first of the page.
    pub(crate) index: Option<usize>,
}

/// Where an archive begins and ends.
pub(crate) type Ends = Option<(ArchiveId, ArchiveId)>;

/// Returns the first and the last id of an archive; `None` if it is empty.
pub(crate) fn ends(conn: &Connection, account: &str) -> Result<Ends, Error> {
    let Some(account) = number(conn, account)? else { return Ok(None) };
    let mut query = conn.prepare_cached(
        "SELECT (SELECT min(id) FROM xmpp_archive WHERE account = ?1),
                (SELECT max(id) FROM xmpp_archive WHERE account = ?1)",
    )?;
    let ends: (Option<i64>, Option<i64>) =
        query.query_row([account], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(ends.0.zip(ends.1).map(|(first, last)| (ArchiveId::new(first), ArchiveId::new(last))))
}

/// Finds a page; `None` if an id that must be there is not.
pub(crate) fn find(conn: &Connection, wanted: &Wanted) -> Result<Option<Found>, Error> {
    let Some(account) = number(conn, &wanted.account)? else {
        let unknown = !wanted.known.is_empty();
        return Ok(if unknown { None } else { Some(Found::nothing()) });
    };
    for id in &wanted.known {
        if !is_there(conn, account, *id)? {
            return Ok(None);
        }
    }
    let mut scope =
        Scope { account, contact: None, full: None, low: wanted.low, high: wanted.high };
    if let Some((contact, full)) = &wanted.with {
        let Some(contact) = number(conn, contact)? else { return Ok(Some(Found::nothing())) };
        scope.contact = Some(contact);
        scope.full = full.as_deref();
    }
    let found = match &wanted.ids {
        Some(ids) => Finder { conn, all: scope, page: wanted.page }.among(ids)?,
        None => Finder { conn, all: scope, page: wanted.page }.page()?,
    };
    Ok(Some(found))
}

impl Found {
    fn nothing() -> Self {
        Self { messages: Vec::new(), complete: true, count: Some(0), index: None }
    }
}

/// A range of one account's rows.
#[derive(Clone, Copy)]
struct Scope<'a> {
    account: i64,
    contact: Option<i64>,
    full: Option<&'a str>,
    low: i64,
    high: i64,
}

impl Scope<'_> {
    /// Returns the condition of all questions about it, on `?1` to `?5`.
    const fn condition(&self) -> &'static str {
        if self.contact.is_some() {
            "xmpp_archive AS a INDEXED BY xmpp_archive_contact
             WHERE a.account = ?1 AND a.contact = ?2 AND a.id BETWEEN ?3 AND ?4
               AND (?5 IS NULL OR a.resource = ?5)"
        } else {
            // What is not needed is named all the same, so that the numbers stay.
            "xmpp_archive AS a
             WHERE a.account = ?1 AND ?2 IS NULL AND a.id BETWEEN ?3 AND ?4 AND ?5 IS NULL"
        }
    }

    fn values(&self) -> (i64, Option<i64>, i64, i64, Option<u32>) {
        let mark = self.full.map(|full| resource_mark(full.split_once('/').map(|(_, r)| r)));
        (self.account, self.contact, self.low, self.high, mark)
    }

    /// Whether a message is to or from the full address that is wanted.
    fn admits(&self, stanza: &[u8]) -> bool {
        let Some(full) = self.full else { return true };
        revive(stanza)
            .is_some_and(|message| [message.attr("from"), message.attr("to")].contains(&Some(full)))
    }
}

struct Finder<'a> {
    conn: &'a Connection,
    all: Scope<'a>,
    page: PageWanted,
}

impl Finder<'_> {
    fn page(&self) -> Result<Found, Error> {
        if self.page.max == 0 {
            let count = self.count(&self.all, i64::MAX)?;
            return Ok(Found { complete: count == 0, count: Some(count), ..Found::default() });
        }
        let mut scope = self.all;
        if let Some(index) = self.page.index {
            let Some(first) = self.at(index)? else {
                let count = Some(self.count(&self.all, i64::MAX)?);
                return Ok(Found { count, ..Found::nothing() });
            };
            scope.low = first;
        }
        if let Some(after) = self.page.after {
            scope.low = scope.low.max(after.saturating_add(1));
        }
        if let Some(before) = self.page.before {
            scope.high = scope.high.min(before.saturating_sub(1));
        }
        let (mut messages, complete) = self.rows(&scope)?;
        if self.page.from_the_end {
            messages.reverse();
        }
        self.placed(Found { messages, complete, count: None, index: self.page.index })
    }

    /// Adds how many there are in all, and the place of the first, unless that would take long.
    fn placed(&self, mut found: Found) -> Result<Found, Error> {
        let whole = self.page.after.is_none() && self.page.before.is_none();
        if found.complete && whole && self.page.index.is_none() {
            found.count = Some(found.messages.len());
            found.index = found.messages.first().map(|_| 0);
            return Ok(found);
        }
        let most = i64::try_from(COUNTED).unwrap_or(i64::MAX).saturating_add(1);
        let count = self.count(&self.all, most)?;
        if count > COUNTED {
            return Ok(found);
        }
        found.count = Some(count);
        if let (None, Some((first, _))) = (found.index, found.messages.first()) {
            let before = Scope { high: first.number().saturating_sub(1), ..self.all };
            found.index = Some(self.count(&before, most)?);
        }
        Ok(found)
    }

    /// Returns the rows of a range from its beginning or its end, and whether that was all.
    fn rows(&self, scope: &Scope<'_>) -> Result<(Vec<Archived>, bool), Error> {
        let order = if self.page.from_the_end { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT a.id, (SELECT stanza FROM xmpp_archive_message WHERE id = a.id)
             FROM {} ORDER BY a.id {order}",
            scope.condition()
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let mut rows = query.query(scope.values())?;
        let (mut found, mut bytes) = (Vec::new(), 0_usize);
        while let Some(row) = rows.next()? {
            let (id, stanza) = message(row)?;
            if !scope.admits(&stanza) {
                continue;
            }
            bytes = bytes.saturating_add(stanza.len());
            if found.len() >= self.page.max || (bytes > BYTES && !found.is_empty()) {
                return Ok((found, false));
            }
            found.push((id, stanza));
        }
        Ok((found, true))
    }

    /// Returns the messages with these ids, as far as they are in the range.
    fn among(&self, ids: &[i64]) -> Result<Found, Error> {
        let mut matching = Vec::new();
        for id in ids {
            let scope =
                Scope { low: self.all.low.max(*id), high: self.all.high.min(*id), ..self.all };
            matching.extend(self.rows(&scope)?.0);
        }
        matching.sort_unstable_by_key(|(id, _)| *id);
        matching.dedup_by_key(|(id, _)| *id);
        let count = matching.len();
        let (after, before) = (self.page.after, self.page.before);
        let skipped = match self.page.index {
            Some(index) => index.min(count),
            None => {
                after.map_or(0, |after| matching.partition_point(|(id, _)| id.number() <= after))
            }
        };
        let end =
            before.map_or(count, |before| matching.partition_point(|(id, _)| id.number() < before));
        let (start, end) = if self.page.from_the_end {
            (skipped.max(end.saturating_sub(self.page.max)), end)
        } else {
            (skipped, end.min(skipped.saturating_add(self.page.max)))
        };
        let complete = if self.page.from_the_end { start == skipped } else { end == count };
        let messages: Vec<_> = matching.drain(..).take(end).skip(start).collect();
        let index = messages.first().map(|_| start);
        Ok(Found { messages, complete, count: Some(count), index })
    }

    /// Returns how many there are, counting up to `most`.
    fn count(&self, scope: &Scope<'_>, most: i64) -> Result<usize, Error> {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT ?6)", scope.condition());
        let (account, contact, low, high, mark) = scope.values();
        let count: i64 = self
            .conn
            .prepare_cached(&sql)?
            .query_row((account, contact, low, high, mark, most), |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Returns the id at a place.
    fn at(&self, index: usize) -> Result<Option<i64>, Error> {
        let sql =
            format!("SELECT a.id FROM {} ORDER BY a.id LIMIT 1 OFFSET ?6", self.all.condition());
        let (account, contact, low, high, mark) = self.all.values();
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        let mut query = self.conn.prepare_cached(&sql)?;
        let id = query.query_row((account, contact, low, high, mark, index), |row| row.get(0));
        Ok(id.optional()?)
    }
}

fn message(row: &Row<'_>) -> televisor_store::rusqlite::Result<Archived> {
    Ok((ArchiveId::new(row.get(0)?), row.get::<_, Option<Vec<u8>>>(1)?.unwrap_or_default()))
}

fn is_there(conn: &Connection, account: i64, id: i64) -> Result<bool, Error> {
    let mut query =
        conn.prepare_cached("SELECT 1 FROM xmpp_archive WHERE account = ?1 AND id = ?2")?;
    Ok(query.exists([account, id])?)
}

fn number(conn: &Connection, address: &str) -> Result<Option<i64>, Error> {
    let mut query =
        conn.prepare_cached("SELECT id FROM xmpp_archive_address WHERE address = ?1")?;
    Ok(query.query_row([address], |row| row.get(0)).optional()?)
}
