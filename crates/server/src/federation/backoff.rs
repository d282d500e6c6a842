//! The pauses before a domain that failed is tried again: doubling, with jitter, and forgotten as
//! soon as the domain shows itself.

use std::time::Duration;

use tokio::time::Instant;

/// How one domain has been failing.
#[derive(Debug, Clone, Default)]
pub(super) struct Backoff {
    failures: u32,
    until: Option<Instant>,
}

impl Backoff {
    /// Notes a failure. `chance` in 0..=255 spreads those who all lost the same network.
    pub(super) fn fail(&mut self, now: Instant, first: Duration, last: Duration, chance: u8) {
        let pause = first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let pause = pause.min(last);
        self.failures = self.failures.saturating_add(1).min(24);
        // Between three quarters of it and all of it.
        let less = pause / 4 * u32::from(chance) / 256;
        self.until = Some(now + pause.saturating_sub(less));
    }

    /// Forgets every failure.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Until when there is a pause.
    pub(super) fn pause(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }
}

/// Returns a random byte, or none in particular where the system has none.
pub(super) fn chance() -> u8 {
    let mut byte = [0];
    let _ = getrandom::fill(&mut byte);
    let [byte] = byte;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);
    const LAST: Duration = Duration::from_secs(300);

    #[test]
    fn pauses_double_up_to_the_last() {
        let now = Instant::now();
        let mut backoff = Backoff::default();
        let mut pauses = Vec::new();
        for _ in 0..40 {
            backoff.fail(now, FIRST, LAST, 0);
            pauses.push((backoff.pause(now).unwrap() - now).as_secs());
        }
        assert_eq!(pauses[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(pauses[39], 300);
    }

    #[test]
    fn jitter_takes_a_quarter_at_most() {
        let now = Instant::now();
        let mut backoff = Backoff::default();
        backoff.fail(now, FIRST * 8, LAST, 255);
        let pause = backoff.pause(now).unwrap() - now;
        assert!(pause >= FIRST * 6 && pause < FIRST * 8, "{pause:?}");
    }

    #[test]
    fn a_sign_of_life_ends_the_pause() {
        let now = Instant::now();
        let mut backoff = Backoff::default();
        backoff.fail(now, FIRST, LAST, 0);
        backoff.reset();
        assert_eq!(backoff.pause(now), None);
    }
}
