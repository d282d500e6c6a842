//! Sessions by account and resource, and the way to each.
//!
//! One map behind one lock that is never held across an await. Each session has a bounded outbox;
//! whoever does not read it is disconnected, and nobody waits for it. A stanza is rendered once for
//! all sessions that see the host under the same name.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::FullJid;
use televisor_xmpp::stream::StreamCondition;
use tokio::time::timeout;

use crate::accounts::Peer;
use crate::outbox::{Addressed, Outbox, Render, Rendering};
use crate::sequence::Sequence;
use crate::stream_management::counted::Counted;
use crate::stream_management::unacknowledged::Sent;

/// Names one session for as long as the process runs; a resource that is bound again is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub(crate) u64);

/// The session that a stanza came from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its bound address, canonical.
    pub jid: FullJid,
    /// The localpart of its account.
    pub account: String,
    /// Which session.
    pub session: SessionId,
    /// The other end.
    pub peer: Peer,
    /// The address as text: it is written into every stanza of the session.
    pub(crate) address: String,
    /// The language of its stream, if others would not assume it.
    pub(crate) lang: Option<Arc<str>>,
    /// The account's credentials that it knew.
    pub(crate) credentials: Option<[u8; 32]>,
    /// How many of its stanzas were handled, once they are counted (XEP-0198).
    pub(crate) counted: OnceLock<Arc<Counted>>,
}

impl Origin {
    /// Returns the bound address as text.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// How far a session has got, and what it said last.
#[derive(Debug, Clone)]
pub struct Session {
    /// Where it came from.
    pub origin: Arc<Origin>,
    /// Whether it asked for the roster (RFC 6121 section 2.2).
    pub interested: bool,
    /// Whether it wants to see what the account's other sessions say and hear (XEP-0280).
    pub carbons: bool,
    /// Whether it asked for the list of whom the account blocks (XEP-0191).
    pub blocklist: bool,
    /// Its availability; `None` while it is only connected, or said `unavailable`.
    pub available: Option<Available>,
    /// When it became available, or was bound.
    pub(crate) since: u64,
    /// Whom it sent directed presence to (RFC 6121 section 4.6), canonical.
    pub directed: BTreeSet<String>,
}

/// An available session's priority and the presence that said so, `from` stamped, without `to`.
#[derive(Debug, Clone)]
pub struct Available {
    /// From -128 to 127.
    pub priority: i8,
    /// The last broadcast presence.
    pub presence: Element,
    /// Whether the client itself said in it that there is no picture of its owner (XEP-0398 section 4).
    pub hides_photo: bool,
}

/// The sessions of this server. Cheap to clone.
#[derive(Clone, Default)]
pub struct Router {
    accounts: Arc<Mutex<HashMap<String, Vec<Entry>>>>,
    sequence: Sequence,
}

/// A session whose place another has taken.
pub(crate) struct Replaced {
    pub(crate) session: Session,
    pub(crate) outbox: Outbox,
}

struct Entry {
    session: Session,
    outbox: Outbox,
}

impl Router {
    /// Returns what numbers the moments in which sessions come and are sent something.
    pub(crate) const fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// Returns the sessions of one account, in the order they were bound.
    #[must_use]
    pub fn sessions(&self, account: &str) -> Vec<Session> {
        let map = self.lock();
        let entries = map.get(account).into_iter().flatten();
        sorted(entries.map(|entry| entry.session.clone()).collect())
    }

    /// Returns every session.
    #[must_use]
    pub fn all(&self) -> Vec<Session> {
        let map = self.lock();
        sorted(map.values().flatten().map(|entry| entry.session.clone()).collect())
    }

    /// Returns how many sessions there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().values().map(Vec::len).sum()
    }

    /// Returns the session bound to this address.
    #[must_use]
    pub fn session(&self, jid: &FullJid) -> Option<Session> {
        self.with(jid, |entry| entry.session.clone())
    }

    /// Returns the name of this host as a session spells it.
    #[must_use]
    pub fn spelling(&self, origin: &Origin) -> Option<String> {
        self.with(&origin.jid, |entry| entry.outbox.view().spelling().to_owned())
    }

    /// Whether an account has a session.
    #[must_use]
    pub fn is_connected(&self, account: &str) -> bool {
        self.lock().contains_key(account)
    }

    /// Whether a session is bound to this address.
    #[must_use]
    pub fn is_bound(&self, jid: &FullJid) -> bool {
        self.with(jid, |_| ()).is_some()
    }

    /// Looks at an account's sessions as they are, without a copy of them.
    pub(crate) fn look<T>(
        &self,
        account: &str,
        look: impl FnOnce(&mut dyn Iterator<Item = &Session>) -> T,
    ) -> T {
        let map = self.lock();
        look(&mut map.get(account).into_iter().flatten().map(|entry| &entry.session))
    }

