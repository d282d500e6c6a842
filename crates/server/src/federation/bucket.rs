//! A token bucket: so many stanzas per second on average, so many at once.

use std::time::Duration;

use tokio::time::Instant;

/// What one domain may still send.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    rate: u32,
    burst: u32,
    /// When the bucket would be full again: the later, the emptier it is.
    full_at: Instant,
}

impl Bucket {
    pub(super) fn new(rate: u32, burst: u32, now: Instant) -> Self {
        Self { rate: rate.max(1), burst: burst.max(1), full_at: now }
    }

    /// Takes one token, and says until when to wait before the next is asked for, if at all.
    pub(super) fn take(&mut self, now: Instant) -> Option<Instant> {
        let one = Duration::from_secs(1) / self.rate;
        self.full_at = self.full_at.max(now) + one;
        let debt = (self.full_at - now).saturating_sub(one * self.burst);
        (!debt.is_zero()).then(|| now + debt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_a_flood_is_slowed_to_the_rate() {
        let now = Instant::now();
        let mut bucket = Bucket::new(10, 5, now);
        let waits: Vec<_> = (0..8).map(|_| bucket.take(now).map(|until| until - now)).collect();
        assert_eq!(waits[..5], [None; 5]);
        assert_eq!(waits[5..], [100, 200, 300].map(|ms| Some(Duration::from_millis(ms))));
    }

    #[test]
    fn silence_fills_it_again() {
        let now = Instant::now();
        let mut bucket = Bucket::new(10, 5, now);
        for _ in 0..5 {
            bucket.take(now);
        }
        let later = now + Duration::from_secs(10);
        assert!((0..5).all(|_| bucket.take(later).is_none()));
        assert!(bucket.take(later).is_some());
    }
}
