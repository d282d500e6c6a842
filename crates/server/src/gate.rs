//! How many streams may be on their way in: in all, and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts streams that are not yet authenticated.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    most: usize,
    most_per_address: usize,
    inside: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place inside, given back when dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Gate,
    address: IpAddr,
}

impl Gate {
    pub(crate) fn new(most: usize, most_per_address: usize) -> Self {
        Self { most, most_per_address, inside: Arc::default() }
    }

    pub(crate) fn enter(&self, address: IpAddr) -> Option<Pass> {
        let address = network(address);
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.values().sum::<usize>() >= self.most {
            return None;
        }
        let here = inside.entry(address).or_default();
        if *here >= self.most_per_address {
            return None;
        }
        *here += 1;
        Some(Pass { gate: self.clone(), address })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.gate.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = inside.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                inside.remove(&self.address);
            }
        }
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

    #[test]
    fn one_address_cannot_fill_the_house_and_leaving_makes_room() {
        let gate = Gate::new(3, 2);
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let passes = (gate.enter(one), gate.enter("::ffff:192.0.2.1".parse().unwrap()));
        assert!(passes.0.is_some() && passes.1.is_some());
        assert!(gate.enter(one).is_none());
        let other = gate.enter("2001:db8::1".parse().unwrap());
        assert!(other.is_some());
        assert!(gate.enter("198.51.100.1".parse().unwrap()).is_none());
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
}
