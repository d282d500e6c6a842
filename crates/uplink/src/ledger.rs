//! XEP-0198: what has been sent and not acknowledged, what has been handled, and how to go on after
//! the connection was lost.
//!
//! Left out: the elements on the wire and when they are sent, which is the login's and the session's.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use televisor_xmpp::{Element, ns};

/// Stanzas sent and not acknowledged, at most; then nothing more is taken from the queue.
const UNACKNOWLEDGED: usize = 256;

/// A stanza on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) stanza: Element,
    /// When it was queued.
    pub(crate) since: Timestamp,
    /// Whether it means something to a session other than the one it was sent in. Our own roster
    /// request does not.
    pub(crate) lasting: bool,
}

/// What a session is resumed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) id: String,
    /// Where the server would like us to come back.
    pub(crate) location: Option<String>,
    /// How long the server keeps the session, if it says.
    pub(crate) keeps: Option<Duration>,
}

/// The server acknowledges more than was sent (section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server acknowledges {acknowledged} stanzas of {sent}")]
pub(crate) struct TooMany {
    acknowledged: u32,
    sent: u32,
}

/// The counters and the queue of one session, over any number of connections.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    enabled: bool,
    token: Option<Token>,
    /// Stanzas received and done with, modulo 2^32.
    handled: u32,
    /// Stanzas of ours that the server has acknowledged, modulo 2^32.
    acknowledged: u32,
    sent: VecDeque<Outgoing>,
    /// Of sessions before this one.
    again: VecDeque<Outgoing>,
}

impl Ledger {
    /// Forgets the session before, as a fresh one begins. `handled` is what the server said about it,
    /// if it still knew (section 5). What may have been lost with it is to be sent again.
    pub(crate) fn begin_anew(&mut self, handled: Option<u32>) {
        if let Some(handled) = handled {
            // A count that cannot be is as good as none.
            let _ = self.acknowledge(handled);
        }
        // What is still to be sent again comes after what was.
        let mut again: VecDeque<_> = std::mem::take(&mut self.sent)
            .into_iter()
            .filter(|outgoing| outgoing.lasting)
            .collect();
        again.append(&mut self.again);
        *self = Self { again, ..Self::default() };
    }

    /// Takes the oldest stanza that is to be sent again in this session.
    pub(crate) fn next_again(&mut self) -> Option<Outgoing> {
        self.again.pop_front()
    }

    /// Puts back one that could not be sent.
    pub(crate) fn put_back(&mut self, outgoing: Outgoing) {
        if outgoing.lasting {
            self.again.push_front(outgoing);
        }
    }

    /// Begins to count: what follows `<enable/>` and `<enabled/>`.
    pub(crate) fn enable(&mut self, enabled: &Element) {
        let yes = matches!(enabled.attr("resume"), Some("true" | "1"));
        let id = enabled.attr("id").filter(|id| yes && !id.is_empty());
        self.enabled = true;
        self.token = id.map(|id| Token {
            id: id.to_owned(),
            location: enabled.attr("location").map(str::to_owned),
            keeps: enabled.attr("max").and_then(|s| s.parse().ok()).map(Duration::from_secs),
        });
    }

    /// What to resume with, if the session can be resumed.
    pub(crate) const fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Gives up resuming. What is unacknowledged stays.
    pub(crate) fn give_up(&mut self) {
        self.token = None;
    }

    pub(crate) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Whether more may be sent.
    pub(crate) fn has_room(&self) -> bool {
        self.sent.len() < UNACKNOWLEDGED
    }

    pub(crate) fn all_acknowledged(&self) -> bool {
        self.sent.is_empty()
    }

    /// Notes that a stanza is being sent.
    pub(crate) fn sent(&mut self, outgoing: Outgoing) {
        if self.enabled {
            self.sent.push_back(outgoing);
        }
    }

    /// Notes that a stanza has come and been done with.
    pub(crate) fn handled(&mut self) {
        if self.enabled {
            self.handled = self.handled.wrapping_add(1);
        }
    }

    /// Notes that the server has handled `h` stanzas in all.
    ///
    /// # Errors
    /// If that is more than were sent; nothing is changed then.
    pub(crate) fn acknowledge(&mut self, h: u32) -> Result<(), TooMany> {
        // The counters wrap (section 4): the difference tells.
        let news = h.wrapping_sub(self.acknowledged);
        let count = usize::try_from(news).unwrap_or(usize::MAX);
        if count > self.sent.len() {
            let waiting = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
            let sent = self.acknowledged.wrapping_add(waiting);
            return Err(TooMany { acknowledged: h, sent });
        }
        self.sent.drain(..count);
        self.acknowledged = h;
        Ok(())
    }

    /// What has not been acknowledged, oldest first.
    pub(crate) fn unacknowledged(&self) -> impl Iterator<Item = &Element> {
        self.sent.iter().map(|outgoing| &outgoing.stanza)
    }

    /// `<a/>`
    pub(crate) fn answer(&self) -> Element {
        Element::builder("a", ns::STREAM_MANAGEMENT).attr("h", self.handled.to_string()).build()
    }

