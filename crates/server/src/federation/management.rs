//! XEP-0198 between servers: what was sent and not yet acknowledged, what was received.
//!
//! Pure: the stream writes and reads the elements. Where the peer does not offer it, `receipts`
//! does what can be done without.

use std::collections::VecDeque;
use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::ns;

use super::peer::Peer;
use super::queue::Waiting;

/// A stanza that was written, and for whom.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) peer: Arc<Peer>,
    pub(super) waiting: Waiting,
}

/// The two counters of a stream, and what the peer has not acknowledged.
#[derive(Debug, Default)]
pub(super) struct Management {
    /// By which the stream can be resumed.
    pub(super) id: Option<String>,
    /// Stanzas received and handled.
    pub(super) handled: u32,
    /// Stanzas sent.
    sent: u32,
    unacknowledged: VecDeque<Sent>,
    bytes: usize,
    /// How many acknowledgements were asked for and have not come.
    outstanding: u32,
    /// How many stanzas had been sent when one was last asked for.
    asked_at: u32,
}

/// The peer acknowledges more than it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooHigh {
    pub(super) acknowledged: u32,
    pub(super) sent: u32,
}

impl Management {
    /// A stream that can be resumed by this id.
    pub(super) fn resumable(id: Option<String>) -> Self {
        Self { id, ..Self::default() }
    }

    /// Notes a stanza that is written.
    pub(super) fn sent(&mut self, sent: Sent) {
        self.sent = self.sent.wrapping_add(1);
        self.bytes += sent.waiting.weight;
        self.unacknowledged.push_back(sent);
    }

    /// Notes a stanza that was handled.
    pub(super) fn handled(&mut self) {
        self.handled = self.handled.wrapping_add(1);
    }

    /// Takes an acknowledgement of everything up to the `h`th stanza.
    pub(super) fn acknowledge(&mut self, h: u32) -> Result<(), TooHigh> {
        let waiting = u32::try_from(self.unacknowledged.len()).unwrap_or(u32::MAX);
        let before = self.sent.wrapping_sub(waiting);
        let new = h.wrapping_sub(before);
        if new > waiting {
            return Err(TooHigh { acknowledged: h, sent: self.sent });
        }
        self.outstanding = self.outstanding.saturating_sub(1);
        for _ in 0..new {
            if let Some(sent) = self.unacknowledged.pop_front() {
                self.bytes = self.bytes.saturating_sub(sent.waiting.weight);
            }
        }
        if self.unacknowledged.is_empty() {
            self.outstanding = 0;
        }
        Ok(())
    }

    /// Whether to ask for an acknowledgement now; notes that it is done.
    ///
    /// It is asked for once after everything that is written at once, whether or not the answer to
    /// an earlier question has come. Then the question travels with the stanzas, and a peer that is
    /// told to stop has said what it handled: Prosody acknowledges nothing on closing a stream, so
    /// what it was not asked about would be sent a second time.
    pub(super) fn ask(&mut self) -> bool {
        let new = self.outstanding == 0 || self.asked_at != self.sent;
        let ask = new && !self.unacknowledged.is_empty();
        if ask {
            self.outstanding = self.outstanding.saturating_add(1);
            self.asked_at = self.sent;
        }
        ask
    }

    /// What is on its way: stanzas, and bytes.
    pub(super) fn load(&self) -> (usize, usize) {
        (self.unacknowledged.len(), self.bytes)
    }

    /// What was not acknowledged, to be sent again on the same, resumed stream.
    pub(super) fn again(&mut self) -> impl Iterator<Item = &Sent> {
        self.outstanding = 0;
        self.unacknowledged.iter()
    }

    /// Takes out what was not acknowledged, to be sent on another stream.
    pub(super) fn give_up(&mut self) -> Vec<Sent> {
        self.bytes = 0;
        self.outstanding = 0;
        self.unacknowledged.drain(..).collect()
    }
}

/// Sorts stanzas by whom they are for.
pub(super) fn by_peer(sent: Vec<Sent>) -> Vec<(Arc<Peer>, Vec<Waiting>)> {
    let mut sorted: Vec<(Arc<Peer>, Vec<Waiting>)> = Vec::new();
    for Sent { peer, waiting } in sent {
        match sorted.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &peer)) {
            Some((_, stanzas)) => stanzas.push(waiting),
            None => sorted.push((peer, vec![waiting])),
        }
    }
    sorted
}

