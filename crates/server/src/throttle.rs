//! How often somebody may guess (rule R10 of the pairing rules).
//!
//! Five failures of one account from one address: it waits 60 s, doubling with each further one to
//! 15 min. Twenty of one account from outside the link: that account is suspended outside, until it
//! logs in on the link or a day has passed. The link never is; nothing is for ever.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::gate::network;

/// Failures that cost nothing.
const FREE: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// Failures from outside, wherever from, after which the account is suspended there.
const OUTSIDE: u32 = 20;
const SUSPENSION: Duration = Duration::from_secs(24 * 60 * 60);
/// Failures are forgotten after this long without another.
const MEMORY: Duration = Duration::from_secs(60 * 60);
/// Entries held; the oldest goes first.
const ENTRIES: usize = 4096;

/// Failed log-ins, by account and address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Throttle {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    pairs: HashMap<(String, IpAddr), Failures>,
    outside: HashMap<String, Failures>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Throttle {
    /// Whether this account may be tried from here now.
    pub(crate) fn allows(&self, account: &str, address: IpAddr, on_link: bool) -> bool {
        let state = self.lock();
        let now = Instant::now();
        let pair = state.pairs.get(&(account.to_owned(), network(address)));
        if pair.is_some_and(|failures| now < failures.last + wait(failures.count)) {
            return false;
        }
        let outside = state.outside.get(account);
        on_link
            || !outside.is_some_and(|failures| {
                failures.count >= OUTSIDE && now < failures.last + SUSPENSION
            })
    }

    pub(crate) fn failed(&self, account: &str, address: IpAddr, on_link: bool) {
        let mut state = self.lock();
        note(&mut state.pairs, (account.to_owned(), network(address)), MEMORY);
        if !on_link {
            note(&mut state.outside, account.to_owned(), SUSPENSION);
        }
    }

    pub(crate) fn succeeded(&self, account: &str, address: IpAddr, on_link: bool) {
        let mut state = self.lock();
        state.pairs.remove(&(account.to_owned(), network(address)));
        if on_link {
            state.outside.remove(account);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note<K: Hash + Eq + Clone>(map: &mut HashMap<K, Failures>, key: K, memory: Duration) {
    let now = Instant::now();
    if map.len() >= ENTRIES && !map.contains_key(&key) {
        map.retain(|_, failures| now < failures.last + memory);
        let oldest = map.iter().min_by_key(|(_, failures)| failures.last).map(|(k, _)| k.clone());
        if let Some(oldest) = oldest.filter(|_| map.len() >= ENTRIES) {
            map.remove(&oldest);
        }
    }
    let failures = map.entry(key).or_insert(Failures { count: 0, last: now });
    if now >= failures.last + memory {
        failures.count = 0;
    }
    failures.count = failures.count.saturating_add(1);
    failures.last = now;
}

fn wait(failures: u32) -> Duration {
    let Some(beyond) = failures.checked_sub(FREE) else { return Duration::ZERO };
    FIRST_WAIT.saturating_mul(1 << beyond.min(8)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";
    const THERE: &str = "192.0.2.2";

    fn fail(throttle: &Throttle, times: u32, address: &str, on_link: bool) {
        for _ in 0..times {
            throttle.failed("a", address.parse().unwrap(), on_link);
        }
    }

    fn allows(throttle: &Throttle, address: &str, on_link: bool) -> bool {
        throttle.allows("a", address.parse().unwrap(), on_link)
    }

    #[tokio::test(start_paused = true)]
    async fn the_fifth_failure_costs_a_minute_and_the_next_two() {
        let throttle = Throttle::default();
        fail(&throttle, 4, HERE, true);
        assert!(allows(&throttle, HERE, true));
        fail(&throttle, 1, HERE, true);
        assert!(!allows(&throttle, HERE, true));
        assert!(allows(&throttle, THERE, true), "another address has its own count");
        tokio::time::advance(FIRST_WAIT).await;
        assert!(allows(&throttle, HERE, true));
        fail(&throttle, 1, HERE, true);
        tokio::time::advance(FIRST_WAIT).await;
        assert!(!allows(&throttle, HERE, true));
        tokio::time::advance(FIRST_WAIT).await;
        assert!(allows(&throttle, HERE, true));
    }

    #[tokio::test(start_paused = true)]
    async fn no_wait_is_longer_than_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        fail(&throttle, 1000, HERE, true);
        tokio::time::advance(LONGEST_WAIT).await;
        assert!(allows(&throttle, HERE, true));
    }

    #[tokio::test(start_paused = true)]
    async fn twenty_failures_from_outside_suspend_outside_but_not_the_link() {
        let throttle = Throttle::default();
        fail(&throttle, 20, HERE, false);
        assert!(!allows(&throttle, THERE, false));
        assert!(allows(&throttle, "10.0.0.7", true));
        throttle.succeeded("a", "10.0.0.7".parse().unwrap(), true);
        assert!(allows(&throttle, THERE, false));
    }

    #[tokio::test(start_paused = true)]
    async fn the_memory_is_bounded() {
        let throttle = Throttle::default();
        for name in 0..ENTRIES + 10 {
            throttle.failed(&name.to_string(), HERE.parse().unwrap(), true);
        }
        assert_eq!(throttle.lock().pairs.len(), ENTRIES);
    }
}