    /// `<resume/>`, if the session can be resumed.
    pub(crate) fn resume(&self) -> Option<Element> {
        let token = self.token.as_ref()?;
        let resume = Element::builder("resume", ns::STREAM_MANAGEMENT)
            .attr("previd", &token.id)
            .attr("h", self.handled.to_string());
        Some(resume.build())
    }
}

/// Reads the count of `<a/>`, `<resumed/>` or `<failed/>`.
pub(crate) fn count(element: &Element) -> Option<u32> {
    element.attr("h")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(id: &str) -> Outgoing {
        let stanza = Element::builder("message", ns::CLIENT).attr("id", id).build();
        Outgoing { stanza, since: Timestamp::UNIX_EPOCH, lasting: id != "roster" }
    }

    fn enabled() -> Ledger {
        let mut ledger = Ledger::default();
        let element = Element::parse(
            b"<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true' max='300' location='[::1]:9'/>",
        );
        ledger.enable(&element.unwrap());
        ledger
    }

    fn ids(ledger: &Ledger) -> Vec<&str> {
        ledger.unacknowledged().filter_map(|stanza| stanza.attr("id")).collect()
    }

    fn again(ledger: &mut Ledger) -> Vec<String> {
        let next = || ledger.next_again();
        std::iter::from_fn(next)
            .map(|outgoing| outgoing.stanza.attr("id").unwrap().to_owned())
            .collect()
    }

    #[test]
    fn what_is_acknowledged_is_forgotten_oldest_first() {
        let mut ledger = enabled();
        ["a", "b", "c"].map(outgoing).into_iter().for_each(|o| ledger.sent(o));
        ledger.acknowledge(2).unwrap();
        assert_eq!(ids(&ledger), ["c"]);
        ledger.acknowledge(2).unwrap();
        ledger.acknowledge(4).unwrap_err();
        assert_eq!(ids(&ledger), ["c"]);
        // Less than before is, modulo 2^32, far too much.
        ledger.acknowledge(1).unwrap_err();
        ledger.acknowledge(3).unwrap();
        assert!(ledger.all_acknowledged());
    }

    #[test]
    fn the_counters_wrap() {
        let mut ledger = enabled();
        ledger.acknowledged = u32::MAX;
        ledger.handled = u32::MAX;
        ledger.sent(outgoing("a"));
        ledger.sent(outgoing("b"));
        ledger.acknowledge(0).unwrap();
        assert_eq!(ids(&ledger), ["b"]);
        ledger.handled();
        assert_eq!(ledger.answer().attr("h"), Some("0"));
    }

    #[test]
    fn a_fresh_session_gets_back_what_may_be_lost() {
        let mut ledger = enabled();
        ["roster", "a", "b"].map(outgoing).into_iter().for_each(|o| ledger.sent(o));
        ledger.handled();
        ledger.begin_anew(Some(2));
        assert!(ledger.token().is_none() && ledger.all_acknowledged() && !ledger.is_enabled());
        assert_eq!(again(&mut ledger), ["b"]);
        let mut ledger = enabled();
        ["roster", "a"].map(outgoing).into_iter().for_each(|o| ledger.sent(o));
        // A count that cannot be does not lose anything.
        ledger.begin_anew(Some(77));
        assert_eq!(again(&mut ledger), ["a"]);
    }

    #[test]
    fn what_is_sent_again_keeps_its_order_over_sessions_that_fail() {
        let mut ledger = enabled();
        ["a", "b", "c"].map(outgoing).into_iter().for_each(|o| ledger.sent(o));
        ledger.begin_anew(None);
        ledger.enable(&Element::new("enabled", ns::STREAM_MANAGEMENT));
        let first = ledger.next_again().unwrap();
        ledger.sent(first);
        let second = ledger.next_again().unwrap();
        ledger.put_back(second);
        ledger.begin_anew(None);
        assert_eq!(again(&mut ledger), ["a", "b", "c"]);
    }

    #[test]
    fn only_what_the_server_allows_is_resumed() {
        let ledger = enabled();
        let token = ledger.token().unwrap();
        assert_eq!(token.keeps, Some(Duration::from_secs(300)));
        assert_eq!(token.location.as_deref(), Some("[::1]:9"));
        let resume = ledger.resume().unwrap();
        assert_eq!((resume.attr("previd"), resume.attr("h")), (Some("x"), Some("0")));
        let mut plain = Ledger::default();
        plain.enable(&Element::new("enabled", ns::STREAM_MANAGEMENT));
        assert!(plain.is_enabled() && plain.resume().is_none());
    }

    #[test]
    fn nothing_is_kept_for_a_server_that_does_not_acknowledge() {
        let mut ledger = Ledger::default();
        ledger.sent(outgoing("a"));
        ledger.handled();
        assert!(ledger.all_acknowledged());
        assert_eq!(ledger.answer().attr("h"), Some("0"));
    }

    #[test]
    fn the_queue_has_a_bound() {
        let mut ledger = enabled();
        while ledger.has_room() {
            ledger.sent(outgoing("a"));
        }
        assert_eq!(ledger.unacknowledged().count(), UNACKNOWLEDGED);
    }
}
