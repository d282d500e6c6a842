//! What a command is given: the receiver, who asks, when, and what is remembered.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, Zoned};
use televisor_model::{Actor, ChannelId, Event};
use televisor_receiver::{Error, EventQuery, Receiver};

use crate::answer::{Reply, showing};
use crate::controls::Controls;
use crate::matching::{ChannelIndex, TitleIndex};
use crate::memory::{Effect, Item, State};

/// How far ahead the guide is looked through.
pub(super) const HORIZON: SignedDuration = SignedDuration::from_hours(24 * 14);
/// How many entries one look takes.
pub(super) const ENTRIES: usize = 400;

/// What a command answers: an error is put into words in one place.
pub(super) type Outcome = Result<Reply, Error>;

/// One message being answered.
pub(crate) struct Turn<'a> {
    /// The television.
    pub(crate) receiver: &'a Receiver,
    /// What else can be done.
    pub(crate) controls: &'a dyn Controls,
    /// Who asks.
    pub(crate) actor: &'a Actor,
    /// The time it is.
    pub(crate) now: Zoned,
    /// The line-up.
    pub(crate) channels: Arc<ChannelIndex>,
    /// The guide's titles.
    pub(crate) titles: Arc<TitleIndex>,
    /// What is remembered.
    pub(crate) state: &'a mut State,
    /// What this message did.
    pub(crate) effects: Vec<Effect>,
}

impl Turn<'_> {
    /// The instant it is.
    pub(super) fn at(&self) -> Timestamp {
        self.now.timestamp()
    }

    /// Remembers a list of events.
    pub(super) fn list_events(&mut self, events: &[Event]) {
        let items = events.iter().cloned().map(|event| Item::Event(Box::new(event))).collect();
        self.state.list(items, self.now.timestamp());
    }

    /// Puts an event into words.
    pub(super) fn showing(&self, event: &Event) -> String {
        let channel = self.channels.name(&event.channel);
        showing(&event.programme.title, event.start, event.stop, &channel, &self.now)
    }

    /// Events that overlap a stretch of time, in order of time and then of the line-up.
    pub(super) async fn events(
        &self,
        channel: Option<ChannelId>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Event>, Error> {
        let query = EventQuery { channel, from, to, limit: ENTRIES };
        let mut events = self.receiver.events(query).await?;
        self.sort(&mut events);
        Ok(events)
    }

    /// Puts events in order of time and then of the line-up, each once.
    pub(super) fn sort(&self, events: &mut Vec<Event>) {
        let place = |event: &Event| {
            self.channels.all().iter().position(|channel| channel.id == event.channel)
        };
        events.sort_by_key(|event| (event.start, place(event), event.id.clone()));
        events.dedup_by(|a, b| a.id == b.id);
    }

    /// Says until when the guide reaches.
    pub(super) async fn guide_end(&self) -> String {
        match self.receiver.guide_until().await {
            Ok(Some(until)) => {
                let until = until.to_zoned(self.now.time_zone().clone());
                format!("up to {}", until.strftime("%a %-d %b"))
            }
            _ => "(it is empty)".to_owned(),
        }
    }

    /// The same as a clause: what to know when nothing was found.
    pub(super) async fn guide_reach(&self) -> String {
        match self.receiver.guide_until().await {
            Ok(Some(_)) => format!("the guide reaches {}", self.guide_end().await),
            _ => "the guide is empty".to_owned(),
        }
    }
}
