//! Domains that are IP addresses: `11.22.33.1` and `[2001:db8::1]` (RFC 7622 section 3.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that this domain is, if it is an address literal.
///
/// IPv6 is taken in brackets, as a domain part has it, and bare, as a setting may have it.
#[must_use]
pub fn address_literal(domain: &str) -> Option<IpAddr> {
    if let Some(inner) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    domain
        .parse::<Ipv4Addr>()
        .map(IpAddr::V4)
        .or_else(|_| domain.parse::<Ipv6Addr>().map(IpAddr::V6))
        .ok()
}

/// Whether an address is one of the Internet: not of this machine, this link, a private network or a
/// carrier's, nor of many at once.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [first, second, ..] = four.octets();
            let shared = first == 100 && (64..128).contains(&second);
            let special = four.is_loopback() || four.is_private() || four.is_link_local();
            // 0/8 is this machine too, and from 224 on are groups, broadcast, and nothing.
            !special && !shared && first != 0 && first < 224
        }
        IpAddr::V6(six) => {
            let special = six.is_loopback() || six.is_unspecified() || six.is_multicast();
            !special && !six.is_unique_local() && !six.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_this_machine_and_groups_are_not_the_internet() {
        for inside in [
            "127.0.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "224.0.0.251",
            "255.255.255.255",
            "::",
            "::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:192.168.1.1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["11.22.33.1", "100.128.0.1", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8"]
        {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn addresses_are_literals_and_names_are_not() {
        assert_eq!(address_literal("11.22.33.1"), Some("11.22.33.1".parse().unwrap()));
        assert_eq!(address_literal("[2001:db8::1]"), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(address_literal("2001:db8::1"), Some("2001:db8::1".parse().unwrap()));
        for name in ["example.org", "[11.22.33.1]", "11.22.33", "[2001:db8::1", ""] {
            assert_eq!(address_literal(name), None, "{name}");
        }
    }
}
