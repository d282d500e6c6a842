//! Acknowledgement where the peer has no XEP-0198: after stanzas that must not be lost goes a ping
//! (XEP-0199), and its answer, whichever stream it comes by, says that they have arrived, because a
//! stream is handled in order.
//!
//! At most one ping is on its way, so a flood of stanzas costs few of them. A peer that answers no
//! pings is taken at its word that what was written has arrived, as RFC 6120 alone would have it.

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
    asked: Option<Asked>,
}

#[derive(Debug)]
struct Asked {
    id: String,
    /// How many of those kept were written before the ping.
    covers: usize,
    at: Instant,
}

impl Receipts {
    /// Notes a stanza that is written.
    pub(super) fn keep(&mut self, waiting: Waiting) {
        if matters(&waiting.stanza) {
            self.bytes += waiting.weight;
            self.kept.push_back(waiting);
        }
    }

    /// Returns whether a ping is due, and notes it under this id.
    pub(super) fn ask(
        &mut self,
        id: impl FnOnce() -> Option<String>,
        now: Instant,
    ) -> Option<String> {
        if self.asked.is_some() || self.kept.is_empty() {
            return None;
        }
        let id = id()?;
        self.asked = Some(Asked { id: id.clone(), covers: self.kept.len(), at: now });
        Some(id)
    }

    /// Takes the answer to a ping.
    pub(super) fn answered(&mut self, id: &str) {
        if let Some(asked) = self.asked.take_if(|asked| asked.id == id) {
            let arrived = self.kept.drain(..asked.covers.min(self.kept.len()));
            self.bytes = self.bytes.saturating_sub(arrived.map(|waiting| waiting.weight).sum());
        }
    }

    /// Since when an answer is outstanding.
    pub(super) fn unanswered(&self) -> Option<Instant> {
        self.asked.as_ref().map(|asked| asked.at)
    }

    /// What is on its way: stanzas, and bytes.
    pub(super) fn load(&self) -> (usize, usize) {
        (self.kept.len(), self.bytes)
    }

    /// Takes out what was not acknowledged.
    pub(super) fn give_up(&mut self) -> Vec<Waiting> {
        self.asked = None;
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
        assert_eq!(receipts.ask(|| Some("2".to_owned()), Instant::now()), None, "one at a time");
        receipts.answered("another");
        assert_eq!(receipts.load(), (2, 10));
        receipts.answered(&id);
        assert_eq!(receipts.load(), (1, 5));
        assert_eq!(receipts.give_up().len(), 1);
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
