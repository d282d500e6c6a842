//! What is remembered for a few minutes of the talk with other servers: questions under way, what has
//! been delivered, errors. All of it is bounded, and none of it outlives the process.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{IqType, Kind, MessageType, Stanza};
use tokio::time::Instant;

use crate::delivery::carbons::Copied;
use crate::delivery::standings::Standings;
use crate::features::caps::Made;
use crate::pubsub::interests::{self, Interests, PATIENCE};
use crate::push::Push;
use crate::remembered::Remembered;
use crate::storage::roster::Entry;

/// Questions under way in one share.
const QUESTIONS: usize = 256;

/// How long a question may be answered: longer than a stanza waits for a server that is away.
const ANSWERING: Duration = Duration::from_secs(10 * 60);

/// Stanzas remembered as delivered, in each of two generations.
const DELIVERED: usize = 2048;

/// How long one generation lasts. A stream that broke is re-established, and what was not
/// acknowledged on it is sent again, sooner than that.
const GENERATION: Duration = Duration::from_secs(5 * 60);

/// Errors that one domain may send in a minute before the rest is dropped.
const ERRORS: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);

/// Domains whose errors are counted at a time.
const DOMAINS: usize = 256;

/// What is remembered.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) asked: Asked,
    pub(crate) delivered: Delivered,
    pub(crate) errors: Errors,
    pub(crate) push: Push,
    pub(crate) standings: Standings,
    /// Rosters by account.
    pub(crate) rosters: Remembered<String, Arc<Vec<Entry>>>,
    /// The hash of the photo in each account's vCard.
    pub(crate) photos: Remembered<String, Option<String>>,
    pub(crate) copied: Copied,
    pub(crate) interests: Interests,
    pub(crate) caps: Made,
}

/// The iq requests sent to other servers that have not been answered. Whoever asks has a share of
/// its own, so that a server that answers nobody uses up no more than that.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    waiting: Mutex<HashMap<Question, Waiting>>,
}

/// Who asked whom, and the id.
type Question = (String, String, String);

#[derive(Debug)]
struct Waiting {
    share: Share,
    /// When an answer comes too late.
    until: Instant,
}

/// On whose behalf something is asked. There are no more of them than accounts and residents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Share {
    /// The account or resident with this bare address.
    Asker(String),
    /// The server itself, which wants to know what clients can (XEP-0115).
    Caps,
    /// An account whose devices are to be woken (XEP-0357).
    Push(String),
}

impl Share {
    /// How long its questions may be answered.
    const fn answering(&self) -> Duration {
        match self {
            Self::Asker(_) | Self::Push(_) => ANSWERING,
            Self::Caps => PATIENCE,
        }
    }

    /// How many of its questions may be under way.
    const fn questions(&self) -> usize {
        match self {
            Self::Asker(_) | Self::Push(_) => QUESTIONS,
            Self::Caps => interests::QUESTIONS,
        }
    }
}

impl Asked {
    /// Notes that a request goes out.
    pub(crate) fn note(&self, request: &Stanza, share: Share) -> Result<(), Condition> {
        let Some(question) = question(request.from(), request.to(), request.id()) else {
            return Err(Condition::BadRequest);
        };
        let (now, mut waiting) = (Instant::now(), lock(&self.waiting));
        let count = |waiting: &HashMap<_, Waiting>| {
            waiting.values().filter(|other| other.share == share).count()
        };
        if count(&waiting) >= share.questions() {
            waiting.retain(|_, other| now < other.until);
            if count(&waiting) >= share.questions() {
                return Err(Condition::ResourceConstraint);
            }
        }
        let until = now + share.answering();
        waiting.insert(question, Waiting { share, until });
        Ok(())
    }

    /// Whether this result or error answers a request; it does so once.
    pub(crate) fn answered(&self, answer: &Stanza) -> bool {
        let Some(question) = question(answer.to(), answer.from(), answer.id()) else {
            return false;
        };
        let asked = lock(&self.waiting).remove(&question);
        asked.is_some_and(|asked| Instant::now() < asked.until)
    }
}

fn question(asker: Option<&Jid>, asked: Option<&Jid>, id: Option<&str>) -> Option<Question> {
    Some((asker?.to_string(), asked?.to_string(), id?.to_owned()))
}

/// What has been delivered, to know it again: a server that re-establishes a stream sends once more
/// what was not acknowledged on the one that broke (XEP-0198 section 5).
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    generations: Mutex<Generations>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Generations {
    now: HashSet<u64>,
    before: HashSet<u64>,
    since: Option<Instant>,
}

impl Delivered {
    /// Whether the same stanza was here a few minutes ago; it is remembered now. The same is: same
    /// addresses, same id, and same content but for a delay stamp, so that a client that gives all
    /// it says one id loses nothing. What has no id is not known again, nor is a mere question.
    pub(crate) fn again(&self, stanza: &Stanza) -> bool {
        let told = match stanza.kind() {
            Kind::Message(kind) => kind != MessageType::Error,
            Kind::Iq(kind) => kind == IqType::Set,
            Kind::Presence(_) => false,
        };
        if !told || name(stanza.element()).is_none() {
            return false;
        }
        let mark = self.mark(stanza.element());
        let (now, mut generations) = (Instant::now(), lock(&self.generations));
        let since = *generations.since.get_or_insert(now);
        if now >= since + GENERATION || generations.now.len() >= DELIVERED {
            let old = since + 2 * GENERATION <= now;
            let last = std::mem::take(&mut generations.now);
            generations.before = if old { HashSet::new() } else { last };
            generations.since = Some(now);
        }
        generations.before.contains(&mark) || !generations.now.insert(mark)
    }

