//! When to ask a router again that has opened nothing.

use std::time::Duration;

use tokio::time::Instant;

/// The first wait, doubling up to the longest.
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// While a router may well be starting again.
const SOON: Duration = Duration::from_secs(10);
const RESTARTING: Duration = Duration::from_secs(10 * 60);

/// The waits between attempts.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    last: Option<Duration>,
    lost: Option<Instant>,
}

impl Retry {
    /// A door was open until now: the router will be back.
    pub(crate) fn had_a_door(&mut self) {
        *self = Self { last: None, lost: Some(Instant::now()) };
    }

    /// Returns how long to wait; not longer than the refusal `holds`, where that is known.
    pub(crate) fn next(&mut self, holds: Option<Duration>) -> Duration {
        if self.lost.is_some_and(|lost| lost.elapsed() < RESTARTING) {
            return SOON;
        }
        let wait = self.last.map_or(FIRST, |last| (last * 2).min(LONGEST));
        self.last = Some(wait);
        holds.map_or(wait, |holds| holds.clamp(SOON, LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_router_that_knows_nothing_is_asked_less_and_less_often() {
        let mut retry = Retry::default();
        let minutes: Vec<u64> = (0..6).map(|_| retry.next(None).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 15, 15]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_router_that_knew_us_is_asked_often_for_a_while() {
        let mut retry = Retry::default();
        retry.had_a_door();
        assert_eq!(retry.next(None), SOON);
        tokio::time::advance(RESTARTING).await;
        assert_eq!(retry.next(None), FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_router_that_says_how_long_it_will_refuse_is_asked_then() {
        let mut retry = Retry::default();
        assert_eq!(retry.next(Some(Duration::from_secs(30))).as_secs(), 30);
        assert_eq!(retry.next(Some(Duration::ZERO)), SOON);
        assert_eq!(retry.next(Some(Duration::from_secs(86_400))), LONGEST);
    }
}
