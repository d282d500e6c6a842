//! How many streams may be on their way in: in all, and from one address.
//!
//! When the house is full, whoever holds most of it makes room: a newcomer from an address that has
//! fewer takes the place of the oldest stream of the address that has most. So a crowd from a few
//! addresses cannot keep everybody else out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// Counts streams that are not yet authenticated, or the domains that other servers speak for.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    most: usize,
    most_per_address: usize,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    count: usize,
    /// Oldest first.
    streams: HashMap<IpAddr, Vec<(u64, CancellationToken)>>,
}

/// A place inside, given back when dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Gate,
    address: IpAddr,
    number: u64,
    evicted: CancellationToken,
}

impl Gate {
    pub(crate) fn new(most: usize, most_per_address: usize) -> Self {
        Self { most, most_per_address, inside: Arc::default() }
    }

    pub(crate) fn enter(&self, address: IpAddr) -> Option<Pass> {
        self.enter_until(address, CancellationToken::new())
    }

    /// The same for somebody who is told by `evicted` when the place is another's.
    pub(crate) fn enter_until(&self, address: IpAddr, evicted: CancellationToken) -> Option<Pass> {
        let address = network(address);
        let mut inside = self.lock();
        let here = inside.streams.get(&address).map_or(0, Vec::len);
        if here >= self.most_per_address || (inside.count >= self.most && !inside.evict(here)) {
            return None;
        }
        let number = inside.next;
        inside.next += 1;
        inside.count += 1;
        inside.streams.entry(address).or_default().push((number, evicted.clone()));
        Some(Pass { gate: self.clone(), address, number, evicted })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Makes room for an address that has `here` streams.
    fn evict(&mut self, here: usize) -> bool {
        let most = self.streams.iter().max_by_key(|(_, streams)| streams.len());
        let Some((address, _)) = most.filter(|(_, streams)| streams.len() > here + 1) else {
            return false;
        };
        let address = *address;
        let oldest = self.streams.get_mut(&address).map(|streams| streams.remove(0));
        if let Some((_, evicted)) = oldest {
            evicted.cancel();
            self.count -= 1;
        }
        true
    }

    fn leave(&mut self, address: IpAddr, number: u64) {
        let Some(streams) = self.streams.get_mut(&address) else { return };
        let before = streams.len();
        streams.retain(|(other, _)| *other != number);
        // One that was evicted has been counted out already.
        self.count -= before - streams.len();
        if streams.is_empty() {
            self.streams.remove(&address);
        }
    }
}

impl Pass {
    /// Tells when the place is another's.
    pub(crate) fn evicted(&self) -> CancellationToken {
        self.evicted.clone()
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.lock().leave(self.address, self.number);
    }
}

/// Returns what counts as one address: an IPv4 address, or the /64 that one IPv6 host can fill.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn one_address_cannot_fill_the_house_and_leaving_makes_room() {
        let gate = Gate::new(9, 2);
        let one = address(1);
        let passes = (gate.enter(one), gate.enter("::ffff:192.0.2.1".parse().unwrap()));
        assert!(passes.0.is_some() && passes.1.is_some());
        assert!(gate.enter(one).is_none());
        assert!(gate.enter("2001:db8::1".parse().unwrap()).is_some());
        drop(passes);
        assert!(gate.enter(one).is_some());
    }

    #[test]
    fn neighbours_in_one_64_count_as_one() {
        let gate = Gate::new(9, 1);
        let _pass = gate.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert!(gate.enter("2001:db8::2".parse().unwrap()).is_none());
        assert!(gate.enter("2001:db8:0:1::2".parse().unwrap()).is_some());
    }

    #[test]
    fn when_the_house_is_full_the_crowd_makes_room() {
        let gate = Gate::new(3, 3);
        let crowd: Vec<Pass> = (0..3).map(|_| gate.enter(address(1)).unwrap()).collect();
        let _newcomer = gate.enter(address(2)).unwrap();
        let evicted: Vec<bool> = crowd.iter().map(|pass| pass.evicted.is_cancelled()).collect();
        assert_eq!(evicted, [true, false, false], "the oldest of the crowd");
        let _third = gate.enter(address(3)).unwrap();
        assert!(gate.enter(address(4)).is_none(), "all have one");
        drop(crowd);
        let fourth = gate.enter(address(4));
        assert!(fourth.is_some(), "who was evicted leaves only once");
        assert!(gate.enter(address(5)).is_none());
    }
}
