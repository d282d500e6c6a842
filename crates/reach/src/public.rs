//! Whether an address is good outside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Obstacle;

/// Returns whether the world can use `address` for us. Documentation ranges count as public: no
/// router has them unless somebody builds a small internet of their own.
#[must_use]
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => obstacle_v4(v4).is_none(),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Returns what is wrong with the outside address a router names, if anything is.
pub(crate) fn obstacle(address: IpAddr) -> Option<Obstacle> {
    match address.to_canonical() {
        IpAddr::V4(v4) => obstacle_v4(v4),
        IpAddr::V6(v6) if is_public_v6(v6) => None,
        IpAddr::V6(v6) => Some(Obstacle::DoubleNat { address: v6.into() }),
    }
}

fn obstacle_v4(v4: Ipv4Addr) -> Option<Obstacle> {
    let address = IpAddr::V4(v4);
    let [a, b, c, _] = v4.octets();
    match (a, b, c) {
        // Shared address space (RFC 6598), and the inner end of DS-Lite (RFC 6333).
        (100, 64..=127, _) | (192, 0, 0) => Some(Obstacle::CarrierNat { address }),
        // "This network": what a router names while it has no address; and multicast and above.
        (0, ..) | (224.., ..) => Some(Obstacle::NotConnected),
        (10, ..) | (127, ..) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _)
        // Benchmarking networks (RFC 2544).
        | (198, 18..=19, _) => Some(Obstacle::DoubleNat { address }),
        _ => None,
    }
}

/// Global unicast is 2000::/3; of that, the transition mechanisms hang on a NAT's whim.
fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [first, second, ..] = v6.segments();
    let teredo = first == 0x2001 && second == 0;
    first & 0xe000 == 0x2000 && !teredo
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Obstacle> {
        obstacle(text.parse().unwrap())
    }

    #[test]
    fn an_address_shared_by_a_provider_is_said_to_be_shared() {
        for text in ["100.64.0.1", "100.127.255.254", "192.0.0.2"] {
            assert!(matches!(of(text), Some(Obstacle::CarrierNat { .. })), "{text}");
        }
        let said = of("100.64.3.9").unwrap().to_string();
        assert_eq!(
            said,
            "Your internet provider shares one address between many homes (100.64.3.9 is not public). \
             Use an uplink account: see docs/away.md."
        );
    }

    #[test]
    fn a_private_address_outside_means_a_second_router() {
        for text in ["10.1.2.3", "172.16.0.1", "172.31.9.9", "192.168.178.2", "169.254.1.1"] {
            assert!(matches!(of(text), Some(Obstacle::DoubleNat { .. })), "{text}");
        }
    }

    #[test]
    fn no_address_means_not_connected() {
        assert_eq!(of("0.0.0.0"), Some(Obstacle::NotConnected));
    }

    #[test]
    fn what_lies_beside_those_ranges_is_public() {
        for text in ["100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "11.22.33.1"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert!(is_public("203.0.113.9".parse().unwrap()));
    }

    #[test]
    fn of_ipv6_only_global_unicast_is_public() {
        for text in ["2001:db8:77::10", "2a0e:77::10"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["fe80::1", "fd77::10", "::1", "2001:0:1::1", "ff02::1"] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        assert!(!is_public("::ffff:192.168.1.1".parse().unwrap()));
    }
}
