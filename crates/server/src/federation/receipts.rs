//! Acknowledgement where the peer has no XEP-0198: after stanzas that must not be lost goes a ping
//! (XEP-0199), and its answer, whichever stream it comes by, says that they have arrived, because a
//! stream is handled in order.
//!
//! One ping follows everything that is written at once, so a flood of stanzas costs few of them, and a
//! peer that is told to stop has said what it handled. A peer that answers no pings is taken at its word
//! that what was written has arrived, as RFC 6120 alone would have it.

use std::collections::VecDeque;

use televisor_xmpp::element::Element;
use tokio::time::Instant;

use super::queue::Waiting;

/// The ids of our pings to other servers start so.
pub(super) const PING: &str = "s2s-ping-";

/// What was written and not yet acknowledged.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    kept: VecDeque<Waiting>,
    bytes: usize,
    /// Pings on their way, oldest first.
    asked: VecDeque<Asked>,
    /// How many were ever kept.
    count: u64,
}

#[derive(Debug)]
struct Asked {
    id: String,
    /// How many had been kept when it was sent.
    covers: u64,
    at: Instant,
}

impl Receipts {
    /// Notes a stanza that is written.
    pub(super) fn keep(&mut self, waiting: Waiting) {
        if matters(&waiting.stanza) {
            self.bytes += waiting.weight;
            self.kept.push_back(waiting);
            self.count += 1;
        }
    }

    /// Returns whether a ping is due, and notes it under this id.
    pub(super) fn ask(
        &mut self,
        id: impl FnOnce() -> Option<String>,
        now: Instant,
    ) -> Option<String> {
        let covered = self.asked.back().is_some_and(|asked| asked.covers == self.count);
        if covered || self.kept.is_empty() {
            return None;
        }
        let id = id()?;
        self.asked.push_back(Asked { id: id.clone(), covers: self.count, at: now });
        Some(id)
    }

    /// Takes the answer to a ping.
    pub(super) fn answered(&mut self, id: &str) {
        let Some(index) = self.asked.iter().position(|asked| asked.id == id) else { return };
        // An answer stands for those before it, were they lost.
        let Some(asked) = self.asked.drain(..=index).next_back() else { return };
        let first = self.count - u64::try_from(self.kept.len()).unwrap_or(self.count);
        for _ in first..asked.covers {
            if let Some(arrived) = self.kept.pop_front() {
                self.bytes = self.bytes.saturating_sub(arrived.weight);
            }
        }
    }

    /// Since when an answer is outstanding.
    pub(super) fn unanswered(&self) -> Option<Instant> {
        self.asked.front().map(|asked| asked.at)
    }

    /// What is on its way: stanzas, and bytes.
    pub(super) fn load(&self) -> (usize, usize) {
        (self.kept.len(), self.bytes)
    }

    /// Takes out what was not acknowledged.
    pub(super) fn give_up(&mut self) -> Vec<Waiting> {
        self.asked.clear();
        self.bytes = 0;
        self.kept.drain(..).collect()
    }
}

/// Whether the loss of a stanza is felt: a message, or a word on a subscription. Who waits for an
/// answer to an iq notices by himself, and presence is soon said again.
fn matters(stanza: &Element) -> bool {
    match (stanza.name(), stanza.attr("type")) {
        ("message", kind) => kind != Some("error"),
        ("presence", kind) => {
            matches!(kind, Some("subscribe" | "subscribed" | "unsubscribe" | "unsubscribed"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use televisor_xmpp::ns;

    use super::*;

    fn waiting(name: &str, kind: Option<&str>) -> Waiting {
        let stanza = Element::builder(name, ns::CLIENT).attr_opt("type", kind).build();
        Waiting { stanza, since: Instant::now(), weight: 5 }
    }

    #[test]
    fn an_answer_covers_what_was_written_before_its_question() {
        let mut receipts = Receipts::default();
        receipts.keep(waiting("message", None));
        let id = receipts.ask(|| Some("1".to_owned()), Instant::now()).unwrap();
        receipts.keep(waiting("message", Some("chat")));
        receipts.answered("another");
        assert_eq!(receipts.load(), (2, 10));
        receipts.answered(&id);
        assert_eq!(receipts.load(), (1, 5));
        assert_eq!(receipts.give_up().len(), 1);
    }

    #[test]
    fn each_is_asked_about_once_and_a_later_answer_covers_the_earlier() {
        let mut receipts = Receipts::default();
        let now = Instant::now();
        for id in ["1", "2", "3"] {
            receipts.keep(waiting("message", None));
            assert!(receipts.ask(|| Some(id.to_owned()), now).is_some());
            assert!(receipts.ask(|| Some(id.to_owned()), now).is_none());
        }
        receipts.answered("2");
        receipts.answered("1");
        assert_eq!(receipts.load(), (1, 5));
        receipts.answered("3");
        assert_eq!((receipts.load(), receipts.unanswered()), ((0, 0), None));
    }

    #[test]
    fn only_what_must_not_be_lost_is_kept() {
        let mut receipts = Receipts::default();
        for (name, kind) in [("presence", None), ("iq", Some("get")), ("message", Some("error"))] {
            receipts.keep(waiting(name, kind));
        }
        assert_eq!(receipts.load().0, 0);
        receipts.keep(waiting("presence", Some("subscribe")));
        assert_eq!(receipts.load().0, 1);
    }
}
