//! XEP-0060 section 9.2, XEP-0115: which nodes each available client wants to hear of, as far as that
//! has been found out. Bounded, and forgotten with the process; what kinds of client want is also
//! kept on disk.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::time::Instant;

use crate::pubsub::node::bare;

/// Resources remembered, all together.
const SEEN: usize = 4096;

/// Resources elsewhere remembered for one account.
const SEEN_OF_ACCOUNT: usize = 256;

/// Kinds of client remembered in memory.
const KINDS: usize = 512;

/// Questions under way, and how long an answer may take.
pub(crate) const QUESTIONS: usize = 512;
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Questions under way to the clients of one contact or account: more than anybody uses at a time.
const QUESTIONS_TO_ONE: usize = 16;

/// Nodes one client may want, the bytes of the name of each, and of a caps attribute.
pub(crate) const WANTED: usize = 128;
pub(crate) const WANTED_BYTES: usize = 256;
const ATTRIBUTE: usize = 256;

/// The nodes a client wants to hear of.
pub(crate) type Wanted = Arc<BTreeSet<String>>;

/// What a presence says about what its client can (XEP-0115 section 4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Caps {
    pub(crate) hash: Option<String>,
    pub(crate) node: String,
    pub(crate) version: String,
}

impl Caps {
    /// Reads the caps of a presence, if it has some that can be made use of.
    pub(crate) fn of(presence: &Element) -> Option<Self> {
        let c = presence.child("c", ns::CAPS)?;
        let hash = c.attr("hash").map(str::to_owned);
        let (node, version) = (c.attr("node")?.to_owned(), c.attr("ver")?.to_owned());
        let short = [&node, &version].iter().all(|text| text.len() <= ATTRIBUTE)
            && hash.as_ref().is_none_or(|hash| hash.len() <= ATTRIBUTE);
        short.then_some(Self { hash, node, version })
    }
}

/// A resource whose presence somebody here sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Watcher {
    /// Who sees it: the account, for a resource elsewhere; nobody in particular for one here, whose
    /// presence is known anyway.
    pub(crate) seen_by: Option<String>,
    /// Its full address.
    pub(crate) jid: String,
}

/// What is to be done about a presence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: it wants nothing, or nothing new.
    Nothing,
    /// It newly wants these nodes.
    Tell(Wanted),
    /// It is not known what it wants.
    Unknown(Caps),
}

#[derive(Debug)]
struct Seen {
    caps: Caps,
    /// What it wants; `None` while that is not known.
    wanted: Option<Wanted>,
    /// What it wanted before its caps changed, and has been told.
    told: Wanted,
    /// Whether it has been asked what its caps mean: whoever answers wrongly once is left alone.
    asked: bool,
}

#[derive(Debug)]
struct Question {
    watcher: Watcher,
    caps: Caps,
    asked: Instant,
}

/// What is known.
#[derive(Debug, Default)]
pub(crate) struct Interests {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    seen: HashMap<Watcher, Seen>,
    kinds: HashMap<Caps, Wanted>,
    questions: HashMap<String, Question>,
}

impl Interests {
    /// Notes what an available resource says of itself.
    pub(crate) fn seen(&self, watcher: &Watcher, caps: Option<Caps>) -> Step {
        let mut inner = self.lock();
        let Some(caps) = caps else {
            inner.seen.remove(watcher);
            return Step::Nothing;
        };
        let known = inner.kinds.get(&caps).cloned();
        if let Some(seen) = inner.seen.get_mut(watcher) {
            if seen.caps == caps {
                return Step::Nothing;
            }
            seen.told = seen.wanted.take().unwrap_or_else(|| Arc::clone(&seen.told));
            seen.caps = caps.clone();
            seen.asked = false;
        } else if inner.has_room(watcher) {
            let told = Wanted::default();
            let seen = Seen { caps: caps.clone(), wanted: None, told, asked: false };
            inner.seen.insert(watcher.clone(), seen);
        } else {
            return Step::Nothing;
        }
        match known {
            Some(wanted) => inner.settle(watcher, &wanted).map_or(Step::Nothing, Step::Tell),
            None => Step::Unknown(caps),
        }
    }

    /// Forgets a resource that has gone.
    pub(crate) fn gone(&self, watcher: &Watcher) {
        self.lock().seen.remove(watcher);
    }

    /// Notes what a kind of client wants; returns the resources of that kind that newly want nodes.
    pub(crate) fn learn(&self, caps: &Caps, wanted: &Wanted) -> Vec<(Watcher, Wanted)> {
        let mut inner = self.lock();
        if inner.kinds.len() >= KINDS {
            inner.kinds.clear();
        }
        inner.kinds.insert(caps.clone(), Arc::clone(wanted));
        let open = |seen: &Seen| seen.caps == *caps && seen.wanted.is_none();
        let watchers: Vec<Watcher> =
            inner.seen.iter().filter(|(_, seen)| open(seen)).map(|(w, _)| w.clone()).collect();
        let settled = watchers.into_iter().filter_map(|watcher| {
            let new = inner.settle(&watcher, wanted)?;
            Some((watcher, new))
        });
        settled.collect()
    }

