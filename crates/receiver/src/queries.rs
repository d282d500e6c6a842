//! What may be asked. Queries change nothing; those of the guide read its database.

use std::sync::Arc;

use jiff::Timestamp;
use televisor_dvr::Conflict;
use televisor_model::{Channel, ChannelId, Device, Event, EventId, Recording, Timer};

use crate::{Error, Receiver};

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

/// Which events to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// On one channel, or on all.
    pub channel: Option<ChannelId>,
    /// Still running at or after.
    pub from: Timestamp,
    /// Begun before.
    pub to: Timestamp,
    /// At most so many.
    pub limit: usize,
}

impl Receiver {
    /// Returns the line-up, in the viewer's order.
    #[must_use]
    pub fn channels(&self) -> Arc<[Channel]> {
        todo!()
    }

    /// Returns one channel of the line-up.
    #[must_use]
    pub fn channel(&self, id: &ChannelId) -> Option<Channel> {
        self.channels().iter().find(|c| c.id == *id).cloned()
    }

    /// Returns what each of `channels` shows at `at` and next; of all channels if none is named.
    ///
    /// # Errors
    /// [`Error::Store`] and what the guide's database says.
    pub async fn now_next(
        &self,
        channels: &[ChannelId],
        at: Timestamp,
    ) -> Result<Vec<NowNext>, Error> {
        let _ = (channels, at);
        todo!()
    }

    /// Returns events in order of time, then of the line-up.
    ///
    /// # Errors
    /// What the guide's database says.
    pub async fn events(&self, query: EventQuery) -> Result<Vec<Event>, Error> {
        let _ = query;
        todo!()
    }

    /// Returns one event.
    ///
    /// # Errors
    /// What the guide's database says.
    pub async fn event(&self, id: &EventId) -> Result<Option<Event>, Error> {
        let _ = id;
        todo!()
    }

    /// Returns events whose words match `text`, best first, still running at or after `from`.
    ///
    /// # Errors
    /// What the guide's database says.
    pub async fn search(
        &self,
        text: &str,
        from: Timestamp,
        limit: usize,
    ) -> Result<Vec<Event>, Error> {
        let _ = (text, from, limit);
        todo!()
    }

    /// Returns the titles that are on now or later, for forgiving matching; kept in memory.
    #[must_use]
    pub fn upcoming_titles(&self) -> Arc<[String]> {
        todo!()
    }

    /// Returns until when the guide knows anything.
    ///
    /// # Errors
    /// What the guide's database says.
    pub async fn guide_until(&self) -> Result<Option<Timestamp>, Error> {
        todo!()
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
