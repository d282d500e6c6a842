//! Stanzas that came twice: a peer that lost a stream without knowing what had arrived sends again.
//!
//! A message with an id that is the same to the last byte, on another stream of the same domain, a
//! few minutes after the first: that is no new message.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::time::Instant;

/// How many stanzas are remembered, and for how long.
const MOST: usize = 1024;
const MEMORY: Duration = Duration::from_secs(600);

/// What came lately.
#[derive(Debug, Default)]
pub(super) struct Recent {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    order: VecDeque<(Instant, u64)>,
    /// The stream by which each came first.
    first: HashMap<u64, u64>,
}

impl Recent {
    /// Notes a stanza of a stream, and says whether it came already, by another stream.
    pub(super) fn came_before(&self, stream: u64, stanza: &Element, now: Instant) -> bool {
        if stanza.name() != "message" || stanza.attr("id").is_none() {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        stanza.to_bytes(ns::CLIENT).hash(&mut hasher);
        let hash = hasher.finish();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now);
        match seen.first.get(&hash) {
            Some(first) => *first != stream,
            None => {
                seen.first.insert(hash, stream);
                seen.order.push_back((now, hash));
                false
            }
        }
    }
}

impl Seen {
    fn forget(&mut self, now: Instant) {
        while let Some((at, hash)) = self.order.front().copied() {
            if self.order.len() < MOST && at + MEMORY > now {
                break;
            }
            self.order.pop_front();
            self.first.remove(&hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> Element {
        Element::builder("message", ns::CLIENT)
            .attr("from", "joe@example.org/phone")
            .attr("id", id)
            .field("body", "record the news")
            .build()
    }

    #[test]
    fn the_same_again_by_another_stream_is_no_new_message() {
        let (recent, now) = (Recent::default(), Instant::now());
        assert!(!recent.came_before(1, &message("a"), now));
        assert!(recent.came_before(2, &message("a"), now));
        assert!(!recent.came_before(2, &message("b"), now));
    }

    #[test]
    fn who_says_it_twice_on_one_stream_means_it_twice() {
        let (recent, now) = (Recent::default(), Instant::now());
        assert!(!recent.came_before(1, &message("a"), now));
        assert!(!recent.came_before(1, &message("a"), now));
    }

    #[test]
    fn it_is_forgotten_after_a_while() {
        let (recent, now) = (Recent::default(), Instant::now());
        assert!(!recent.came_before(1, &message("a"), now));
        assert!(!recent.came_before(2, &message("a"), now + MEMORY));
    }
}
