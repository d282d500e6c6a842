//! Pauses between attempts: doubling from a second, each shortened by chance so that the receivers of
//! a whole street do not come back to their server in the same moment.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the next pause: between half and all of the present step, which is at most `longest`.
    pub(crate) fn next(&mut self, longest: Duration) -> Duration {
        let step = FIRST.saturating_mul(1 << self.failures.min(10)).min(longest);
        self.failures = self.failures.saturating_add(1);
        step / 2 + step.mul_f64(chance() / 2.0)
    }

    /// Begins anew, after a session that worked.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Between 0 and 1.
fn chance() -> f64 {
    let mut bytes = [0_u8; 4];
    // Without randomness every receiver pauses alike, which only costs speed.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_begin_anew() {
        let longest = Duration::from_secs(60);
        let mut backoff = Backoff::default();
        let first = backoff.next(longest);
        assert!(first >= FIRST / 2 && first <= FIRST);
        let later = (0..20).map(|_| backoff.next(longest)).last().unwrap();
        assert!(later >= longest / 2 && later <= longest);
        assert!(backoff.next(FIRST * 8) <= FIRST * 8);
        backoff.reset();
        assert!(backoff.next(longest) <= FIRST);
    }
}
