//! The tables of timers and recordings in `household.db`.

use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use televisor_model::{
    ChannelId, EventId, Gap, Padding, Priority, Recording, RecordingId, RuleId, Timer, TimerId,
};
use televisor_store::Part;
use televisor_store::rusqlite::types::Type;
use televisor_store::rusqlite::{
    Connection, Error as SqlError, OptionalExtension as _, Result, Row, params,
};

use crate::record::{GapForm, ProgrammeForm, RecordingStateForm, TimerStateForm};

/// The tables of this crate in `household.db`.
pub const PART: Part = Part {
    name: "dvr",
    // AUTOINCREMENT: a number that somebody was told is never given to another timer.
    steps: &["CREATE TABLE dvr_timer (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            channel TEXT NOT NULL,
            start_ms INTEGER NOT NULL,
            stop_ms INTEGER NOT NULL,
            pad_before_ms INTEGER NOT NULL,
            pad_after_ms INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            event TEXT,
            programme TEXT NOT NULL,
            rule INTEGER,
            set_by TEXT NOT NULL,
            state TEXT NOT NULL
        ) STRICT;
        CREATE TABLE dvr_recording (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            timer INTEGER,
            channel TEXT NOT NULL,
            channel_name TEXT NOT NULL,
            programme TEXT NOT NULL,
            start_ms INTEGER NOT NULL,
            stop_ms INTEGER NOT NULL,
            path BLOB NOT NULL,
            size_bytes INTEGER NOT NULL,
            gaps TEXT NOT NULL,
            state TEXT NOT NULL
        ) STRICT"],
};

/// Everything in the tables, and the highest ids ever given.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) timers: Vec<Timer>,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) last_timer: i64,
    pub(crate) last_recording: i64,
}

/// Reads everything.
pub(crate) fn load(conn: &Connection) -> Result<Contents> {
    Ok(Contents {
        timers: conn
            .prepare("SELECT * FROM dvr_timer")?
            .query_map([], timer)?
            .collect::<Result<_>>()?,
        recordings: conn
            .prepare("SELECT * FROM dvr_recording")?
            .query_map([], recording)?
            .collect::<Result<_>>()?,
        last_timer: last(conn, "dvr_timer")?,
        last_recording: last(conn, "dvr_recording")?,
    })
}

fn last(conn: &Connection, table: &str) -> Result<i64> {
    let found = conn
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = ?1", [table], |r| r.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// Removes timers that ended before `before`; their recordings stay.
pub(crate) fn prune(conn: &Connection, before: Timestamp) -> Result<usize> {
    conn.execute(
        "DELETE FROM dvr_timer WHERE stop_ms + pad_after_ms < ?1
         AND state <> '\"scheduled\"' AND state NOT LIKE '{\"recording\"%'",
        [before.as_millisecond()],
    )
}

/// Writes one timer as it stands now.
pub(crate) fn save_timer(conn: &Connection, timer: &Timer) -> Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO dvr_timer VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")?
        .execute(params![
            timer.id.0,
            timer.channel.0,
            timer.start.as_millisecond(),
            timer.stop.as_millisecond(),
            milliseconds(timer.padding.before),
            milliseconds(timer.padding.after),
            timer.priority.0,
            timer.event.as_ref().map(|e| &e.0),
            json(&ProgrammeForm::from(&timer.programme))?,
            timer.rule.map(|r| r.0),
            timer.set_by,
            json(&TimerStateForm::from(&timer.state))?,
        ])?;
    Ok(())
}

/// Writes one recording as it stands now.
pub(crate) fn save_recording(conn: &Connection, recording: &Recording) -> Result<()> {
    let gaps: Vec<GapForm> = recording.gaps.iter().map(GapForm::from).collect();
    conn.prepare_cached("INSERT OR REPLACE INTO dvr_recording VALUES (?,?,?,?,?,?,?,?,?,?,?)")?
        .execute(params![
            recording.id.0,
            recording.timer.map(|t| t.0),
            recording.channel.0,
            recording.channel_name,
            json(&ProgrammeForm::from(&recording.programme))?,
            recording.start.as_millisecond(),
            recording.stop.as_millisecond(),
            recording.path.as_os_str().as_bytes(),
            i64::try_from(recording.size_bytes).unwrap_or(i64::MAX),
            json(&gaps)?,
            json(&RecordingStateForm::from(&recording.state))?,
        ])?;
    Ok(())
}

/// Removes one recording.
pub(crate) fn remove_recording(conn: &Connection, id: RecordingId) -> Result<()> {
    conn.execute("DELETE FROM dvr_recording WHERE id = ?1", [id.0])?;
    Ok(())
}

fn timer(row: &Row<'_>) -> Result<Timer> {
    Ok(Timer {
        id: TimerId(row.get("id")?),
        channel: ChannelId(row.get("channel")?),
        start: instant(row, "start_ms")?,
        stop: instant(row, "stop_ms")?,
        padding: Padding {
            before: SignedDuration::from_millis(row.get("pad_before_ms")?),
            after: SignedDuration::from_millis(row.get("pad_after_ms")?),
        },
        priority: Priority(row.get("priority")?),
        event: row.get::<_, Option<String>>("event")?.map(EventId),
        programme: from_json::<ProgrammeForm>(row, "programme")?.into(),
        rule: row.get::<_, Option<i64>>("rule")?.map(RuleId),
        set_by: row.get("set_by")?,
        state: from_json::<TimerStateForm>(row, "state")?.into(),
    })
}

fn recording(row: &Row<'_>) -> Result<Recording> {
    let gaps: Vec<GapForm> = from_json(row, "gaps")?;
    Ok(Recording {
        id: RecordingId(row.get("id")?),
        timer: row.get::<_, Option<i64>>("timer")?.map(TimerId),
        channel: ChannelId(row.get("channel")?),
        channel_name: row.get("channel_name")?,
        programme: from_json::<ProgrammeForm>(row, "programme")?.into(),
        start: instant(row, "start_ms")?,
        stop: instant(row, "stop_ms")?,
        path: PathBuf::from(std::ffi::OsString::from_vec(row.get("path")?)),
        size_bytes: u64::try_from(row.get::<_, i64>("size_bytes")?).unwrap_or(0),
        gaps: gaps.into_iter().map(Gap::from).collect(),
        state: from_json::<RecordingStateForm>(row, "state")?.into(),
    })
}

fn instant(row: &Row<'_>, column: &str) -> Result<Timestamp> {
    Ok(Timestamp::from_millisecond(row.get(column)?).unwrap_or(Timestamp::MIN))
}

fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| SqlError::ToSqlConversionFailure(e.into()))
}

fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|e| SqlError::FromSqlConversionFailure(0, Type::Text, e.into()))
}
