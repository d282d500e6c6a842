//! Whether a peer is on one of our own links.
//!
//! On-link means a private, unique-local, link-local or loopback address *and* within the prefix of
//! one of this machine's interfaces. What a peer says of itself (forwarding headers) never counts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns whether `peer` is on a link of this machine, by its interfaces as they are now.
#[must_use]
pub fn is_on_link(peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || (is_local_range(peer) && prefixes().any(|prefix| prefix.contains(peer)))
}

/// Returns whether `peer` is this very machine: a loopback address, or one of its interfaces'.
#[must_use]
pub fn is_this_machine(peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || prefixes().any(|prefix| prefix.address == peer)
}

/// Returns this machine's addresses on its links, loopback left out.
#[must_use]
pub fn addresses() -> Vec<IpAddr> {
    prefixes().map(|prefix| prefix.address).filter(|address| !address.is_loopback()).collect()
}

fn is_local_range(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[derive(Debug, Clone, Copy)]
struct Prefix {
    address: IpAddr,
    length: u8,
}

impl Prefix {
    fn contains(self, peer: IpAddr) -> bool {
        match (self.address, peer) {
            (IpAddr::V4(own), IpAddr::V4(peer)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length)).unwrap_or(0);
                own & Ipv4Addr::from_bits(mask) == peer & Ipv4Addr::from_bits(mask)
            }
            (IpAddr::V6(own), IpAddr::V6(peer)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0);
                own & Ipv6Addr::from_bits(mask) == peer & Ipv6Addr::from_bits(mask)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn prefixes() -> impl Iterator<Item = Prefix> {
    // An error means no interfaces can be listed: then nothing but loopback is on-link.
    if_addrs::get_if_addrs().unwrap_or_default().into_iter().map(|interface| match interface.addr {
        if_addrs::IfAddr::V4(v4) => Prefix { address: v4.ip.into(), length: v4.prefixlen.min(32) },
        if_addrs::IfAddr::V6(v6) => Prefix { address: v6.ip.into(), length: v6.prefixlen.min(128) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(address: &str, length: u8) -> Prefix {
        Prefix { address: address.parse().unwrap(), length }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn loopback_is_on_link_also_when_mapped_into_ipv6() {
        assert!(is_on_link(ip("127.0.0.1")) && is_on_link(ip("::ffff:127.0.0.1")));
    }

    #[test]
    fn a_public_address_is_never_on_link() {
        assert!(!is_on_link(ip("11.22.33.44")) && !is_on_link(ip("2001:4860::8888")));
    }

    #[test]
    fn a_prefix_holds_its_neighbours_only() {
        assert!(prefix("192.168.77.10", 24).contains(ip("192.168.77.20")));
        assert!(!prefix("192.168.77.10", 24).contains(ip("192.168.78.20")));
        assert!(prefix("fe80::1", 64).contains(ip("fe80::2")));
        assert!(!prefix("fd00::1", 64).contains(ip("fd00:0:0:1::2")));
        assert!(!prefix("192.168.77.10", 24).contains(ip("fd00::1")));
    }

    #[test]
    fn a_zero_length_prefix_does_not_overflow() {
        assert!(prefix("10.0.0.1", 0).contains(ip("10.200.0.1")));
    }
}
