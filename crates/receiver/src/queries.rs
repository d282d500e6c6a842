//! What may be asked. Queries change nothing; those of the guide read its database.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use televisor_dvr::Conflict;
use televisor_guide::EventQuery;
use televisor_model::{Channel, ChannelId, Device, Event, EventId, Recording, Timer};

use crate::{Error, Receiver};

/// Events after the one that is on, in [`Receiver::now_next`].
const FOLLOWING: usize = 3;

/// What one channel shows at a moment, and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NowNext {
    /// Which channel.
    pub channel: Channel,
    /// What is being shown, if the guide knows.
    pub now: Option<Event>,
    /// What follows, soonest first.
    pub next: Vec<Event>,
}

impl Receiver {
    /// Returns the line-up, in the viewer's order.
    #[must_use]
    pub fn channels(&self) -> Arc<[Channel]> {
        self.tuner().channels().borrow().clone()
    }

    /// Returns one channel of the line-up.
    #[must_use]
    pub fn channel(&self, id: &ChannelId) -> Option<Channel> {
        self.channels().iter().find(|c| c.id == *id).cloned()
    }

    /// Returns what each of `channels` shows at `at` and next; of all channels if none is named.
    ///
    /// # Errors
    /// [`Error::Guide`].
    pub async fn now_next(
        &self,
        channels: &[ChannelId],
        at: Timestamp,
    ) -> Result<Vec<NowNext>, Error> {
        let line_up = self.channels();
        let wanted: Vec<ChannelId> = if channels.is_empty() {
            line_up.iter().map(|c| c.id.clone()).collect()
        } else {
            channels.to_vec()
        };
        let by_id: BTreeMap<&ChannelId, &Channel> = line_up.iter().map(|c| (&c.id, c)).collect();
        let found = self.guide().now_next(&wanted, at, FOLLOWING).await?;
        let known = found.into_iter().filter_map(|answer| {
            let channel = (*by_id.get(&answer.channel)?).clone();
            Some(NowNext { channel, now: answer.now, next: answer.next })
        });
        Ok(known.collect())
    }

    /// Returns events in order of time, then of the line-up.
    ///
    /// # Errors
    /// [`Error::Guide`].
    pub async fn events(&self, query: EventQuery) -> Result<Vec<Event>, Error> {
        Ok(self.guide().events(query).await?)
    }

    /// Returns one event.
    ///
    /// # Errors
    /// [`Error::Guide`].
    pub async fn event(&self, id: &EventId) -> Result<Option<Event>, Error> {
        Ok(self.guide().event(id).await?)
    }

    /// Returns events whose words match `text`, best first, still running at or after `from`.
    ///
    /// # Errors
    /// [`Error::Guide`].
    pub async fn search(
        &self,
        text: &str,
        from: Timestamp,
        limit: usize,
    ) -> Result<Vec<Event>, Error> {
        Ok(self.guide().search(text, from, limit).await?)
    }

    /// Returns the titles that are on now or later, for forgiving matching; kept in memory.
    #[must_use]
    pub fn upcoming_titles(&self) -> Arc<[String]> {
        self.titles().read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns until when the guide knows anything.
    ///
    /// # Errors
    /// [`Error::Guide`].
    pub async fn guide_until(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.guide().until().await?)
    }

    /// Returns the timers, in order of time: those to come, and those that ended lately.
    #[must_use]
    pub fn timers(&self) -> Vec<Timer> {
        self.dvr().timers()
    }

    /// Returns the recordings, newest first.
    #[must_use]
    pub fn recordings(&self) -> Vec<Recording> {
        self.dvr().recordings()
    }

    /// Returns the timers that will go without an input, and those that they lose to.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.dvr().conflicts()
    }

    /// Returns the paired devices, in order of pairing.
    #[must_use]
    pub fn devices(&self) -> Vec<Device> {
        self.household().devices()
    }

    /// Returns how many bytes the recordings folder has left.
    #[must_use]
    pub fn free_space(&self) -> Option<u64> {
        self.dvr().free_space()
    }
}