    /// Returns the outboxes of an account's available sessions with at least this priority, each with
    /// its address.
    pub(crate) fn available(&self, account: &str, least: i8) -> Vec<(String, Outbox)> {
        let map = self.lock();
        let entries = map.get(account).into_iter().flatten();
        let wanted = entries
            .filter(|entry| entry.session.available.as_ref().is_some_and(|a| a.priority >= least));
        let outbox = |entry: &Entry| (entry.session.origin.address.clone(), entry.outbox.clone());
        wanted.map(outbox).collect()
    }

    /// Sends a stanza to an account's available sessions with at least this priority; returns how many
    /// took it.
    pub(crate) fn send_available(&self, account: &str, least: i8, stanza: &Element) -> usize {
        let mut rendering = Rendering::new(stanza);
        let outboxes = self.available(account, least);
        outboxes.iter().filter(|(_, outbox)| outbox.offer(&mut rendering)).count()
    }

    /// Returns the outbox of the session bound to this address.
    pub(crate) fn outbox(&self, jid: &FullJid) -> Option<Outbox> {
        self.with(jid, |entry| entry.outbox.clone())
    }

    /// Notes that a session goes on from elsewhere.
    pub(crate) fn moved(&self, origin: &Arc<Origin>) {
        self.change(origin, |session| session.origin = Arc::clone(origin));
    }

    /// Notes that a session wants roster pushes.
    pub fn set_interested(&self, origin: &Origin) {
        self.change(origin, |session| session.interested = true);
    }

    /// Notes that a session asked whom its account blocks, and wants to know of changes.
    pub(crate) fn set_blocklist(&self, origin: &Origin) {
        self.change(origin, |session| session.blocklist = true);
    }

    /// Notes whether a session wants copies of what the account's others say and hear (XEP-0280).
    pub fn set_carbons(&self, origin: &Origin, on: bool) {
        self.change(origin, |session| session.carbons = on);
    }

    /// Returns the sessions of an account that want copies of what its others say and hear.
    pub(crate) fn wanting_carbons(&self, account: &str) -> Vec<FullJid> {
        let map = self.lock();
        let resources = map.get(account).into_iter().flatten();
        let wanting = resources.filter(|entry| entry.session.carbons);
        wanting.map(|entry| entry.session.origin.jid.clone()).collect()
    }

    /// Notes a session's availability, and returns what it was before.
    pub fn set_available(&self, origin: &Origin, now: Option<Available>) -> Option<Available> {
        let replace = |session: &mut Session| {
            if session.available.is_none() {
                session.since = self.sequence.next();
            }
            std::mem::replace(&mut session.available, now)
        };
        self.change(origin, replace).flatten()
    }

    /// Notes whom a session sent directed presence to, or from whom it took it back. Returns whether
    /// there was room for that.
    #[must_use]
    pub fn set_directed(&self, origin: &Origin, to: &str, on: bool) -> bool {
        let noted = self.change(origin, |session| {
            if !on {
                session.directed.remove(to);
                return true;
            }
            let room = session.directed.len() < DIRECTED || session.directed.contains(to);
            if room {
                session.directed.insert(to.to_owned());
            }
            room
        });
        noted.unwrap_or_default()
    }

    /// Sends a stanza to exactly one session. Returns whether there is such a session: one that does
    /// not read is ended, and counts as gone.
    #[expect(clippy::must_use_candidate, reason = "most pushes do not care")]
    pub fn send(&self, to: &FullJid, stanza: &Element) -> bool {
        self.send_all(std::slice::from_ref(to), stanza) == 1
    }

    /// Sends a session what it asked for, in its own task, waiting while it reads; returns whether it
    /// still does.
    pub(crate) async fn answer(&self, to: &FullJid, stanza: &Element) -> bool {
        let Some(outbox) = self.outbox(to) else { return false };
        let room = timeout(ANSWER, outbox.room()).await.is_ok();
        if room {
            outbox.answer(stanza);
        }
        room
    }

    /// Sends the same stanza, as it is, to several sessions; returns how many took it.
    #[expect(clippy::must_use_candidate, reason = "most pushes do not care")]
    pub fn send_all(&self, to: &[FullJid], stanza: &Element) -> usize {
        self.send_counted(to, &mut Rendering::new(stanza), |_, _| {})
    }

    /// Does as [`Router::send_all`], and tells `note` which sessions count it (XEP-0198).
    pub(crate) fn send_counted(
        &self,
        to: &[FullJid],
        rendering: &mut impl Render,
        mut note: impl FnMut(&FullJid, Sent),
    ) -> usize {
        let mut taken = 0;
        for jid in to {
            let Some(outbox) = self.outbox(jid) else { continue };
            let Ok(sent) = outbox.offer_counted(rendering) else { continue };
            taken += 1;
            if let Some(sent) = sent {
                note(jid, sent);
            }
        }
        taken
    }

