//! What is on the link: addresses of this machine's own subnets.
//!
//! Addresses in DNS records are anybody's claim: without this check a record could send our
//! connection to this machine's own loopback services, or anywhere in the world.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use if_addrs::{IfAddr, Interface, get_if_addrs};
use televisor_discovery::Config;

/// The interfaces in use, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Near(Vec<Interface>);

impl Near {
    /// Looks at the interfaces that `config` names: none named means all but loopback.
    pub(crate) fn now(config: &Config) -> Self {
        let mut interfaces = get_if_addrs().unwrap_or_default();
        interfaces.retain(|interface| used(config, interface));
        interfaces.sort_by_key(|interface| (interface.name.clone(), interface.ip()));
        Self(interfaces)
    }

    /// Whether this is an address of our own on one of them.
    pub(crate) fn is_own(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|interface| interface.ip() == ip)
    }

    /// Whether the address is of a subnet of ours (IPv4-mapped addresses count as IPv4).
    /// Link-local IPv6 addresses are near where any of the interfaces has one.
    pub(crate) fn holds(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|interface| match (&interface.addr, ip) {
            (IfAddr::V4(own), IpAddr::V4(ip)) => same_subnet(own.ip, ip, own.netmask),
            (IfAddr::V6(own), IpAddr::V6(ip)) => same_prefix(own.ip, ip, own.prefixlen),
            _ => false,
        })
    }
}

fn used(config: &Config, interface: &Interface) -> bool {
    if config.interfaces.is_empty() {
        return !interface.is_loopback();
    }
    let ip = interface.ip().to_string();
    config.interfaces.iter().any(|wanted| *wanted == interface.name || *wanted == ip)
}

/// The broadcast address is nobody's. It is reckoned here: an interface without one is listed with
/// its own address in its place.
fn same_subnet(own: Ipv4Addr, other: Ipv4Addr, mask: Ipv4Addr) -> bool {
    let (own, other, mask) = (own.to_bits(), other.to_bits(), mask.to_bits());
    let broadcast = mask.count_zeros() > 1 && other | mask == u32::MAX;
    own & mask == other & mask && !broadcast
}

fn same_prefix(own: Ipv6Addr, other: Ipv6Addr, length: u8) -> bool {
    let shift = 128_u32.saturating_sub(u32::from(length));
    let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
    own.to_bits() & mask == other.to_bits() & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_near_only_where_it_is_configured() {
        let local: IpAddr = [127, 0, 0, 1].into();
        assert!(Near::now(&Config::loopback()).holds(local));
        assert!(Near::now(&Config::loopback()).is_own(local));
        assert!(!Near::now(&Config::default()).holds(local));
    }

    #[test]
    fn the_world_is_not_near() {
        let near = Near::now(&Config::loopback());
        assert!(!near.holds([192, 0, 2, 1].into()));
        assert!(!near.holds("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn a_mask_decides_for_ipv4_and_the_broadcast_address_is_nobody() {
        let near = |other: [u8; 4], mask: [u8; 4]| {
            same_subnet([192, 168, 78, 12].into(), other.into(), mask.into())
        };
        let home = [255, 255, 255, 0];
        assert!(near([192, 168, 78, 12], home) && near([192, 168, 78, 254], home));
        assert!(!near([192, 168, 78, 255], home));
        assert!(!near([192, 168, 79, 12], home));
        assert!(near([192, 168, 78, 13], [255, 255, 255, 254]));
        assert!(near([192, 168, 78, 12], [255; 4]) && !near([192, 168, 78, 13], [255; 4]));
    }

    #[test]
    fn our_own_addresses_are_near() {
        let near = Near::now(&Config::default());
        assert!(near.0.iter().all(|interface| near.holds(interface.ip())));
    }

    #[test]
    fn a_prefix_decides_for_ipv6() {
        let own = "fe80::1".parse().unwrap();
        assert!(same_prefix(own, "fe80::2".parse().unwrap(), 64));
        assert!(!same_prefix(own, "fe80:0:0:1::2".parse().unwrap(), 64));
        assert!(!same_prefix(own, "fe80::2".parse().unwrap(), 128));
        assert!(same_prefix(own, "2001:db8::1".parse().unwrap(), 0));
    }
}
