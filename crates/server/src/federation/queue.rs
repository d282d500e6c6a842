//! Stanzas that wait for one domain: bounded in number and bytes, oldest first.

use std::collections::VecDeque;
use std::time::Duration;

use televisor_xmpp::element::{Element, Node};
use tokio::time::Instant;

/// A stanza on its way, in its canonical form.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) stanza: Element,
    /// When it was sent.
    pub(super) since: Instant,
    /// Roughly its bytes.
    pub(super) weight: usize,
}

/// What waits.
#[derive(Debug)]
pub(super) struct Queue {
    most: usize,
    most_bytes: usize,
    stanzas: VecDeque<Waiting>,
    bytes: usize,
}

impl Queue {
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self { most, most_bytes, stanzas: VecDeque::new(), bytes: 0 }
    }

    /// Puts a stanza at the end, if there is room.
    pub(super) fn push(&mut self, stanza: Element, now: Instant) -> bool {
        let weight = weigh(&stanza);
        // One that is too large alone still goes: the bound is on what piles up.
        let full = self.stanzas.len() >= self.most
            || (self.bytes > 0 && self.bytes.saturating_add(weight) > self.most_bytes);
        if !full {
            self.bytes += weight;
            self.stanzas.push_back(Waiting { stanza, since: now, weight });
        }
        !full
    }

    pub(super) fn take(&mut self) -> Option<Waiting> {
        let first = self.stanzas.pop_front()?;
        self.bytes = self.bytes.saturating_sub(first.weight);
        Some(first)
    }

    /// Puts stanzas that were on their way back before all others: they had their place already, so
    /// the bound is not asked.
    pub(super) fn put_back(&mut self, returned: Vec<Waiting>) {
        for waiting in returned.into_iter().rev() {
            self.bytes += waiting.weight;
            self.stanzas.push_front(waiting);
        }
    }

    /// Takes out what has waited for as long as `patience`.
    pub(super) fn expired(&mut self, now: Instant, patience: Duration) -> Vec<Waiting> {
        let mut expired = Vec::new();
        while self.stanzas.front().is_some_and(|first| first.since + patience <= now) {
            expired.extend(self.take());
        }
        expired
    }

    /// When the first stanza was sent.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.stanzas.front().map(|first| first.since)
    }

    pub(super) fn drain(&mut self) -> Vec<Waiting> {
        self.bytes = 0;
        self.stanzas.drain(..).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.stanzas.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stanzas.is_empty()
    }
}

/// Returns about how many bytes a stanza takes, without writing it.
fn weigh(stanza: &Element) -> usize {
    let mut open = vec![stanza];
    let mut sum = 0;
    while let Some(element) = open.pop() {
        sum += 2 * element.name().len() + 16;
        sum += element.attrs().map(|a| a.name().len() + a.value().len() + 4).sum::<usize>();
        for node in element.nodes() {
            match node {
                Node::Element(child) => open.push(child),
                Node::Text(text) => sum += text.len(),
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use televisor_xmpp::ns;

    use super::*;

    fn message(text: &str) -> Element {
        Element::builder("message", ns::CLIENT).field("body", text).build()
    }

    fn texts(waiting: impl IntoIterator<Item = Waiting>) -> Vec<String> {
        let body = |w: Waiting| w.stanza.child("body", ns::CLIENT).map(Element::text);
        waiting.into_iter().filter_map(body).collect()
    }

    #[test]
    fn it_is_bounded_in_stanzas_and_in_bytes() {
        let now = Instant::now();
        let mut queue = Queue::new(2, 10_000);
        assert!(queue.push(message("a"), now) && queue.push(message("b"), now));
        assert!(!queue.push(message("c"), now));
        queue.take();
        assert!(!queue.push(message(&"x".repeat(10_000)), now));
        queue.take();
        assert!(queue.push(message(&"x".repeat(10_000)), now), "alone it goes");
    }

    #[test]
    fn what_comes_back_goes_first_and_in_order() {
        let now = Instant::now();
        let mut queue = Queue::new(9, 10_000);
        for text in ["a", "b", "c"] {
            queue.push(message(text), now);
        }
        let returned = vec![queue.take().unwrap(), queue.take().unwrap()];
        queue.put_back(returned);
        assert_eq!(texts(queue.drain()), ["a", "b", "c"]);
        assert!(queue.is_empty());
    }

    #[test]
    fn only_what_waited_too_long_expires() {
        let now = Instant::now();
        let mut queue = Queue::new(9, 10_000);
        queue.push(message("old"), now);
        queue.push(message("new"), now + Duration::from_secs(5));
        let expired = queue.expired(now + Duration::from_secs(10), Duration::from_secs(10));
        assert_eq!(texts(expired), ["old"]);
        assert_eq!(queue.len(), 1);
    }
}
