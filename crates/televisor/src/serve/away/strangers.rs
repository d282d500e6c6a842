//! Saying something seldom, in bounded memory: a polite word to a stranger, a reminder to a friend.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Whom something was said to, and when.
#[derive(Debug)]
pub(in crate::serve) struct Seldom {
    every: SignedDuration,
    most: usize,
    said: HashMap<String, Timestamp>,
}

impl Seldom {
    /// Says something to one and the same address once in `every`, to `most` addresses in that time.
    pub(in crate::serve) fn new(every: SignedDuration, most: usize) -> Self {
        Self { every, most, said: HashMap::new() }
    }

    /// Returns whether it may be said to `jid` now, and remembers that it was.
    pub(in crate::serve) fn may(&mut self, jid: &str, now: Timestamp) -> bool {
        let is_over = |at: &Timestamp| now.duration_since(*at) >= self.every;
        if self.said.get(jid).is_some_and(|at| !is_over(at)) {
            return false;
        }
        if self.said.len() >= self.most {
            let every = self.every;
            self.said.retain(|_, at| now.duration_since(*at) < every);
        }
        // With nobody to be forgotten, silence is cheaper than memory.
        if self.said.len() >= self.most && !self.said.contains_key(jid) {
            return false;
        }
        self.said.insert(jid.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(n: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(n)
    }

    #[test]
    fn one_word_a_day_then_silence() {
        let mut strangers = Seldom::new(SignedDuration::from_hours(24), 10);
        assert!(strangers.may("eve@example.org", hours(0)));
        assert!(!strangers.may("eve@example.org", hours(0)));
        assert!(!strangers.may("eve@example.org", hours(23)));
        assert!(strangers.may("mallory@example.org", hours(23)));
        assert!(strangers.may("eve@example.org", hours(24)));
    }

    #[test]
    fn a_flood_of_addresses_finds_silence_and_fills_no_memory() {
        let mut strangers = Seldom::new(SignedDuration::from_hours(24), 100);
        let answered =
            (0..10_000).filter(|n| strangers.may(&format!("{n}@example.org"), hours(0))).count();
        assert_eq!((answered, strangers.said.len()), (100, 100));
        assert!(strangers.may("eve@example.org", hours(24)));
        assert_eq!(strangers.said.len(), 1);
    }
}
