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

#[cfg(test)]
mod tests {
    use super::*;

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