/// `<sm/>`, the stream feature.
pub(super) fn feature() -> Element {
    Element::builder("sm", ns::STREAM_MANAGEMENT)
        .child(Element::new("optional", ns::STREAM_MANAGEMENT))
        .build()
}

/// `<enable/>`, asking for resumption.
pub(super) fn enable() -> Element {
    Element::builder("enable", ns::STREAM_MANAGEMENT).attr("resume", "true").build()
}

/// `<enabled/>`, with the id by which the stream can be resumed for `max` seconds.
pub(super) fn enabled(resumable: Option<(&str, u64)>) -> Element {
    let enabled = Element::builder("enabled", ns::STREAM_MANAGEMENT);
    match resumable {
        None => enabled.build(),
        Some((id, max)) => {
            enabled.attr("id", id).attr("resume", "true").attr("max", max.to_string()).build()
        }
    }
}

/// `<resume/>` or `<resumed/>`.
pub(super) fn resumption(name: &str, id: &str, handled: u32) -> Element {
    let element = Element::builder(name, ns::STREAM_MANAGEMENT);
    element.attr("previd", id).attr("h", handled.to_string()).build()
}

/// `<failed/>`
pub(super) fn failed(condition: Condition) -> Element {
    Element::builder("failed", ns::STREAM_MANAGEMENT)
        .child(Element::new(condition.as_str(), ns::STANZA_ERRORS))
        .build()
}

/// `<r/>`
pub(super) fn request() -> Element {
    Element::new("r", ns::STREAM_MANAGEMENT)
}

/// `<a/>`
pub(super) fn acknowledgement(handled: u32) -> Element {
    Element::builder("a", ns::STREAM_MANAGEMENT).attr("h", handled.to_string()).build()
}

/// Reads `h` of an element.
pub(super) fn h(element: &Element) -> Option<u32> {
    element.attr("h")?.parse().ok()
}

/// Whether the boolean attribute `resume` is set.
pub(super) fn resumable(element: &Element) -> bool {
    matches!(element.attr("resume"), Some("true" | "1"))
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::super::Limits;
    use super::*;

    fn sent(text: &str) -> Sent {
        let stanza = Element::builder("message", ns::CLIENT).field("body", text).build();
        Sent {
            peer: Arc::new(Peer::new("example.org", &Limits::default(), Instant::now())),
            waiting: Waiting { stanza, since: Instant::now(), weight: 10 },
        }
    }

    fn texts(sent: Vec<Sent>) -> Vec<String> {
        let body = |s: Sent| s.waiting.stanza.child("body", ns::CLIENT).map(Element::text);
        sent.into_iter().filter_map(body).collect()
    }

    #[test]
    fn what_is_acknowledged_is_forgotten_and_the_rest_is_sent_again() {
        let mut management = Management::default();
        ["a", "b", "c"].into_iter().for_each(|text| management.sent(sent(text)));
        assert_eq!(management.load(), (3, 30));
        assert_eq!(management.acknowledge(2), Ok(()));
        assert_eq!(management.acknowledge(2), Ok(()), "the same again is no error");
        assert_eq!(management.load(), (1, 10));
        assert_eq!(texts(management.give_up()), ["c"]);
    }

    #[test]
    fn acknowledging_what_was_never_sent_is_an_error() {
        let mut management = Management::default();
        management.sent(sent("a"));
        assert_eq!(management.acknowledge(2), Err(TooHigh { acknowledged: 2, sent: 1 }));
        assert!(management.acknowledge(u32::MAX).is_err(), "nor what was before the first");
    }

    #[test]
    fn the_counters_wrap() {
        let mut management = Management { sent: u32::MAX, ..Management::default() };
        ["a", "b"].into_iter().for_each(|text| management.sent(sent(text)));
        assert_eq!(management.acknowledge(0), Ok(()));
        assert_eq!(management.load().0, 1);
        assert_eq!(management.acknowledge(1), Ok(()));
        assert_eq!(management.load().0, 0);
    }

    #[test]
    fn one_question_after_everything_that_is_written() {
        let mut management = Management::default();
        assert!(!management.ask(), "nothing was sent");
        management.sent(sent("a"));
        assert!(management.ask() && !management.ask());
        management.sent(sent("b"));
        assert!(management.ask(), "the answer to the first says nothing of b");
        management.acknowledge(0).unwrap();
        assert!(!management.ask(), "one answer is still to come");
        management.acknowledge(1).unwrap();
        assert!(management.ask(), "b was not acknowledged");
    }
}
