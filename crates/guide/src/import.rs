//! One XMLTV into the tables, in batches, visible at once.
//!
//! A blocking thread parses, the database's writer writes; a bounded queue is between them. Every batch is a
//! commit of its own, so that nobody waits for long and memory does not grow. The rows become visible by
//! one update of their source; then the old ones are taken out, in batches too.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use jiff::{SignedDuration, Timestamp};
use televisor_broadcast::xmltv::{Channel, Entry, Item, Reader};
use televisor_fetch::Location;
use televisor_store::Database;
use televisor_store::rusqlite::{self, Connection};
use tokio::sync::mpsc;

use crate::{Error, Imported, fetch, row};

/// Entries per commit.
const BATCH: usize = 4000;

/// Channels that are taken out in one commit, with a few hundred entries each.
const CHANNELS_AT_ONCE: i64 = 64;

/// Batches that wait for the writer.
const QUEUE: usize = 2;

/// Nothing on television is longer; guides that say so have gaps. Queries rely on it.
pub(crate) const LONGEST: SignedDuration = SignedDuration::from_hours(48);

/// What is over for longer than this is not kept.
const PAST: SignedDuration = SignedDuration::from_hours(24);

/// The length of an entry that has no end and no successor.
const USUAL_SECONDS: i64 = 1800;

#[derive(Default)]
struct Batch {
    channels: Vec<Channel>,
    entries: Vec<Entry>,
}

/// Imports what `reader` gives as the source `location`, and remembers its `stamp`. What is not seen any
/// more, whether it succeeds or not, is left to [`clean`].
pub(crate) async fn import<R: Read + Send + 'static>(
    db: &Database,
    location: &str,
    stamp: &str,
    reader: R,
    now: Timestamp,
) -> Result<Imported, Error> {
    let (sender, mut batches) = mpsc::channel(QUEUE);
    let oldest = now.saturating_sub(PAST).unwrap_or(now);
    let parser = tokio::task::spawn_blocking(move || parse(reader, oldest, &sender));
    let name = location.to_owned();
    let mut target = db.write(move |conn| Ok::<_, Error>(Target::new(conn, &name)?)).await?;
    let mut done = Imported::default();
    while let Some(batch) = batches.recv().await {
        let events;
        (target, events) = db
            .write(move |conn| {
                let events = target.write(conn, &batch)?;
                Ok::<_, Error>((target, events))
            })
            .await?;
        done.events += events;
    }
    let parsed = parser.await.map_err(|_| televisor_store::Error::Closed)?;
    let (source, import) = (target.source, target.import);
    let skipped = parsed.map_err(|reason| {
        let location = Location::parse(location).name();
        Error::Format { location, reason }
    })?;
    let stamp = stamp.to_owned();
    db.write(move |conn| publish(conn, source, import, &stamp)).await?;
    Ok(Imported { skipped, channels: target.channels.len(), ..done })
}

/// Parses on a blocking thread; says how many programmes were skipped.
fn parse(
    reader: impl Read + Send + 'static,
    oldest: Timestamp,
    to: &mpsc::Sender<Batch>,
) -> Result<usize, String> {
    let mut reader = Reader::new(fetch::unpack(reader).map_err(|e| e.to_string())?);
    let mut batch = Batch::default();
    let mut too_long = 0;
    while let Some(item) = reader.next_item().map_err(|e| e.to_string())? {
        match item {
            Item::Channel(channel) => batch.channels.push(channel),
            Item::Programme(entry) => {
                let stop = entry.stop.unwrap_or(entry.start);
                if stop.duration_since(entry.start) > LONGEST {
                    too_long += 1;
                } else if stop >= oldest {
                    batch.entries.push(*entry);
                }
            }
        }
        if batch.entries.len() + batch.channels.len() >= BATCH
            && to.blocking_send(std::mem::take(&mut batch)).is_err()
        {
            return Err("the receiver is going down".to_owned());
        }
    }
    to.blocking_send(batch).map_err(|_| "the receiver is going down".to_owned())?;
    Ok(reader.skipped() + too_long)
}