    fn mark(&self, stanza: &Element) -> u64 {
        let mut stanza = stanza.clone();
        stanza.retain_children(|child| !child.is("delay", ns::DELAY));
        self.hasher.hash_one(stanza.to_xml())
    }
}

/// The id, or that which XEP-0359 gives.
fn name(stanza: &Element) -> Option<&str> {
    let origin = || stanza.child("origin-id", ns::STANZA_ID).and_then(|origin| origin.attr("id"));
    stanza.attr("id").or_else(origin).filter(|id| !id.is_empty())
}

/// How many errors each domain has sent within the minute.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    counts: Mutex<HashMap<String, (u32, Instant)>>,
}

impl Errors {
    /// Whether one more error of this domain is worth handling.
    pub(crate) fn allows(&self, domain: &str) -> bool {
        let (now, mut counts) = (Instant::now(), lock(&self.counts));
        if counts.len() >= DOMAINS {
            counts.retain(|_, (_, since)| now < *since + MINUTE);
        }
        if counts.len() >= DOMAINS && !counts.contains_key(domain) {
            return false;
        }
        let (count, since) = counts.entry(domain.to_owned()).or_insert((0, now));
        if now >= *since + MINUTE {
            (*count, *since) = (0, now);
        }
        *count = count.saturating_add(1);
        *count <= ERRORS
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stanza(text: &str) -> Stanza {
        Stanza::try_from(Element::parse(text.as_bytes()).unwrap()).unwrap()
    }

    fn said(id: &str, text: &str) -> Stanza {
        stanza(&format!(
            "<message xmlns='jabber:client' from='joe@away.example/r' to='tv@house.example' id='{id}'>\
             <body>{text}</body></message>"
        ))
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_stream_sends_again_is_known_for_some_minutes() {
        let delivered = Delivered::default();
        assert!(!delivered.again(&said("1", "record the news")));
        assert!(delivered.again(&said("1", "record the news")));
        tokio::time::advance(GENERATION).await;
        assert!(!delivered.again(&said("2", "thanks")));
        assert!(delivered.again(&said("1", "record the news")));
        tokio::time::advance(2 * GENERATION).await;
        assert!(!delivered.again(&said("1", "record the news")));
    }

    #[tokio::test]
    async fn a_delay_stamp_makes_it_no_other() {
        let delivered = Delivered::default();
        assert!(!delivered.again(&said("1", "yes")));
        let mut again = said("1", "yes").into_element();
        again.push(Element::new("delay", ns::DELAY));
        assert!(delivered.again(&Stanza::try_from(again).unwrap()));
    }

    #[tokio::test]
    async fn another_text_under_the_same_id_is_another_message() {
        let delivered = Delivered::default();
        assert!(!delivered.again(&said("1", "record the news")));
        assert!(!delivered.again(&said("1", "no, the film")));
    }

    #[tokio::test]
    async fn questions_may_be_asked_again() {
        let delivered = Delivered::default();
        let ping = "<iq xmlns='jabber:client' from='joe@away.example/r' to='house.example' id='1' \
                    type='get'><ping xmlns='urn:xmpp:ping'/></iq>";
        assert!(!delivered.again(&stanza(ping)));
        assert!(!delivered.again(&stanza(ping)));
    }

    fn ask(id: usize) -> Stanza {
        stanza(&format!(
            "<iq xmlns='jabber:client' from='ann@house.example/r' to='joe@away.example' id='{id}' \
             type='get'><query xmlns='jabber:iq:version'/></iq>"
        ))
    }

    fn of(asker: &str) -> Share {
        Share::Asker(asker.to_owned())
    }

    /// Asks as many questions as there is room for, and returns how many that is.
    fn fill(asked: &Asked, share: &Share, first: usize) -> usize {
        let ids = first..first + 10_000;
        ids.take_while(|id| asked.note(&ask(*id), share.clone()).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_too_much_leaves_room_for_the_others() {
        let asked = Asked::default();
        let shares = [of("ann"), Share::Caps, Share::Push("ann".to_owned())];
        for (number, share) in shares.iter().enumerate() {
            assert_eq!(fill(&asked, share, number * 10_000), share.questions(), "{share:?}");
        }
        let refused = asked.note(&ask(99_998), of("ann"));
        assert_eq!(refused, Err(Condition::ResourceConstraint));
        asked.note(&ask(99_999), of("bob")).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_server_asks_of_clients_is_let_go_after_a_minute() {
        let asked = Asked::default();
        fill(&asked, &Share::Caps, 0);
        fill(&asked, &of("ann"), 10_000);
        tokio::time::advance(PATIENCE).await;
        asked.note(&ask(99_998), Share::Caps).unwrap();
        assert!(asked.note(&ask(99_999), of("ann")).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_once_and_in_time() {
        let answer = stanza(
            "<iq xmlns='jabber:client' to='ann@house.example/r' from='joe@away.example' id='1' \
             type='result'/>",
        );
        let asked = Asked::default();
        assert!(!asked.answered(&answer));
        asked.note(&ask(1), of("ann")).unwrap();
        assert!(asked.answered(&answer));
        assert!(!asked.answered(&answer));
        asked.note(&ask(1), of("ann")).unwrap();
        tokio::time::advance(ANSWERING).await;
        assert!(!asked.answered(&answer));
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_errors_is_cut_off_for_its_domain() {
        let errors = Errors::default();
        let heard = (0..1000).filter(|_| errors.allows("away.example")).count();
        assert_eq!(heard, 60);
        assert!(errors.allows("elsewhere.example"));
        tokio::time::advance(MINUTE).await;
        assert!(errors.allows("away.example"));
    }
}
