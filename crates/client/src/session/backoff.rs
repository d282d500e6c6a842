//! Pauses between attempts: doubling from a second to a minute, each shortened by chance so that a
//! household's devices do not all come back in the same moment.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the next pause: between half and all of the present step.
    pub(super) fn next(&mut self) -> Duration {
        let step = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        step / 2 + step.mul_f64(chance() / 2.0)
    }

    /// Begins anew, after a connection that worked.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Between 0 and 1.
fn chance() -> f64 {
    let mut bytes = [0_u8; 4];
    // Without randomness every device pauses alike, which only costs speed.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_begin_anew() {
        let mut backoff = Backoff::default();
        let first = backoff.next();
        assert!(first >= FIRST / 2 && first <= FIRST);
        let later = (0..20).map(|_| backoff.next()).last().unwrap();
        assert!(later >= LONGEST / 2 && later <= LONGEST);
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