/// Where rows go: an import that nobody sees yet.
struct Target {
    source: i64,
    import: i64,
    channels: HashMap<String, i64>,
    named: HashSet<String>,
}

impl Target {
    fn new(conn: &Connection, location: &str) -> rusqlite::Result<Self> {
        conn.execute("INSERT OR IGNORE INTO source (location) VALUES (?1)", [location])?;
        let source =
            conn.query_row("SELECT id FROM source WHERE location = ?1", [location], |r| r.get(0))?;
        let import = conn.query_row(
            "SELECT 1 + max((SELECT coalesce(max(current), 0) FROM source), \
             (SELECT coalesce(max(import), 0) FROM channel))",
            [],
            |r| r.get(0),
        )?;
        Ok(Self { source, import, channels: HashMap::new(), named: HashSet::new() })
    }

    fn write(&mut self, conn: &Connection, batch: &Batch) -> rusqlite::Result<usize> {
        for channel in &batch.channels {
            let id = self.channel(conn, &channel.id)?;
            if self.named.insert(channel.id.clone()) {
                conn.prepare_cached("UPDATE channel SET names = ?2 WHERE id = ?1")?
                    .execute((id, row::join(&channel.names)))?;
            }
        }
        let mut written = 0;
        for entry in &batch.entries {
            let channel = self.channel(conn, &entry.channel)?;
            written += usize::from(row::write(conn, channel, entry)?);
        }
        Ok(written)
    }

    /// Returns the channel's row; a guide may leave out its `<channel>`.
    fn channel(&mut self, conn: &Connection, guide_id: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.channels.get(guide_id) {
            return Ok(*id);
        }
        conn.prepare_cached(
            "INSERT INTO channel (source, import, guide_id, names) VALUES (?1, ?2, ?3, '')",
        )?
        .execute((self.source, self.import, guide_id))?;
        let id = conn.last_insert_rowid();
        self.channels.insert(guide_id.to_owned(), id);
        Ok(id)
    }
}

/// Gives ends to entries without one, and makes the import the one that is seen.
fn publish(conn: &Connection, source: i64, import: i64, stamp: &str) -> Result<(), Error> {
    conn.execute(
        "UPDATE event SET stop = min(start + ?2, coalesce((SELECT min(n.start) FROM event n \
         WHERE n.channel = event.channel AND n.start > event.start), start + ?3)) \
         WHERE stop IS NULL AND channel IN (SELECT id FROM channel WHERE import = ?1)",
        (import, LONGEST.as_secs(), USUAL_SECONDS),
    )?;
    conn.execute(
        "UPDATE source SET current = ?2, stamp = ?3 WHERE id = ?1",
        (source, import, stamp),
    )?;
    Ok(())
}

/// Takes out the rows that nobody sees. There must be no import under way.
pub(crate) async fn clean(db: &Database) -> Result<(), Error> {
    while db.write(|conn| Ok::<_, Error>(clean_some(conn)?)).await? {}
    Ok(())
}

/// Takes out some; says whether there may be more. Many in one commit, for each waits for the disk.
fn clean_some(conn: &Connection) -> rusqlite::Result<bool> {
    let mut hidden = conn.prepare_cached(
        "SELECT id FROM channel c WHERE NOT EXISTS \
         (SELECT 1 FROM source s WHERE s.id = c.source AND s.current = c.import) LIMIT ?1",
    )?;
    let channels = hidden
        .query_map([CHANNELS_AT_ONCE], |r| r.get::<_, i64>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for channel in &channels {
        conn.prepare_cached(
            "DELETE FROM event_text WHERE rowid IN (SELECT id FROM event WHERE channel = ?1)",
        )?
        .execute([channel])?;
        conn.prepare_cached("DELETE FROM event WHERE channel = ?1")?.execute([channel])?;
        conn.prepare_cached("DELETE FROM channel WHERE id = ?1")?.execute([channel])?;
    }
    Ok(!channels.is_empty())
}
