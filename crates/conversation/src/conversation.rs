//! The conversation: takes what was said, does it, and answers.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use televisor_model::{Actor, Channel, Contact};
use televisor_receiver::Receiver;

use crate::answer::compose;
use crate::commands::{Turn, perform, take_back};
use crate::controls::Controls;
use crate::matching::{ChannelIndex, TitleIndex};
use crate::memory::{Effect, Last, Memory, Question, State, Thread};
use crate::parse::{Context, parse};

/// Who is talking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Names the thread of talk, such as a bare JID: its memory is its own.
    pub key: String,
    /// Who it is, for what they may do.
    pub actor: Actor,
}

/// One message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What it says.
    pub text: String,
    /// The message's own id, where the transport has one.
    pub id: Option<String>,
    /// The id of the message that it corrects (XEP-0308).
    pub replaces: Option<String>,
}

/// What is answered: never empty, at most 6 lines and 600 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The first line is the result.
    pub text: String,
    /// Whether it asks something back, which the next message may answer.
    pub asks: bool,
}

/// Understands, acts and answers; cheap to clone.
#[derive(Clone)]
pub struct Conversation {
    inner: Arc<Inner>,
}

struct Inner {
    receiver: Receiver,
    controls: Arc<dyn Controls>,
    memory: Memory,
    /// That of people who have not shown who they are: a crowd of them crowds nobody else out.
    passersby: Memory,
    indexes: Mutex<Option<Indexes>>,
}

/// The line-up and the guide's titles, indexed once for as long as they stay the same.
#[derive(Clone)]
struct Indexes {
    channels_of: Arc<[Channel]>,
    channels: Arc<ChannelIndex>,
    titles_of: Arc<[String]>,
    titles: Arc<TitleIndex>,
}

impl Conversation {
    /// Makes a conversation about this receiver.
    #[must_use]
    pub fn new(receiver: Receiver, controls: Arc<dyn Controls>) -> Self {
        let inner = Inner {
            receiver,
            controls,
            memory: Memory::default(),
            passersby: Memory::default(),
            indexes: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Does what was said and answers it. One speaker's messages are taken one after another.
    ///
    /// Cancelling may leave a command done and its answer unsaid.
    pub async fn say(&self, speaker: &Speaker, said: Said) -> Answer {
        let memory =
            if speaker.actor.is_passerby() { &self.inner.passersby } else { &self.inner.memory };
        let thread = memory.thread(&speaker.key);
        let mut thread = thread.lock().await;
        let text = match &said.replaces {
            Some(replaced) => match thread.last.take_if(|last| last.id == *replaced) {
                Some(last) => self.correct(speaker, &mut thread, &said, last).await,
                None => {
                    "Only your last message can be corrected: say it again as a new one.".into()
                }
            },
            None => self.answer(speaker, &mut thread, &said, None).await,
        };
        let asks = thread.state.asked(self.inner.receiver.clock().now()).is_some();
        Answer { text, asks }
    }

    /// Asks a speaker whether an account that has accepted may come in: a `yes` or `no` that comes
    /// next is about that. Returns whether it is; another question that waits for its answer goes
    /// first, and `allow` with the address is understood at any time.
    pub async fn ask_to_allow(&self, key: &str, contact: &Contact) -> bool {
        let thread = self.inner.memory.thread(key);
        let mut thread = thread.lock().await;
        let now = self.inner.receiver.clock().now();
        if thread.state.asked(now).is_some() {
            return false;
        }
        thread.state.ask(Question::Allow(contact.jid.clone()), now);
        true
    }

    /// Takes back what the corrected message did, and does this one from the state before it.
    async fn correct(
        &self,
        speaker: &Speaker,
        thread: &mut Thread,
        said: &Said,
        last: Last,
    ) -> String {
        if last.effects.iter().any(|effect| matches!(effect, Effect::Final(_))) {
            return "Too late: that cannot be undone.".to_owned();
        }
        let mut undone = last.before.clone();
        let mut turn = self.turn(speaker, &mut undone);
        let lines = take_back(&mut turn, &last.effects).await;
        thread.state = last.before;
        let note = (!lines.is_empty()).then_some("Your last message was taken back.");
        let corrected = Said { id: said.replaces.clone(), ..said.clone() };
        self.answer(speaker, thread, &corrected, note).await
    }

    async fn answer(
        &self,
        speaker: &Speaker,
        thread: &mut Thread,
        said: &Said,
        note: Option<&str>,
    ) -> String {
        let before = thread.state.clone();
        let mut turn = self.turn(speaker, &mut thread.state);
        let context = Context {
            now: &turn.now,
            channels: &turn.channels,
            titles: &turn.titles,
            asked: turn.state.asked(turn.now.timestamp()).is_some(),
        };
        let intent = parse(&said.text, &context);
        let mut reply = Box::pin(perform(&mut turn, intent)).await;
        let (effects, now) = (std::mem::take(&mut turn.effects), turn.now.timestamp());
        if let Some(note) = note.filter(|_| reply.tail.is_none()) {
            reply.tail = Some(note.to_owned());
        }
        let (text, pages) = compose(reply);
        if !pages.is_empty() || thread.state.items(now) != before.items(now) {
            thread.state.pages = pages;
        }
        if effects.is_empty() {
            thread.state.did_nothing();
        } else {
            thread.state.did(effects.clone(), now);
        }
        thread.last = said.id.clone().map(|id| Last { id, before, effects });
        text
    }

    fn turn<'a>(&'a self, speaker: &'a Speaker, state: &'a mut State) -> Turn<'a> {
        let indexes = self.indexes();
        Turn {
            receiver: &self.inner.receiver,
            controls: &*self.inner.controls,
            actor: &speaker.actor,
            now: self.inner.receiver.clock().zoned(),
            channels: indexes.channels,
            titles: indexes.titles,
            state,
            effects: Vec::new(),
        }
    }

    fn indexes(&self) -> Indexes {
        let channels_of = self.inner.receiver.channels();
        let titles_of = self.inner.receiver.upcoming_titles();
        let mut held = self.inner.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        let channels =
            held.as_ref().filter(|held| Arc::ptr_eq(&held.channels_of, &channels_of)).map_or_else(
                || Arc::new(ChannelIndex::new(Arc::clone(&channels_of))),
                |held| Arc::clone(&held.channels),
            );
        let titles = held
            .as_ref()
            .filter(|held| Arc::ptr_eq(&held.titles_of, &titles_of))
            .map_or_else(|| Arc::new(TitleIndex::new(&titles_of)), |held| Arc::clone(&held.titles));
        let indexes = Indexes { channels_of, channels, titles_of, titles };
        *held = Some(indexes.clone());
        indexes
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").finish_non_exhaustive()
    }
}
