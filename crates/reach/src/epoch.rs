//! A router's "seconds since I began": by it, a restart is noticed that lost our mappings.

use std::time::Duration;

use tokio::time::Instant;

/// How clocks may differ before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// RFC 6886, section 3.6: slower than 7/8 of ours, by 2 s.
    NatPmp,
    /// RFC 6887, section 8.5: backwards by 1 s, or apart by 1/16, by 2 s.
    Pcp,
}

/// What was last seen of a router's epoch, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Epoch {
    rule: Rule,
    last: Option<(u32, Instant)>,
}

impl Epoch {
    pub(crate) const fn new(rule: Rule) -> Self {
        Self { rule, last: None }
    }

    /// Takes note of `seconds`; returns whether the router has begun anew since the last time.
    pub(crate) fn has_begun_anew(&mut self, seconds: u32) -> bool {
        let now = Instant::now();
        let Some((before, then)) = self.last.replace((seconds, now)) else { return false };
        match self.rule {
            Rule::NatPmp => is_behind(before, now - then, seconds),
            Rule::Pcp => is_apart(before, now - then, seconds),
        }
    }
}

fn is_behind(before: u32, elapsed: Duration, seconds: u32) -> bool {
    let expected = u64::from(before) + elapsed.as_secs() * 7 / 8;
    u64::from(seconds) + 2 < expected
}

fn is_apart(before: u32, elapsed: Duration, seconds: u32) -> bool {
    if u64::from(seconds) + 1 < u64::from(before) {
        return true;
    }
    let ours = elapsed.as_secs();
    let theirs = u64::from(seconds.saturating_sub(before));
    ours + 2 < theirs - theirs / 16 || theirs + 2 < ours - ours / 16
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn after(rule: Rule, first: u32, wait: u64, second: u32) -> bool {
        let mut epoch = Epoch::new(rule);
        assert!(!epoch.has_begun_anew(first));
        tokio::time::advance(Duration::from_secs(wait)).await;
        epoch.has_begun_anew(second)
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_goes_on_is_no_restart() {
        for rule in [Rule::NatPmp, Rule::Pcp] {
            assert!(!after(rule, 100, 30, 130).await);
            assert!(!after(rule, 100, 30, 128).await);
            assert!(!after(rule, 0, 0, 0).await);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_goes_back_is_a_restart() {
        for rule in [Rule::NatPmp, Rule::Pcp] {
            assert!(after(rule, 100, 30, 5).await);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_shows_even_when_the_clock_was_young() {
        // 5 s old, seen again after 30 s, and 10 s old then.
        for rule in [Rule::NatPmp, Rule::Pcp] {
            assert!(after(rule, 5, 30, 10).await);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pcp_minds_a_clock_that_jumps_ahead_and_nat_pmp_does_not() {
        assert!(after(Rule::Pcp, 100, 30, 400).await);
        assert!(!after(Rule::NatPmp, 100, 30, 400).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_clock_is_borne() {
        assert!(!after(Rule::NatPmp, 100, 800, 100 + 700).await);
        assert!(!after(Rule::Pcp, 100, 800, 100 + 750).await);
    }
}
