//! What was sent on a stream and has not been acknowledged. Pure: the streams write and read.

use std::collections::VecDeque;

/// Something that was sent.
pub(crate) trait Weighed {
    /// Its bytes, as far as they count.
    fn weight(&self) -> usize;
}

/// Stanzas sent, in order, from the first that was not acknowledged.
#[derive(Debug)]
pub(crate) struct Ledger<T> {
    /// Stanzas sent, all in all; it wraps (section 4).
    sent: u32,
    unacknowledged: VecDeque<T>,
    bytes: usize,
    /// How many acknowledgements were asked for and have not come.
    outstanding: u32,
    /// How many stanzas had been sent when one was last asked for.
    asked_at: u32,
}

/// The peer acknowledges more than it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooHigh {
    pub(crate) acknowledged: u32,
    pub(crate) sent: u32,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { sent: 0, unacknowledged: VecDeque::new(), bytes: 0, outstanding: 0, asked_at: 0 }
    }
}

impl<T: Weighed> Ledger<T> {
    /// Notes a stanza that is written.
    pub(crate) fn push(&mut self, sent: T) {
        self.sent = self.sent.wrapping_add(1);
        self.bytes += sent.weight();
        self.unacknowledged.push_back(sent);
    }

    /// Takes an acknowledgement of everything up to the `h`th stanza; says how many are new.
    pub(crate) fn acknowledge(&mut self, h: u32) -> Result<u32, TooHigh> {
        let new = h.wrapping_sub(self.acknowledged());
        if new > self.len() {
            return Err(TooHigh { acknowledged: h, sent: self.sent });
        }
        self.outstanding = self.outstanding.saturating_sub(1);
        for _ in 0..new {
            if let Some(sent) = self.unacknowledged.pop_front() {
                self.bytes = self.bytes.saturating_sub(sent.weight());
            }
        }
        if self.unacknowledged.is_empty() {
            self.outstanding = 0;
            // The room of a burst is not held for ever.
            self.unacknowledged.shrink_to(KEPT);
        }
        Ok(new)
    }

    /// Whether to ask for an acknowledgement now; notes that it is done.
    ///
    /// It is asked for once after everything that is written at once, whether or not the answer to
    /// an earlier question has come. Then the question travels with the stanzas, and a peer that is
    /// told to stop has said what it handled: Prosody acknowledges nothing on closing a stream, so
    /// what it was not asked about would be sent a second time.
    pub(crate) fn ask(&mut self) -> bool {
        let new = self.outstanding == 0 || self.asked_at != self.sent;
        let ask = new && !self.unacknowledged.is_empty();
        if ask {
            self.asked();
        }
        ask
    }

    /// Whether to ask although an answer is outstanding: not before that has come, so that a client
    /// answers once for a burst and not for each part of it. Notes that it is done.
    pub(crate) fn ask_once(&mut self) -> bool {
        self.outstanding == 0 && self.ask()
    }

    /// Notes that an acknowledgement was asked for, whatever is on its way.
    pub(crate) fn asked(&mut self) {
        self.outstanding = self.outstanding.saturating_add(1);
        self.asked_at = self.sent;
    }

    /// How many stanzas have been sent, all in all: the number of the last of them.
    pub(crate) const fn sent(&self) -> u32 {
        self.sent
    }

    /// What is on its way: stanzas, and bytes.
    pub(crate) fn load(&self) -> (usize, usize) {
        (self.unacknowledged.len(), self.bytes)
    }

    /// What was not acknowledged, to be sent again on the same, resumed stream.
    pub(crate) fn again(&mut self) -> impl Iterator<Item = &T> {
        self.outstanding = 0;
        self.unacknowledged.iter()
    }

    /// Returns what was not acknowledged.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.unacknowledged.iter()
    }

    /// Takes out what was not acknowledged, to be sent in another way.
    pub(crate) fn give_up(&mut self) -> Vec<T> {
        self.bytes = 0;
        self.outstanding = 0;
        self.unacknowledged.drain(..).collect()
    }

    /// How many stanzas have been acknowledged, all in all.
    pub(crate) fn acknowledged(&self) -> u32 {
        self.sent.wrapping_sub(self.len())
    }

    fn len(&self) -> u32 {
        u32::try_from(self.unacknowledged.len()).unwrap_or(u32::MAX)
    }
}

/// Places kept in an empty ledger.
const KEPT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    impl Weighed for &str {
        fn weight(&self) -> usize {
            10
        }
    }

    fn ledger(texts: &[&'static str]) -> Ledger<&'static str> {
        let mut ledger = Ledger::default();
        texts.iter().copied().for_each(|text| ledger.push(text));
        ledger
    }

    #[test]
    fn what_is_acknowledged_is_forgotten_and_the_rest_is_sent_again() {
        let mut ledger = ledger(&["a", "b", "c"]);
        assert_eq!(ledger.load(), (3, 30));
        assert_eq!(ledger.acknowledge(2), Ok(2));
        assert_eq!(ledger.acknowledge(2), Ok(0), "the same again is no error");
        assert_eq!(ledger.load(), (1, 10));
        assert_eq!(ledger.give_up(), ["c"]);
    }

    #[test]
    fn acknowledging_what_was_never_sent_is_an_error() {
        let mut ledger = ledger(&["a"]);
        assert_eq!(ledger.acknowledge(2), Err(TooHigh { acknowledged: 2, sent: 1 }));
        assert!(ledger.acknowledge(u32::MAX).is_err(), "nor what was before the first");
    }

    #[test]
    fn the_counters_wrap() {
        let mut ledger = Ledger { sent: u32::MAX, ..Ledger::default() };
        ["a", "b"].into_iter().for_each(|text| ledger.push(text));
        assert_eq!(ledger.acknowledge(0), Ok(1));
        assert_eq!(ledger.load().0, 1);
        assert_eq!(ledger.acknowledge(1), Ok(1));
        assert_eq!(ledger.load().0, 0);
    }

    #[test]
    fn one_question_after_everything_that_is_written() {
        let mut ledger = Ledger::default();
        assert!(!ledger.ask(), "nothing was sent");
        ledger.push("a");
        assert!(ledger.ask() && !ledger.ask());
        ledger.push("b");
        assert!(ledger.ask(), "the answer to the first says nothing of b");
        ledger.acknowledge(0).unwrap();
        assert!(!ledger.ask(), "one answer is still to come");
        ledger.acknowledge(1).unwrap();
        assert!(ledger.ask(), "b was not acknowledged");
    }
}
