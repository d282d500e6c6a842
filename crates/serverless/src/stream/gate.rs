//! How many streams others may have open to us: in all, and from one address.
//!
//! When the house is full, a newcomer takes the place of whoever has proven nothing and has been
//! silent longest, if that was long enough. So a crowd cannot keep the household out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Who has said something within this time does not lose its place.
const RECENT: Duration = Duration::from_secs(60);

/// Counts streams that were opened to us.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    most: usize,
    most_per_address: usize,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    streams: HashMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    address: IpAddr,
    heard: Instant,
    proven: bool,
    evicted: CancellationToken,
}

/// A place inside, given back when dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Gate,
    number: u64,
    evicted: CancellationToken,
}

impl Gate {
    pub(super) fn new(most: usize, most_per_address: usize) -> Self {
        Self { most, most_per_address, inside: Arc::default() }
    }

    pub(super) fn enter(&self, address: IpAddr) -> Option<Pass> {
        let now = Instant::now();
        let address = address.to_canonical();
        let mut inside = self.lock();
        let here = inside.streams.values().filter(|place| place.address == address).count();
        if here >= self.most_per_address
            || (inside.streams.len() >= self.most && !inside.evict(now))
        {
            return None;
        }
        let number = inside.next;
        inside.next += 1;
        let evicted = CancellationToken::new();
        let place = Place { address, heard: now, proven: false, evicted: evicted.clone() };
        inside.streams.insert(number, place);
        Some(Pass { gate: self.clone(), number, evicted })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn evict(&mut self, now: Instant) -> bool {
        let silent = self.streams.iter().filter(|(_, place)| !place.proven);
        let Some((&number, _)) = silent.min_by_key(|(_, place)| place.heard) else { return false };
        match self.streams.get(&number) {
            Some(place) if now.duration_since(place.heard) > RECENT => place.evicted.cancel(),
            _ => return false,
        }
        self.streams.remove(&number);
        true
    }
}

impl Pass {
    /// Tells when the place is another's.
    pub(super) fn evicted(&self) -> CancellationToken {
        self.evicted.clone()
    }

    /// Notes that the peer has said something, and whether it is proven to be of the household.
    pub(super) fn heard(&self, proven: bool) {
        if let Some(place) = self.gate.lock().streams.get_mut(&self.number) {
            place.heard = Instant::now();
            place.proven = proven;
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.lock().streams.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test]
    async fn one_address_cannot_fill_the_house_and_leaving_makes_room() {
        let gate = Gate::new(9, 2);
        let one = address(1);
        let passes = (gate.enter(one), gate.enter("::ffff:192.0.2.1".parse().unwrap()));
        assert!(passes.0.is_some() && passes.1.is_some());
        assert!(gate.enter(one).is_none());
        drop(passes);
        assert!(gate.enter(one).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn when_the_house_is_full_the_longest_silent_stranger_makes_room() {
        let gate = Gate::new(3, 3);
        let device = gate.enter(address(1)).unwrap();
        device.heard(true);
        let silent = gate.enter(address(2)).unwrap();
        let talker = gate.enter(address(3)).unwrap();
        assert!(gate.enter(address(4)).is_none(), "nobody has been silent for long");
        tokio::time::advance(RECENT * 2).await;
        talker.heard(false);
        let _newcomer = gate.enter(address(4)).unwrap();
        assert!(silent.evicted().is_cancelled());
        assert!(!talker.evicted().is_cancelled() && !device.evicted().is_cancelled());
        assert!(gate.enter(address(5)).is_none());
        drop(silent);
        assert!(gate.enter(address(5)).is_none(), "who was evicted leaves only once");
    }
}
