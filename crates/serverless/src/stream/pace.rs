//! How fast a peer is listened to: a token bucket of bytes. Who sends faster is read more slowly, and
//! waits in its own socket.

use std::time::Duration;

use tokio::time::Instant;

/// What even the smallest stanza costs, so that a flood of tiny ones is slowed as well.
pub(super) const STANZA: usize = 256;

/// What one peer may still send.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    bytes_per_second: usize,
    /// When the bucket, which holds a second's bytes, would be full again.
    full_at: Instant,
}

impl Pace {
    pub(super) fn new(bytes_per_second: usize) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), full_at: Instant::now() }
    }

    /// Changes the speed, as when the peer has proven who it is.
    pub(super) const fn set(&mut self, bytes_per_second: usize) {
        self.bytes_per_second = if bytes_per_second == 0 { 1 } else { bytes_per_second };
    }

    /// Counts bytes that were read.
    pub(super) fn take(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let rate = u32::try_from(self.bytes_per_second).unwrap_or(u32::MAX);
        let cost = Duration::from_secs(1).mul_f64(f64::from(bytes) / f64::from(rate));
        self.full_at = self.full_at.max(Instant::now()) + cost;
    }

    /// Says when to read next; a moment in the past means now.
    pub(super) fn ready_at(&self) -> Instant {
        self.full_at.checked_sub(Duration::from_secs(1)).unwrap_or(self.full_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_a_flood_is_slowed_to_the_rate() {
        let start = Instant::now();
        let mut pace = Pace::new(1000);
        pace.take(1000);
        assert!(pace.ready_at() <= start, "a second's bytes at once are free");
        pace.take(500);
        assert_eq!(pace.ready_at(), start + Duration::from_millis(500));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_fills_it_again() {
        let mut pace = Pace::new(1000);
        pace.take(5000);
        tokio::time::advance(Duration::from_secs(10)).await;
        pace.take(1000);
        assert!(pace.ready_at() <= Instant::now());
    }
}
