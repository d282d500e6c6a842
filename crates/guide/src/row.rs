//! Events as they lie in the tables.

use jiff::Timestamp;
use televisor_broadcast::xmltv::Entry;
use televisor_model::{ChannelId, Episode, Event, EventId, Programme};
use televisor_store::rusqlite::{self, Connection, Row};

/// Separates the items of a list; no title holds it.
const SEPARATOR: char = '\u{1f}';

/// What [`read`] expects, with `event` as `e`.
pub(crate) const COLUMNS: &str = "e.start, e.stop, e.title, e.subtitle, e.synopsis, e.categories, \
     e.credits, e.season, e.episode, e.series_id, e.is_new";

/// Reads an event of the household's `channel`.
pub(crate) fn read(row: &Row<'_>, channel: &ChannelId) -> rusqlite::Result<Event> {
    let seconds: i64 = row.get(0)?;
    let time = |seconds| Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let (season, number): (Option<u32>, Option<u32>) = (row.get(7)?, row.get(8)?);
    let episode = (season.is_some() || number.is_some()).then_some(Episode { season, number });
    Ok(Event {
        id: event_id(channel, seconds),
        channel: channel.clone(),
        start: time(seconds),
        stop: time(row.get(1)?),
        programme: Programme {
            title: row.get(2)?,
            subtitle: row.get(3)?,
            synopsis: row.get(4)?,
            categories: split(&row.get::<_, String>(5)?),
            credits: split(&row.get::<_, String>(6)?),
            episode,
            series_id: row.get(9)?,
            is_new: row.get(10)?,
        },
    })
}

/// Makes the id of the event that begins on a channel at that second.
fn event_id(channel: &ChannelId, start: i64) -> EventId {
    EventId(format!("{channel}@{start}"))
}

/// Takes an id apart.
pub(crate) fn parse_id(id: &EventId) -> Option<(ChannelId, i64)> {
    let (channel, start) = id.0.rsplit_once('@')?;
    Some((ChannelId(channel.to_owned()), start.parse().ok()?))
}

/// Writes an entry of the guide; `false` if the channel has one at that time already.
pub(crate) fn write(conn: &Connection, channel: i64, entry: &Entry) -> rusqlite::Result<bool> {
    let Programme { title, subtitle, synopsis, categories, credits, episode, series_id, is_new } =
        &entry.programme;
    let credits = join(credits);
    let episode = episode.unwrap_or_default();
    let stop = entry.stop.map(Timestamp::as_second);
    let written = conn
        .prepare_cached(
            "INSERT OR IGNORE INTO event (channel, start, stop, title, subtitle, synopsis, \
             categories, credits, season, episode, series_id, is_new) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(rusqlite::params![
            channel,
            entry.start.as_second(),
            stop,
            title,
            subtitle,
            synopsis,
            join(categories),
            credits,
            episode.season,
            episode.number,
            series_id,
            is_new,
        ])?;
    if written == 0 {
        return Ok(false);
    }
    conn.prepare_cached(
        "INSERT INTO event_text (rowid, title, subtitle, synopsis, credits) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(rusqlite::params![conn.last_insert_rowid(), title, subtitle, synopsis, credits])?;
    Ok(true)
}

/// Joins the items of a list.
pub(crate) fn join(items: &[String]) -> String {
    items.join(&SEPARATOR.to_string())
}

/// Takes a joined list apart.
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split(SEPARATOR).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
