//! Decisions to record, and the states of one.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{ChannelId, EventId, Programme, RecordingId};

/// Names a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerId(pub i64);

impl fmt::Display for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub i64);

/// Extra time recorded around a programme; neither is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Padding {
    /// Before the published start.
    pub before: SignedDuration,
    /// After the published end.
    pub after: SignedDuration,
}

/// Which timer wins when inputs run out: 0 (first to go) to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(pub u8);

impl Default for Priority {
    fn default() -> Self {
        Self(50)
    }
}

/// The decision to record one event or time span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Names it.
    pub id: TimerId,
    /// What to tune to.
    pub channel: ChannelId,
    /// Published start, without padding.
    pub start: Timestamp,
    /// Published end, without padding.
    pub stop: Timestamp,
    /// Extra time around it.
    pub padding: Padding,
    /// Which timer wins.
    pub priority: Priority,
    /// The guide's entry it was made from; `None` for a time span.
    pub event: Option<EventId>,
    /// What is to be recorded; for a time span only the title is set.
    pub programme: Programme,
    /// The rule that made it.
    pub rule: Option<RuleId>,
    /// Who asked for it, in words ("Dan's phone").
    pub set_by: String,
    /// How far it has got.
    pub state: TimerState,
}

impl Timer {
    /// Returns when recording begins, padding included.
    #[must_use]
    pub fn record_from(&self) -> Timestamp {
        self.start.saturating_sub(self.padding.before).unwrap_or(self.start)
    }

    /// Returns when recording ends, padding included.
    #[must_use]
    pub fn record_until(&self) -> Timestamp {
        self.stop.saturating_add(self.padding.after).unwrap_or(self.stop)
    }
}

/// How far a timer has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerState {
    /// Its time has not come.
    Scheduled,
    /// Being written.
    Recording(RecordingId),
    /// Written to its end, perhaps with gaps.
    Completed(RecordingId),
    /// Ended without a useful recording.
    Failed(Failure),
    /// Taken back by a person.
    Cancelled,
}

impl TimerState {
    /// Returns whether the timer can still record something.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Scheduled | Self::Recording(_))
    }
}

/// Why something was not recorded, or stopped being.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The input gave nothing; says what was tried.
    NoSignal(String),
    /// The folder's disk is full.
    DiskFull,
    /// The receiver was off for the whole of it.
    Missed,
    /// The channel is no longer in the line-up.
    ChannelGone,
    /// Every input was in use.
    NoFreeInput,
    /// Writing failed otherwise; says how.
    Storage(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSignal(what) => write!(f, "no signal ({what})"),
            Self::DiskFull => f.write_str("the disk is full"),
            Self::Missed => f.write_str("the receiver was off"),
            Self::ChannelGone => f.write_str("the channel has gone from the line-up"),
            Self::NoFreeInput => f.write_str("every input was in use"),
            Self::Storage(what) => write!(f, "could not be written ({what})"),
        }
    }
}
