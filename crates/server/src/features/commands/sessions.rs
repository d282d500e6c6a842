//! Commands that are being carried out. Each belongs to one session of the server, one address and
//! one command; it is kept in memory, a while, and no more than a few for each.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use televisor_xmpp::payload::forms::{Answers, Form};
use tokio::time::Instant;

use crate::feature::Target;
use crate::router::SessionId;

/// How long a form may lie open.
pub(super) const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Commands that one session may carry out at a time; the oldest makes room for another.
const PER_SESSION: usize = 8;

/// Commands of all sessions together: each holds some forms.
const ALL: usize = 512;

/// Forms of one command: more than any has.
pub(super) const STAGES: usize = 16;

/// Ids of what is over that are remembered, to tell them from those that never were.
const OVER: usize = 1024;

/// A command that is being carried out.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// Whose it is.
    pub(super) owner: SessionId,
    /// At which address.
    pub(super) target: Target,
    /// Which command.
    pub(super) node: String,
    /// The forms that were asked, the open one last; and whether that is the last of all.
    pub(super) asked: Vec<(Form, bool)>,
    /// What was answered to all but the open one.
    pub(super) answers: Vec<Answers>,
    last: Instant,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: HashMap<String, Session>,
    over: VecDeque<String>,
}

/// Where an id leads.
#[derive(Debug)]
pub(super) enum Found {
    /// To a session, which is taken out.
    Open(Session),
    /// To one that is over.
    Over,
    /// Nowhere.
    Unknown,
}

impl Session {
    pub(super) fn new(owner: SessionId, target: Target, node: &str) -> Self {
        let (node, last) = (node.to_owned(), Instant::now());
        Self { owner, target, node, asked: Vec::new(), answers: Vec::new(), last }
    }

    fn is_stale(&self) -> bool {
        self.last.elapsed() > PATIENCE
    }
}

impl Sessions {
    /// Takes out the session by this id, if it is this owner's, for this command at this address.
    pub(super) fn take(
        &mut self,
        id: &str,
        owner: SessionId,
        target: &Target,
        node: &str,
    ) -> Found {
        self.expire();
        let Some(session) = self.open.get(id) else {
            let over = self.over.iter().any(|over| over == id);
            return if over { Found::Over } else { Found::Unknown };
        };
        if session.owner != owner || session.target != *target || session.node != node {
            return Found::Unknown;
        }
        self.open.remove(id).map_or(Found::Unknown, Found::Open)
    }

    /// Keeps a session, and makes room for it.
    pub(super) fn put(&mut self, id: String, mut session: Session) {
        self.expire();
        session.last = Instant::now();
        let owner = session.owner;
        let of_owner = self.open.values().filter(|other| other.owner == owner).count();
        if of_owner >= PER_SESSION {
            self.drop_oldest(|other| other.owner == owner);
        } else if self.open.len() >= ALL {
            self.drop_oldest(|_| true);
        }
        self.open.insert(id, session);
    }

    /// Notes that a session is over.
    pub(super) fn end(&mut self, id: String) {
        if self.over.len() >= OVER {
            self.over.pop_front();
        }
        self.over.push_back(id);
    }

    fn expire(&mut self) {
        let stale = self.open.iter().filter(|(_, session)| session.is_stale());
        let stale: Vec<String> = stale.map(|(id, _)| id.clone()).collect();
        for id in stale {
            self.open.remove(&id);
            self.end(id);
        }
    }

    fn drop_oldest(&mut self, among: impl Fn(&Session) -> bool) {
        let candidates = self.open.iter().filter(|(_, session)| among(session));
        let oldest = candidates.min_by_key(|(_, session)| session.last).map(|(id, _)| id.clone());
        if let Some(id) = oldest {
            self.open.remove(&id);
            self.end(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: SessionId = SessionId(1);
    const OTHER: SessionId = SessionId(2);

    fn open(sessions: &mut Sessions, id: &str, owner: SessionId) {
        sessions.put(id.to_owned(), Session::new(owner, Target::Server, "n"));
    }

    fn take(sessions: &mut Sessions, id: &str, owner: SessionId) -> Found {
        sessions.take(id, owner, &Target::Server, "n")
    }

    #[tokio::test(start_paused = true)]
    async fn a_form_that_lay_open_too_long_is_over() {
        let mut sessions = Sessions::default();
        open(&mut sessions, "1", OWNER);
        tokio::time::advance(PATIENCE + Duration::from_secs(1)).await;
        assert!(matches!(take(&mut sessions, "1", OWNER), Found::Over));
        assert!(matches!(take(&mut sessions, "2", OWNER), Found::Unknown));
    }

    #[tokio::test]
    async fn a_session_is_for_its_owner_its_command_and_its_address() {
        let mut sessions = Sessions::default();
        open(&mut sessions, "1", OWNER);
        assert!(matches!(take(&mut sessions, "1", OTHER), Found::Unknown));
        let elsewhere = Target::Resident("tv".to_owned());
        assert!(matches!(sessions.take("1", OWNER, &elsewhere, "n"), Found::Unknown));
        assert!(matches!(sessions.take("1", OWNER, &Target::Server, "m"), Found::Unknown));
        assert!(matches!(take(&mut sessions, "1", OWNER), Found::Open(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_makes_room() {
        let mut sessions = Sessions::default();
        open(&mut sessions, "theirs", OTHER);
        for number in 0..=PER_SESSION {
            tokio::time::advance(Duration::from_secs(1)).await;
            open(&mut sessions, &number.to_string(), OWNER);
        }
        assert!(matches!(take(&mut sessions, "0", OWNER), Found::Over));
        assert!(matches!(take(&mut sessions, "1", OWNER), Found::Open(_)));
        assert!(matches!(take(&mut sessions, "theirs", OTHER), Found::Open(_)));
    }
}
