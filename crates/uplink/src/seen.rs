//! Messages that have been delivered already, for when the server delivers them again.
//!
//! A server that could not resume a session keeps what it had not seen acknowledged, and delivers it
//! to the next one, though it may have arrived. An id is unique to its sender only, and clients are
//! known to use one twice; so an entry counts for one repetition, and only in a later session.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use televisor_xmpp::{Kind, Stanza};

/// Messages remembered, at most: more than servers keep unacknowledged.
const REMEMBERED: usize = 512;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// In this session.
    now: VecDeque<u64>,
    /// In those before it, and not repeated yet.
    before: VecDeque<u64>,
}

impl Seen {
    /// A session begins that does not continue the one before.
    pub(crate) fn next_session(&mut self) {
        self.before.append(&mut self.now);
        while self.before.len() > REMEMBERED {
            self.before.pop_front();
        }
    }

    /// Says whether `stanza` was delivered in a session before this one; if not, it counts as
    /// delivered now. What has no id is new.
    pub(crate) fn is_repeated(&mut self, stanza: &Stanza) -> bool {
        let Some(print) = fingerprint(stanza) else { return false };
        if let Some(index) = self.before.iter().position(|other| *other == print) {
            self.before.remove(index);
            return true;
        }
        if self.now.len() == REMEMBERED {
            self.now.pop_front();
        }
        self.now.push_back(print);
        false
    }
}

/// Sender, id and text, in short.
fn fingerprint(stanza: &Stanza) -> Option<u64> {
    let Kind::Message(_) = stanza.kind() else { return None };
    let id = stanza.id().filter(|id| !id.is_empty())?;
    let mut hasher = DefaultHasher::new();
    stanza.from().map(ToString::to_string).hash(&mut hasher);
    id.hash(&mut hasher);
    stanza.body().hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use televisor_xmpp::{Element, ns};

    use super::*;

    fn message(id: &str, body: &str) -> Stanza {
        let element = Element::builder("message", ns::CLIENT)
            .attr("from", "joe@example.org/phone")
            .attr("id", id)
            .field("body", body);
        Stanza::try_from(element.build()).unwrap()
    }

    #[test]
    fn what_came_in_the_session_before_is_a_repetition_once() {
        let mut seen = Seen::default();
        assert!(!seen.is_repeated(&message("1", "now?")));
        // In one session a server does not repeat itself; a client may use an id twice.
        assert!(!seen.is_repeated(&message("1", "now?")));
        seen.next_session();
        assert!(!seen.is_repeated(&message("2", "now?")));
        assert!(!seen.is_repeated(&message("1", "next?")));
        assert!(seen.is_repeated(&message("1", "now?")));
        assert!(seen.is_repeated(&message("1", "now?")));
        assert!(!seen.is_repeated(&message("1", "now?")));
    }

    #[test]
    fn what_has_no_id_is_new() {
        let mut seen = Seen::default();
        assert!(!seen.is_repeated(&message("", "yes")));
        seen.next_session();
        assert!(!seen.is_repeated(&message("", "yes")));
    }

    #[test]
    fn a_repetition_is_known_over_several_sessions_and_memory_is_bounded() {
        let mut seen = Seen::default();
        assert!(!seen.is_repeated(&message("first", "x")));
        seen.next_session();
        seen.next_session();
        assert!(seen.is_repeated(&message("first", "x")));
        for number in 0..3 * REMEMBERED {
            seen.is_repeated(&message(&number.to_string(), "x"));
        }
        seen.next_session();
        assert_eq!(seen.before.len(), REMEMBERED);
    }
}
