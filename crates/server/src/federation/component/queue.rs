//! What waits for the host server: bounded in number and in bytes, each for a time.

use std::collections::VecDeque;

use bytes::Bytes;
use televisor_xmpp::element::Element;
use tokio::time::Instant;

/// Stanzas in the order in which they came.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    most: usize,
    most_bytes: usize,
}

/// One stanza: as it goes out, and as it would come back.
#[derive(Debug)]
pub(super) struct Waiting {
    /// With canonical addresses.
    pub(super) stanza: Element,
    /// As the host sees it.
    pub(super) bytes: Bytes,
    /// When it has waited for too long.
    pub(super) until: Instant,
}

impl Queue {
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, most, most_bytes }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a stanza; returns whether there was room.
    pub(super) fn push(&mut self, stanza: Element, bytes: Bytes, until: Instant) -> bool {
        if self.waiting.len() >= self.most || self.bytes + bytes.len() > self.most_bytes {
            return false;
        }
        self.bytes += bytes.len();
        self.waiting.push_back(Waiting { stanza, bytes, until });
        true
    }

    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let first = self.waiting.pop_front()?;
        self.bytes -= first.bytes.len();
        Some(first)
    }

    /// Puts the one that was taken last back to the front, where there is always room for it.
    pub(super) fn put_back(&mut self, waiting: Waiting) {
        self.bytes += waiting.bytes.len();
        self.waiting.push_front(waiting);
    }

    pub(super) fn first_deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|first| first.until)
    }

    /// Takes out what has waited for too long.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<Element> {
        let mut late = Vec::new();
        while self.first_deadline().is_some_and(|until| until <= now) {
            late.extend(self.pop().map(|waiting| waiting.stanza));
        }
        late
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use televisor_xmpp::ns;

    use super::*;

    fn push(queue: &mut Queue, id: &str, until: Instant) -> bool {
        let stanza = Element::builder("message", ns::CLIENT).attr("id", id).build();
        let bytes = stanza.to_bytes(ns::CLIENT);
        queue.push(stanza, bytes, until)
    }

    fn ids(stanzas: &[Element]) -> Vec<&str> {
        stanzas.iter().filter_map(|stanza| stanza.attr("id")).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn number_and_bytes_are_bounded() {
        let now = Instant::now();
        let mut few = Queue::new(2, 1000);
        assert!(push(&mut few, "a", now) && push(&mut few, "b", now));
        assert!(!push(&mut few, "c", now));
        few.pop();
        assert!(push(&mut few, "c", now));

        let mut small = Queue::new(1000, 30);
        assert!(push(&mut small, "a", now));
        assert!(!push(&mut small, "b", now), "two are more than 30 bytes");
        let taken = small.pop().unwrap();
        small.put_back(taken);
        assert!(!push(&mut small, "b", now), "what was put back counts again");
    }

    #[tokio::test(start_paused = true)]
    async fn the_late_ones_come_out_and_the_others_stay() {
        let now = Instant::now();
        let mut queue = Queue::new(10, 1000);
        push(&mut queue, "a", now);
        push(&mut queue, "b", now + Duration::from_secs(1));
        push(&mut queue, "c", now + Duration::from_secs(2));
        assert_eq!(ids(&queue.expired(now + Duration::from_secs(1))), ["a", "b"]);
        assert_eq!(queue.len(), 1);
    }
}