    /// Notes what this one resource wants, whose caps prove nothing about others.
    pub(crate) fn learn_one(
        &self,
        watcher: &Watcher,
        caps: &Caps,
        wanted: &Wanted,
    ) -> Option<Wanted> {
        let mut inner = self.lock();
        let same = inner.seen.get(watcher).is_some_and(|seen| seen.caps == *caps);
        if same { inner.settle(watcher, wanted) } else { None }
    }

    /// Notes that a resource is asked what it can; `false` if another of its kind has been just now,
    /// whose answer will do.
    pub(crate) fn ask(&self, watcher: &Watcher, caps: &Caps, id: &str) -> bool {
        let (mut guard, now) = (self.lock(), Instant::now());
        let inner = &mut *guard;
        inner.questions.retain(|_, question| now < question.asked + PATIENCE);
        let alike = |question: &Question| {
            question.caps == *caps && (caps.hash.is_some() || question.watcher == *watcher)
        };
        if inner.questions.values().any(alike) || !inner.may_ask(bare(&watcher.jid)) {
            return false;
        }
        match inner.seen.get_mut(watcher) {
            Some(seen) if !seen.asked => seen.asked = true,
            Some(_) | None => return false,
        }
        let question = Question { watcher: watcher.clone(), caps: caps.clone(), asked: now };
        inner.questions.insert(id.to_owned(), question);
        true
    }

    /// Returns who was asked, if this answers a question; that is answered then.
    pub(crate) fn answered(&self, id: &str, from: &str) -> Option<(Watcher, Caps)> {
        let mut inner = self.lock();
        if inner.questions.get(id)?.watcher.jid != from {
            return None;
        }
        let question = inner.questions.remove(id)?;
        Some((question.watcher, question.caps))
    }

    /// Returns another resource of this kind that has not been asked what it wants.
    pub(crate) fn another(&self, caps: &Caps) -> Option<Watcher> {
        let inner = self.lock();
        let mut open = inner
            .seen
            .iter()
            .filter(|(_, seen)| seen.caps == *caps && seen.wanted.is_none() && !seen.asked);
        open.next().map(|(watcher, _)| watcher.clone())
    }

    /// Returns the resources here, and those elsewhere that `account` sees, that want the node.
    pub(crate) fn wanting(&self, account: &str, node: &str) -> Vec<String> {
        let inner = self.lock();
        let wants = |watcher: &Watcher, seen: &Seen| {
            watcher.seen_by.as_ref().is_none_or(|seen_by| seen_by == account)
                && seen.wanted.as_ref().is_some_and(|wanted| wanted.contains(node))
        };
        let seen = inner.seen.iter().filter(|(watcher, seen)| wants(watcher, seen));
        seen.map(|(watcher, _)| watcher.jid.clone()).collect()
    }

