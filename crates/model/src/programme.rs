//! Works, and the guide's events that show them.

use jiff::Timestamp;

use crate::ChannelId;

/// Names one entry of the guide; stable for the same channel and start across refreshes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub String);

/// One entry of the guide: a programme at a time on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Names it.
    pub id: EventId,
    /// Where it is shown.
    pub channel: ChannelId,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; always after `start`.
    pub stop: Timestamp,
    /// What is shown.
    pub programme: Programme,
}

/// The work itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Programme {
    /// The title as broadcast.
    pub title: String,
    /// The episode's title.
    pub subtitle: Option<String>,
    /// What it is about.
    pub synopsis: Option<String>,
    /// Genres, in the guide's words.
    pub categories: Vec<String>,
    /// Cast, presenters and makers.
    pub credits: Vec<String>,
    /// Place within a series.
    pub episode: Option<Episode>,
    /// The guide's id of the series.
    pub series_id: Option<String>,
    /// Marked as a first showing.
    pub is_new: bool,
}

/// Place within a series, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Episode {
    /// Season.
    pub season: Option<u32>,
    /// Episode within the season.
    pub number: Option<u32>,
}