    /// Sends the same stanza to several sessions, to each under its own address: it is written once.
    pub(crate) fn send_each(&self, to: &[FullJid], stanza: &Element) {
        let mut rendering = Addressed::new(stanza);
        for jid in to {
            if let Some(outbox) = self.outbox(jid) {
                outbox.offer(rendering.to(&jid.to_string()));
            }
        }
    }

    /// Whether nobody is connected to this session now (XEP-0198).
    pub(crate) fn is_parked(&self, jid: &FullJid) -> bool {
        self.outbox(jid).is_some_and(|outbox| outbox.is_parked())
    }

    /// Whether an account may have one more session, of at most `most`: of those whose clients are away
    /// the oldest makes room.
    pub(crate) fn make_room(&self, account: &str, most: usize) -> bool {
        let map = self.lock();
        let mut staying =
            map.get(account).into_iter().flatten().filter(|e| e.outbox.ending().is_none());
        if staying.clone().count() < most {
            return true;
        }
        let away = staying.find(|entry| entry.outbox.is_parked());
        away.inspect(|entry| entry.outbox.end(StreamCondition::ResourceConstraint)).is_some()
    }

    /// Ends every session of an account with a stream error.
    pub fn end(&self, account: &str, condition: StreamCondition) {
        for entry in self.lock().get(account).into_iter().flatten() {
            entry.outbox.end(condition);
        }
    }

    /// Ends every session with a stream error.
    pub(crate) fn end_all(&self, condition: StreamCondition) {
        for entry in self.lock().values().flatten() {
            entry.outbox.end(condition);
        }
    }

    /// Ends one session with a stream error, unless another has its resource already; returns what it
    /// was to be sent.
    pub(crate) fn end_session(
        &self,
        origin: &Origin,
        condition: StreamCondition,
    ) -> Option<Outbox> {
        let outbox = self.with(&origin.jid, |entry| {
            let same = entry.session.origin.session == origin.session;
            same.then(|| entry.outbox.clone())
        });
        outbox.flatten().inspect(|outbox| outbox.end(condition))
    }

    /// Puts a session in; returns the one it replaces, which has been told of the conflict.
    pub(crate) fn bind(
        &self,
        jid: FullJid,
        account: &str,
        credentials: Option<[u8; 32]>,
        peer: Peer,
        lang: Option<Arc<str>>,
        outbox: Outbox,
    ) -> (Arc<Origin>, Option<Replaced>) {
        let session = SessionId(self.sequence.next());
        let address = jid.to_string();
        let account = account.to_owned();
        let counted = OnceLock::new();
        let origin =
            Arc::new(Origin { jid, account, session, peer, address, lang, credentials, counted });
        let session = Session {
            origin: Arc::clone(&origin),
            interested: false,
            carbons: false,
            blocklist: false,
            available: None,
            since: session.0,
            directed: BTreeSet::new(),
        };
        let entry = Entry { session, outbox };
        let mut map = self.lock();
        // Most accounts have one session, and a vector makes room for four.
        let entries = map.entry(origin.account.clone()).or_insert_with(|| Vec::with_capacity(1));
        let old = place(entries, origin.jid.resourcepart());
        let replaced = old.map(|old| entries.remove(old)).map(|old| {
            old.outbox.end(StreamCondition::Conflict);
            Replaced { session: old.session, outbox: old.outbox }
        });
        entries.push(entry);
        (origin, replaced)
    }

    /// Takes a session out, unless it has been replaced already.
    pub(crate) fn unbind(&self, origin: &Origin) -> Option<Session> {
        let mut map = self.lock();
        let entries = map.get_mut(&origin.account)?;
        let held = entries.iter().position(|e| e.session.origin.session == origin.session)?;
        let entry = entries.remove(held);
        if entries.is_empty() {
            map.remove(&origin.account);
        }
        Some(entry.session)
    }

    fn change<T>(&self, origin: &Origin, change: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let mut map = self.lock();
        let entries = map.get_mut(&origin.account)?;
        let entry = entries.iter_mut().find(|e| e.session.origin.session == origin.session)?;
        Some(change(&mut entry.session))
    }

    fn with<T>(&self, jid: &FullJid, read: impl FnOnce(&Entry) -> T) -> Option<T> {
        let map = self.lock();
        let entries = map.get(jid.localpart()?)?;
        entries.get(place(entries, jid.resourcepart())?).map(read)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Entry>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a session may take to read one more part of an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Addresses one session may have sent directed presence to: more than a household holds.
const DIRECTED: usize = 64;

/// Finds the entry of a resource.
fn place(entries: &[Entry], resource: &str) -> Option<usize> {
    entries.iter().position(|entry| entry.session.origin.jid.resourcepart() == resource)
}

fn sorted(mut sessions: Vec<Session>) -> Vec<Session> {
    sessions.sort_by_key(|session| session.origin.session);
    sessions
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router").field("sessions", &self.count()).finish_non_exhaustive()
    }
}
