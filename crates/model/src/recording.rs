//! What is or was written to disk.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::{ChannelId, Failure, Programme, TimerId};

/// Names a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordingId(pub i64);

impl fmt::Display for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One recording: a transport stream file and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Names it.
    pub id: RecordingId,
    /// The timer that made it.
    pub timer: Option<TimerId>,
    /// Where it was shown.
    pub channel: ChannelId,
    /// That channel's name at the time.
    pub channel_name: String,
    /// What was recorded.
    pub programme: Programme,
    /// When writing began.
    pub start: Timestamp,
    /// When writing ended; until then, when it is due to end.
    pub stop: Timestamp,
    /// The `.ts` file.
    pub path: PathBuf,
    /// How much of it is written.
    pub size_bytes: u64,
    /// Stretches that are missing, in order.
    pub gaps: Vec<Gap>,
    /// How far it has got.
    pub state: RecordingState,
}

/// A stretch that is missing from a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why, in words ("the receiver was off", "no signal").
    pub reason: String,
}

/// How far a recording has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingState {
    /// Being written.
    Writing,
    /// Waiting for the input or the disk to come back.
    Waiting(Failure),
    /// Written to its end; `gaps` says whether all of it is there.
    Completed,
    /// Ended early; what was written is kept.
    Failed(Failure),
}
