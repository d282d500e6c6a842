//! What is asked of the guide.

use jiff::Timestamp;
use televisor_model::{ChannelId, Event, EventId};

use crate::{Error, Guide};

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
        let _ = (at, following);
        let empty =
            |channel: &ChannelId| NowNext { channel: channel.clone(), now: None, next: Vec::new() };
        Ok(channels.iter().map(empty).collect())
    }

    /// Returns the events of a channel, or of all in the line-up, by start.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn events(&self, query: EventQuery) -> Result<Vec<Event>, Error> {
        let _ = query;
        Ok(Vec::new())
    }

    /// Returns one event.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn event(&self, id: &EventId) -> Result<Option<Event>, Error> {
        let _ = id;
        Ok(None)
    }

    /// Returns the events after `from` in which all words of `text` occur (the last one may be
    /// incomplete), best first: in the title, then elsewhere; sooner before later.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn search(
        &self,
        text: &str,
        from: Timestamp,
        limit: usize,
    ) -> Result<Vec<Event>, Error> {
        let _ = (text, from, limit);
        Ok(Vec::new())
    }

    /// Returns every title shown between `from` and `to`, and how often.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn upcoming_titles(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(String, u32)>, Error> {
        let _ = (from, to);
        Ok(Vec::new())
    }

    /// Returns when the last event known ends.
    ///
    /// # Errors
    /// [`Error::Store`] if the file cannot be read.
    pub async fn until(&self) -> Result<Option<Timestamp>, Error> {
        Ok(None)
    }
}
