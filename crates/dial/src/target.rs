//! Where a service may be reached, and in which order to try (RFC 2782, XEP-0368).

/// A service of a domain that SRV records name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Servers for servers: `_xmpps-server._tcp` and `_xmpp-server._tcp`, else port 5269.
    XmppServer,
    /// Servers for clients: `_xmpps-client._tcp` and `_xmpp-client._tcp`, else port 5222.
    XmppClient,
}

impl Service {
    /// The port where the service is found when no SRV record names one.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::XmppServer => 5269,
            Self::XmppClient => 5222,
        }
    }

    /// The SRV prefix of the service with TLS from the first byte (XEP-0368).
    pub(crate) fn direct_prefix(self) -> &'static str {
        match self {
            Self::XmppServer => "_xmpps-server._tcp",
            Self::XmppClient => "_xmpps-client._tcp",
        }
    }

    /// The SRV prefix of the service with STARTTLS (RFC 6120 section 3.2).
    pub(crate) fn starttls_prefix(self) -> &'static str {
        match self {
            Self::XmppServer => "_xmpp-server._tcp",
            Self::XmppClient => "_xmpp-client._tcp",
        }
    }
}

/// One place where a service may be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A host name without final dot, or an address (IPv6 bare).
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Whether TLS begins with the first byte (XEP-0368), rather than by STARTTLS.
    pub direct_tls: bool,
}

/// A target with what its SRV record says of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ranked {
    pub(crate) priority: u16,
    pub(crate) weight: u16,
    pub(crate) target: Target,
}

/// Puts targets into the order to try them: by priority, and by weighted chance within one priority
/// (RFC 2782, "Weight"). `chance(n)` is a number of 0..=n.
pub(crate) fn in_order(mut ranked: Vec<Ranked>, mut chance: impl FnMut(u32) -> u32) -> Vec<Target> {
    // Weight 0 goes first, so that it keeps its very small chance.
    ranked.sort_by_key(|one| (one.priority, one.weight));
    let mut order = Vec::with_capacity(ranked.len());
    while let Some(first) = ranked.first() {
        let priority = first.priority;
        let same = ranked.iter().take_while(|one| one.priority == priority).count();
        let sum: u32 = ranked.iter().take(same).map(|one| u32::from(one.weight)).sum();
        let mark = chance(sum);
        let mut running = 0;
        let pick = ranked
            .iter()
            .take(same)
            .position(|one| {
                running += u32::from(one.weight);
                running >= mark
            })
            .unwrap_or(0);
        order.push(ranked.remove(pick).target);
    }
    order
}

/// A number of 0..=`most` by the system's random source.
pub(crate) fn by_chance(most: u32) -> u32 {
    // Without a random source the order is merely not balanced.
    let drawn = getrandom::u32().unwrap_or(0);
    // `most` is a sum of at most 32 weights of 16 bits: the modulo's bias is below one in two thousand.
    drawn.checked_rem(most.saturating_add(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(priority: u16, weight: u16, host: &str) -> Ranked {
        Ranked {
            priority,
            weight,
            target: Target { host: host.to_owned(), port: 5269, direct_tls: false },
        }
    }

    fn hosts(targets: &[Target]) -> Vec<&str> {
        targets.iter().map(|target| target.host.as_str()).collect()
    }

    #[test]
    fn lower_priorities_come_first_whatever_their_weight() {
        let order = in_order(
            vec![ranked(20, 65535, "c"), ranked(5, 0, "a"), ranked(10, 1, "b")],
            by_chance,
        );
        assert_eq!(hosts(&order), ["a", "b", "c"]);
    }

    #[test]
    fn within_a_priority_the_mark_decides_by_running_sum() {
        let records = || vec![ranked(1, 60, "big"), ranked(1, 0, "zero"), ranked(1, 20, "small")];
        assert_eq!(hosts(&in_order(records(), |_| 0)), ["zero", "small", "big"]);
        assert_eq!(hosts(&in_order(records(), |sum| sum)), ["big", "small", "zero"]);
        assert_eq!(hosts(&in_order(records(), |sum| sum.min(20))), ["small", "big", "zero"]);
    }

    #[test]
    fn heavier_targets_come_first_more_often() {
        let first = (0..1000)
            .filter(|_| {
                let order = in_order(vec![ranked(1, 10, "small"), ranked(1, 90, "big")], by_chance);
                hosts(&order)[0] == "big"
            })
            .count();
        assert!((800..=970).contains(&first), "{first} of 1000");
    }
}
