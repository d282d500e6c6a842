//! How often somebody may guess (rule R10 of the pairing rules).
//!
//! Five failures of one account from one address: it waits 60 s, doubling with each further one to
//! 15 min. Twenty of one account from outside the link: that account is suspended outside, until it
//! logs in on the link or a day has passed. The link never is; nothing is for ever.
//!
//! Names of accounts and names that somebody made up are counted alike, but apart: however many are
//! made up, what was guessed at an account is not forgotten for it.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
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
/// Entries in each of two generations. So many that nobody sees soon which names are made up, by their
/// being forgotten; a generation is about a megabyte.
const ENTRIES: usize = 16 * 1024;

/// Failed log-ins, by account and address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Throttle {
    state: Arc<Mutex<State>>,
    /// Names are kept as hashes: whoever makes them up makes them long, or alike.
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct State {
    accounts: Table,
    made_up: Table,
}

/// The failures of some names.
#[derive(Debug, Default)]
struct Table {
    /// By name and address.
    pairs: Generations,
    /// From outside, by name.
    outside: Generations,
}

/// Failures by hash; those that were longest without another are forgotten first, many at a time, so
/// that it takes no longer where there are many.
#[derive(Debug, Default)]
struct Generations {
    now: HashMap<u64, Failures>,
    before: HashMap<u64, Failures>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Throttle {
    /// Whether this account may be tried from here now.
    pub(crate) fn allows(&self, account: &str, address: IpAddr, on_link: bool) -> bool {
        let (name, pair) = self.keys(account, address);
        let state = self.lock();
        // In both, since accounts come and go.
        [&state.accounts, &state.made_up].iter().all(|table| table.allows(name, pair, on_link))
    }

    /// Counts a failure for a name, whether there is an account with it or not.
    pub(crate) fn failed(&self, account: &str, address: IpAddr, on_link: bool, exists: bool) {
        let (name, pair) = self.keys(account, address);
        let mut state = self.lock();
        let table = if exists { &mut state.accounts } else { &mut state.made_up };
        table.pairs.note(pair, MEMORY);
        if !on_link {
            table.outside.note(name, SUSPENSION);
        }
    }

    pub(crate) fn succeeded(&self, account: &str, address: IpAddr, on_link: bool) {
        let (name, pair) = self.keys(account, address);
        let State { accounts, made_up } = &mut *self.lock();
        for table in [accounts, made_up] {
            table.pairs.take(pair);
            if on_link {
                table.outside.take(name);
            }
        }
    }

    /// The hashes of the name, and of it together with the address.
    fn keys(&self, account: &str, address: IpAddr) -> (u64, u64) {
        let pair = self.hasher.hash_one((account, network(address)));
        (self.hasher.hash_one(account), pair)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn allows(&self, name: u64, pair: u64, on_link: bool) -> bool {
        let now = Instant::now();
        let waits = |failures: Failures| now < failures.last + wait(failures.count);
        let suspended =
            |failures: Failures| failures.count >= OUTSIDE && now < failures.last + SUSPENSION;
        !self.pairs.get(pair).is_some_and(waits)
            && (on_link || !self.outside.get(name).is_some_and(suspended))
    }
}

impl Generations {
    fn get(&self, key: u64) -> Option<Failures> {
        self.now.get(&key).or_else(|| self.before.get(&key)).copied()
    }

    fn take(&mut self, key: u64) -> Option<Failures> {
        let before = self.before.remove(&key);
        self.now.remove(&key).or(before)
    }

    fn note(&mut self, key: u64, memory: Duration) {
        let now = Instant::now();
        let known = self.take(key).filter(|failures| now < failures.last + memory);
        if self.now.len() >= ENTRIES {
            self.before = std::mem::take(&mut self.now);
        }
        let count = known.map_or(0, |failures| failures.count).saturating_add(1);
        self.now.insert(key, Failures { count, last: now });
    }
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
            throttle.failed("a", address.parse().unwrap(), on_link, true);
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
        make_up(&throttle, 3 * ENTRIES);
        let Generations { now, before } = &throttle.lock().made_up.pairs;
        assert_eq!((now.len(), before.len()), (ENTRIES, ENTRIES));
    }

    #[tokio::test(start_paused = true)]
    async fn names_that_are_made_up_have_to_wait_as_well() {
        let throttle = Throttle::default();
        for failures in 1..=20 {
            throttle.failed("b", HERE.parse().unwrap(), false, false);
            assert_eq!(throttle.allows("b", HERE.parse().unwrap(), false), failures < 5);
        }
        assert!(!throttle.allows("b", THERE.parse().unwrap(), false), "suspended as accounts are");
    }

    #[tokio::test(start_paused = true)]
    async fn no_number_of_made_up_names_makes_it_forget_what_was_guessed_at_an_account() {
        let throttle = Throttle::default();
        fail(&throttle, 20, HERE, false);
        make_up(&throttle, 3 * ENTRIES);
        assert!(!allows(&throttle, HERE, false));
        assert!(!allows(&throttle, THERE, false), "the suspension stays, too");
    }

    #[tokio::test(start_paused = true)]
    async fn who_fails_again_is_not_forgotten_with_those_who_do_not() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            throttle.failed("b", HERE.parse().unwrap(), false, false);
            make_up(&throttle, ENTRIES - 1);
        }
        assert!(!throttle.allows("b", HERE.parse().unwrap(), false));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_guessed_at_a_name_counts_when_it_becomes_an_account() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            throttle.failed("a", HERE.parse().unwrap(), true, false);
        }
        assert!(!allows(&throttle, HERE, true));
        throttle.succeeded("a", HERE.parse().unwrap(), true);
        fail(&throttle, 1, HERE, true);
        assert!(allows(&throttle, HERE, true));
    }

    fn make_up(throttle: &Throttle, names: usize) {
        for name in 0..names {
            throttle.failed(&name.to_string(), HERE.parse().unwrap(), false, false);
        }
    }
}
