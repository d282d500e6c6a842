//! What is asked of the guide.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use televisor_model::{ChannelId, Event, EventId};
use televisor_store::rusqlite::{Connection, OptionalExtension as _, params};

use crate::import::LONGEST;
use crate::line_up::{LineUp, Place};
use crate::row::{self, COLUMNS};
use crate::{Error, Guide};

/// Words of a search that count.
const WORDS_MAX: usize = 16;

/// The tables of every query: only rows of the import that is visible.
const FROM: &str = "event e JOIN channel c ON c.id = e.channel \
     JOIN source s ON s.id = c.source AND s.current = c.import";

/// Which events are wanted: those that overlap `from..to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// On one channel only.
    pub channel: Option<ChannelId>,
    /// From when.
    pub from: Timestamp,
    /// Until when, exclusive.
    pub to: Timestamp,
    /// How many at most.
    pub limit: usize,
}

/// What one channel shows at a time, and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NowNext {
    /// Which channel.
    pub channel: ChannelId,
    /// What is on, if the guide knows.
    pub now: Option<Event>,
    /// What follows, soonest first.
    pub next: Vec<Event>,
}

impl Guide {
    /// Returns what each of `channels` shows at `at`, and up to `following` events after it, in the
    /// order of `channels`.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn now_next(
        &self,
        channels: &[ChannelId],
        at: Timestamp,
        following: usize,
    ) -> Result<Vec<NowNext>, Error> {
        let line_up = self.shared.line_up();
        let channels = channels.to_vec();
        let answer = move |conn: &Connection| {
            let mut found = Vec::new();
            for channel in channels {
                let (now, next) = match line_up.places.get(&channel) {
                    Some(place) => around(conn, &channel, place, at, following)?,
                    None => (None, Vec::new()),
                };
                found.push(NowNext { channel, now, next });
            }
            Ok(found)
        };
        self.shared.read(answer).await
    }

    /// Returns the events of a channel, or of all in the line-up, by start.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn events(&self, query: EventQuery) -> Result<Vec<Event>, Error> {
        let line_up = self.shared.line_up();
        let answer = move |conn: &Connection| {
            let mut found = Vec::new();
            let wanted = |id: &ChannelId| query.channel.as_ref().is_none_or(|one| one == id);
            for (channel, place) in line_up.places.iter().filter(|(id, _)| wanted(id)) {
                let span = (query.from, query.to);
                found.extend(on_channel(conn, channel, place, span, query.limit)?);
            }
            found.sort_by_key(|event| event.start);
            found.truncate(query.limit);
            Ok(found)
        };
        self.shared.read(answer).await
    }

    /// Returns one event.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn event(&self, id: &EventId) -> Result<Option<Event>, Error> {
        let line_up = self.shared.line_up();
        let Some((channel, start)) = row::parse_id(id) else { return Ok(None) };
        let Some(place) = line_up.places.get(&channel).cloned() else { return Ok(None) };
        let answer = move |conn: &Connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM {FROM} WHERE c.source = ?1 AND c.guide_id = ?2 AND e.start = ?3"
            );
            let found = conn
                .prepare_cached(&sql)?
                .query_row(params![place.source, place.guide_id, start], |r| {
                    row::read(r, &channel)
                });
            Ok(found.optional()?)
        };
        self.shared.read(answer).await
    }

    /// Returns the events that are not over at `from` in which all words of `text` occur (the last one
    /// may be incomplete): those with all of them in the title first; sooner before later.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn search(
        &self,
        text: &str,
        from: Timestamp,
        limit: usize,
    ) -> Result<Vec<Event>, Error> {
        let Some(words) = full_text(text) else { return Ok(Vec::new()) };
        let line_up = self.shared.line_up();
        let answer = move |conn: &Connection| {
            let mut found = matching(conn, &format!("title : ({words})"), from, limit, &line_up)?;
            if found.len() < limit {
                let seen: HashSet<_> = found.iter().map(|event| event.id.clone()).collect();
                let more = matching(conn, &words, from, limit, &line_up)?;
                found.extend(more.into_iter().filter(|event| !seen.contains(&event.id)));
                found.truncate(limit);
            }
            Ok(found)
        };
        self.shared.read(answer).await
    }

    /// Returns every title shown between `from` and `to` on the line-up's channels, and how often.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn upcoming_titles(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(String, u32)>, Error> {
        let line_up = self.shared.line_up();
        let answer = move |conn: &Connection| {
            let sql = format!(
                "SELECT e.title, c.source, c.guide_id, count(*) FROM {FROM} \
                 WHERE e.start >= ?1 AND e.start < ?2 AND e.stop > ?3 GROUP BY e.channel, e.title"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows =
                statement.query(params![earliest(from), to.as_second(), from.as_second()])?;
            let mut titles: BTreeMap<String, u32> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let place = Place { source: row.get(1)?, guide_id: row.get(2)? };
                if line_up.channels.contains_key(&place) {
                    let count = titles.entry(row.get(0)?).or_default();
                    *count = count.saturating_add(row.get(3)?);
                }
            }
            Ok(titles.into_iter().collect())
        };
        self.shared.read(answer).await
    }

    /// Returns when the last event known on the line-up's channels ends.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn until(&self) -> Result<Option<Timestamp>, Error> {
        let line_up = self.shared.line_up();
        let answer = move |conn: &Connection| {
            let sql = format!(
                "SELECT e.stop FROM {FROM} WHERE c.source = ?1 AND c.guide_id = ?2 \
                 ORDER BY e.start DESC LIMIT 1"
            );
            let mut last = None;
            for place in line_up.channels.keys() {
                let stop: Option<i64> = conn
                    .prepare_cached(&sql)?
                    .query_row(params![place.source, place.guide_id], |r| r.get(0))
                    .optional()?;
                last = last.max(stop);
            }
            Ok(last.and_then(|seconds| Timestamp::from_second(seconds).ok()))
        };
        self.shared.read(answer).await
    }
}