    /// Returns the resources of a contact that `account` sees, with what they want.
    pub(crate) fn of_contact(&self, account: &str, contact: &str) -> Vec<(String, Wanted)> {
        let inner = self.lock();
        let seen = inner.seen.iter().filter(|(watcher, _)| {
            watcher.seen_by.as_ref().is_none_or(|seen_by| seen_by == account)
                && bare(&watcher.jid) == contact
        });
        let wanted = seen.filter_map(|(w, seen)| Some((w.jid.clone(), seen.wanted.clone()?)));
        wanted.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn has_room(&self, watcher: &Watcher) -> bool {
        let Some(account) = &watcher.seen_by else { return self.seen.len() < 2 * SEEN };
        let of_account = self.seen.keys().filter(|w| w.seen_by.as_ref() == Some(account)).count();
        self.seen.len() < SEEN && of_account < SEEN_OF_ACCOUNT
    }

    /// Whether one more question to a client of this account or contact is not too much.
    fn may_ask(&self, address: &str) -> bool {
        let to_one = self.questions.values().filter(|q| bare(&q.watcher.jid) == address).count();
        self.questions.len() < QUESTIONS && to_one < QUESTIONS_TO_ONE
    }

    /// Notes what a resource wants; returns what of that it has not been told.
    fn settle(&mut self, watcher: &Watcher, wanted: &Wanted) -> Option<Wanted> {
        let seen = self.seen.get_mut(watcher)?;
        let new: BTreeSet<String> = wanted.difference(&seen.told).cloned().collect();
        seen.wanted = Some(Arc::clone(wanted));
        (!new.is_empty()).then(|| Arc::new(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(version: &str) -> Caps {
        let hash = Some("sha-1".to_owned());
        Caps { hash, node: "urn:client".to_owned(), version: version.to_owned() }
    }

    fn here(jid: &str) -> Watcher {
        Watcher { seen_by: None, jid: jid.to_owned() }
    }

    fn wanted(nodes: &[&str]) -> Wanted {
        Arc::new(nodes.iter().map(|node| (*node).to_owned()).collect())
    }

    #[test]
    fn one_answer_does_for_all_of_a_kind() {
        let interests = Interests::default();
        let (one, two) = (here("ann@house.example/a"), here("bob@house.example/b"));
        assert_eq!(interests.seen(&one, Some(caps("1"))), Step::Unknown(caps("1")));
        assert!(interests.ask(&one, &caps("1"), "q1"));
        assert_eq!(interests.seen(&two, Some(caps("1"))), Step::Unknown(caps("1")));
        assert!(!interests.ask(&two, &caps("1"), "q2"));
        assert!(interests.answered("q1", "ann@house.example/a").is_some());
        assert_eq!(interests.learn(&caps("1"), &wanted(&["urn:n"])).len(), 2);
        assert_eq!(interests.wanting("eve", "urn:n").len(), 2);
    }

    #[test]
    fn presence_again_tells_nothing_again() {
        let interests = Interests::default();
        let ann = here("ann@house.example/a");
        interests.learn(&caps("1"), &wanted(&["urn:n"]));
        assert_eq!(interests.seen(&ann, Some(caps("1"))), Step::Tell(wanted(&["urn:n"])));
        assert_eq!(interests.seen(&ann, Some(caps("1"))), Step::Nothing);
    }

    #[test]
    fn caps_that_change_tell_what_is_new() {
        let interests = Interests::default();
        let ann = here("ann@house.example/a");
        interests.learn(&caps("1"), &wanted(&["urn:a"]));
        interests.learn(&caps("2"), &wanted(&["urn:a", "urn:b"]));
        interests.seen(&ann, Some(caps("1")));
        assert_eq!(interests.seen(&ann, Some(caps("2"))), Step::Tell(wanted(&["urn:b"])));
    }

    #[test]
    fn an_answer_of_somebody_else_is_none() {
        let interests = Interests::default();
        let ann = here("ann@house.example/a");
        interests.seen(&ann, Some(caps("1")));
        interests.ask(&ann, &caps("1"), "q1");
        assert!(interests.answered("q1", "eve@house.example/x").is_none());
    }

    #[test]
    fn whoever_has_been_asked_is_not_asked_again() {
        let interests = Interests::default();
        let (one, two) = (here("ann@house.example/a"), here("bob@house.example/b"));
        interests.seen(&one, Some(caps("1")));
        interests.seen(&two, Some(caps("1")));
        assert!(interests.ask(&one, &caps("1"), "q1"));
        interests.answered("q1", "ann@house.example/a");
        assert_eq!(interests.another(&caps("1")), Some(two.clone()));
        assert!(interests.ask(&two, &caps("1"), "q2"));
        interests.answered("q2", "bob@house.example/b");
        assert_eq!(interests.another(&caps("1")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_contact_that_answers_nothing_is_asked_a_little_and_the_others_as_well() {
        let interests = Interests::default();
        let ask = |jid: &str, version: &str| {
            let watcher = Watcher { seen_by: Some("ann".to_owned()), jid: jid.to_owned() };
            interests.seen(&watcher, Some(caps(version)));
            interests.ask(&watcher, &caps(version), version)
        };
        let asked = (0..1000).filter(|version| ask("joe@away.example/r", &version.to_string()));
        assert_eq!(asked.count(), QUESTIONS_TO_ONE);
        assert!(ask("eve@away.example/r", "another"));
        tokio::time::advance(PATIENCE).await;
        assert!(ask("joe@away.example/r", "later"));
    }

    #[test]
    fn what_one_account_sees_is_not_told_to_another() {
        let interests = Interests::default();
        let joe = Watcher { seen_by: Some("ann".to_owned()), jid: "joe@away.example/r".to_owned() };
        interests.learn(&caps("1"), &wanted(&["urn:n"]));
        interests.seen(&joe, Some(caps("1")));
        assert_eq!(interests.wanting("ann", "urn:n"), ["joe@away.example/r"]);
        assert!(interests.wanting("bob", "urn:n").is_empty());
    }

    #[test]
    fn an_account_does_not_remember_more_than_it_may() {
        let interests = Interests::default();
        interests.learn(&caps("1"), &wanted(&["urn:n"]));
        for number in 0..1000 {
            let jid = format!("joe@away.example/{number}");
            interests.seen(&Watcher { seen_by: Some("ann".to_owned()), jid }, Some(caps("1")));
        }
        assert_eq!(interests.wanting("ann", "urn:n").len(), SEEN_OF_ACCOUNT);
    }
}
