//! What is remembered of each speaker: the last list, the open question, the last thing done.
//!
//! Bounded in every way: so many speakers, so many items, ten minutes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use televisor_model::{DeviceId, Event, Padding, TimerId};
use tokio::sync::Mutex;

/// How long numbers and questions stay valid.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long the last action can be undone; a day, because people look again in the evening.
const UNDO_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How many speakers are remembered; a household with a few hundred threads of talk is none.
const MAX_SPEAKERS: usize = 256;
/// How many items a list can have.
const MAX_ITEMS: usize = 200;

/// A thing in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// An entry of the guide.
    Event(Box<Event>),
    /// A timer.
    Timer(TimerId),
    /// A recording: its title is all that can be spoken of yet.
    Recording(String),
    /// A device.
    Device(DeviceId),
    /// Somebody's own account elsewhere: its bare JID.
    Contact(String),
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// Which of the list to record.
    Record,
    /// Which of the list to cancel.
    Cancel,
    /// Which of the list to un-pair.
    Forget,
    /// Whether to stop what is being recorded.
    StopRunning(TimerId),
    /// Whether to un-pair this one.
    ForgetThis(DeviceId),
    /// Whether to let this account in.
    Allow(String),
    /// Whether the account that is asking wants to go.
    Leave(String),
}

/// Something that was done and can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A timer was made.
    Made(TimerId),
    /// A timer was taken back.
    Cancelled(TimerId),
    /// A timer's padding was changed from this.
    Padded(TimerId, Padding),
    /// An account was invited.
    Invited(String),
    /// Something that cannot be taken back, in words.
    Final(&'static str),
}

/// What is remembered of one speaker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    list: Vec<Item>,
    listed: Option<Timestamp>,
    question: Option<(Question, Timestamp)>,
    done: Vec<Effect>,
    done_at: Option<Timestamp>,
    /// Whether it was the very last message that did it.
    just: bool,
    /// What `it` is.
    pub(crate) it: Option<Item>,
    /// The lines that `more` shows.
    pub(crate) pages: Vec<String>,
    /// What else the last wish could have meant.
    pub(crate) others: Vec<Event>,
}

impl State {
    /// Remembers a list, which replaces the one before and its further pages.
    pub(crate) fn list(&mut self, items: Vec<Item>, now: Timestamp) {
        self.list = items;
        self.list.truncate(MAX_ITEMS);
        self.listed = Some(now);
        if let [only] = self.list.as_slice() {
            self.it = Some(only.clone());
        }
    }

    /// Returns the list while its numbers are valid.
    pub(crate) fn items(&self, now: Timestamp) -> &[Item] {
        if fresh(self.listed, now, LIFE) { &self.list } else { &[] }
    }

    /// Returns an item by its number, counted from one; `u32::MAX` is the last.
    pub(crate) fn item(&self, number: u32, now: Timestamp) -> Option<Item> {
        let items = self.items(now);
        if number == u32::MAX {
            return items.last().cloned();
        }
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        items.get(at).cloned()
    }

    /// Asks.
    pub(crate) fn ask(&mut self, question: Question, now: Timestamp) {
        self.question = Some((question, now));
    }

    /// Returns whether a question waits.
    pub(crate) fn asked(&self, now: Timestamp) -> Option<&Question> {
        let (question, at) = self.question.as_ref()?;
        fresh(Some(*at), now, LIFE).then_some(question)
    }

    /// Drops the question; returns it if it was still open.
    pub(crate) fn take_question(&mut self, now: Timestamp) -> Option<Question> {
        let (question, at) = self.question.take()?;
        fresh(Some(at), now, LIFE).then_some(question)
    }

    /// Remembers what one message did.
    pub(crate) fn did(&mut self, effects: Vec<Effect>, now: Timestamp) {
        self.done = effects;
        self.done_at = Some(now);
        self.just = true;
    }

    /// Notes that a message did nothing: what was done before is no longer the last thing said.
    pub(crate) fn did_nothing(&mut self) {
        self.just = false;
    }

    /// Returns the timers that the very last message made.
    pub(crate) fn just_made(&self, now: Timestamp) -> Vec<Effect> {
        let done = if self.just { self.done(now) } else { &[] };
        done.iter().filter(|effect| matches!(effect, Effect::Made(_))).cloned().collect()
    }

    /// Returns what was done last, while it can be taken back.
    pub(crate) fn done(&self, now: Timestamp) -> &[Effect] {
        if fresh(self.done_at, now, UNDO_LIFE) { &self.done } else { &[] }
    }

    /// Returns the timer that was made or changed last, else the one that was cancelled.
    pub(crate) fn last_timer(&self, now: Timestamp) -> Option<TimerId> {
        let done = || self.done(now).iter().rev();
        let set = done().find_map(|effect| match effect {
            Effect::Made(id) | Effect::Padded(id, _) => Some(*id),
            Effect::Cancelled(_) | Effect::Invited(_) | Effect::Final(_) => None,
        });
        set.or_else(|| {
            done().find_map(|effect| match effect {
                Effect::Cancelled(id) => Some(*id),
                Effect::Made(_) | Effect::Padded(..) | Effect::Invited(_) | Effect::Final(_) => {
                    None
                }
            })
        })
    }
}

/// One speaker's state, and how it was before their last message.
#[derive(Debug, Default)]
pub(crate) struct Thread {
    /// How it is.
    pub(crate) state: State,
    /// The last message: its id, the state before it, and what it did.
    pub(crate) last: Option<Last>,
}

/// A speaker's last message.
#[derive(Debug, Clone)]
pub(crate) struct Last {
    /// Its id, or that of its last correction.
    pub(crate) id: String,
    /// The state before it.
    pub(crate) before: State,
    /// What it did.
    pub(crate) effects: Vec<Effect>,
}

/// All speakers' memory.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    threads: StdMutex<HashMap<String, Kept>>,
}

/// When a thread was last used, in turns, and the thread.
type Kept = (u64, Arc<Mutex<Thread>>);

impl Memory {
    /// Returns a speaker's thread; the one longest silent makes room.
    pub(crate) fn thread(&self, key: &str) -> Arc<Mutex<Thread>> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = threads.values().map(|(turn, _)| *turn).max().unwrap_or(0) + 1;
        if !threads.contains_key(key) && threads.len() >= MAX_SPEAKERS {
            let oldest = threads.iter().min_by_key(|(_, (turn, _))| *turn);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                threads.remove(&oldest);
            }
        }
        let entry = threads.entry(key.to_owned()).or_default();
        entry.0 = turn;
        Arc::clone(&entry.1)
    }
}

fn fresh(at: Option<Timestamp>, now: Timestamp, life: SignedDuration) -> bool {
    at.is_some_and(|at| now.duration_since(at) <= life)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_valid_for_ten_minutes() {
        let mut state = State::default();
        let now = Timestamp::UNIX_EPOCH;
        state.list(vec![Item::Timer(TimerId(7))], now);
        let minutes = |n| now + SignedDuration::from_mins(n);
        assert_eq!(state.item(1, minutes(10)), Some(Item::Timer(TimerId(7))));
        assert_eq!(state.item(1, minutes(11)), None);
        assert_eq!(state.item(2, now), None);
        assert_eq!(state.item(u32::MAX, now), Some(Item::Timer(TimerId(7))));
    }

    #[test]
    fn only_so_many_speakers_are_remembered() {
        let memory = Memory::default();
        for n in 0..1000 {
            drop(memory.thread(&n.to_string()));
        }
        assert_eq!(memory.threads.lock().unwrap().len(), MAX_SPEAKERS);
    }
}