/// Returns what a channel shows at a time (of overlapping entries, the one that began last), and what
/// begins after it.
fn around(
    conn: &Connection,
    channel: &ChannelId,
    place: &Place,
    at: Timestamp,
    following: usize,
) -> Result<(Option<Event>, Vec<Event>), Error> {
    let on_channel =
        format!("SELECT {COLUMNS} FROM {FROM} WHERE c.source = ?1 AND c.guide_id = ?2");
    let sql = format!(
        "{on_channel} AND e.start BETWEEN ?3 AND ?4 AND e.stop > ?4 ORDER BY e.start DESC LIMIT 1"
    );
    let seconds = at.as_second();
    let now = conn
        .prepare_cached(&sql)?
        .query_row(params![place.source, place.guide_id, earliest(at), seconds], |r| {
            row::read(r, channel)
        })
        .optional()?;
    let sql = format!("{on_channel} AND e.start > ?3 ORDER BY e.start LIMIT ?4");
    let limit = i64::try_from(following).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(&sql)?;
    let values = params![place.source, place.guide_id, seconds, limit];
    let rows = statement.query_map(values, |r| row::read(r, channel))?;
    Ok((now, rows.collect::<Result<_, _>>()?))
}

/// Returns the events of a channel that overlap the span, by start.
fn on_channel(
    conn: &Connection,
    channel: &ChannelId,
    place: &Place,
    (from, to): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<Event>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE c.source = ?1 AND c.guide_id = ?2 \
         AND e.start >= ?3 AND e.start < ?4 AND e.stop > ?5 ORDER BY e.start LIMIT ?6"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (first, to, from) = (earliest(from), to.as_second(), from.as_second());
    let mut statement = conn.prepare_cached(&sql)?;
    let values = params![place.source, place.guide_id, first, to, from, limit];
    let rows = statement.query_map(values, |r| row::read(r, channel))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the events that match, sooner before later.
fn matching(
    conn: &Connection,
    query: &str,
    from: Timestamp,
    limit: usize,
    line_up: &LineUp,
) -> Result<Vec<Event>, Error> {
    let sql = format!(
        "SELECT {COLUMNS}, c.source, c.guide_id FROM event_text t \
         JOIN event e ON e.id = t.rowid JOIN channel c ON c.id = e.channel \
         JOIN source s ON s.id = c.source AND s.current = c.import \
         WHERE event_text MATCH ?1 AND e.stop > ?2 ORDER BY e.start"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![query, from.as_second()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let place = Place { source: row.get(11)?, guide_id: row.get(12)? };
        for channel in line_up.channels.get(&place).into_iter().flatten() {
            if found.len() >= limit {
                return Ok(found);
            }
            found.push(row::read(row, channel)?);
        }
    }
    Ok(found)
}

/// Makes words a full-text query of words: no sign of theirs means anything else.
fn full_text(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(|word| format!("\"{word}\""))
        .collect();
    (!words.is_empty()).then(|| format!("{}*", words.join(" ")))
}

/// Returns the earliest start of an event that can still be on, so that the index can be used.
fn earliest(at: Timestamp) -> i64 {
    at.as_second().saturating_sub(LONGEST.as_secs())
}
