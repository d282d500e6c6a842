//! What stands between the receiver and the world, in sentences for a household.

use std::net::IpAddr;

/// Why there is no way in from outside, or what limits it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// `[reach] enabled = false`.
    #[error(
        "Reaching the receiver from outside is switched off. Set enabled = true under [reach] to switch it on."
    )]
    Disabled,
    /// There is no default route.
    #[error(
        "The receiver has found no way to the internet. Check the network cable or the Wi-Fi, and the router."
    )]
    NoGateway,
    /// The router answers none of the three protocols.
    #[error(
        "The router at {gateway} does not let devices open ports. Switch on UPnP or NAT-PMP in its settings, or use an uplink account: see docs/away.md."
    )]
    NoProtocol {
        /// The router.
        gateway: IpAddr,
    },
    /// The router knows a protocol and says no.
    #[error(
        "The router refuses to open a port ({what}). Allow it in the router's settings (UPnP, NAT-PMP or \"port sharing\"), or use an uplink account: see docs/away.md."
    )]
    Refused {
        /// What it said.
        what: String,
    },
    /// The router's outside address is in 100.64.0.0/10 (RFC 6598).
    #[error(
        "Your internet provider shares one address between many homes ({address} is not public). Use an uplink account: see docs/away.md."
    )]
    CarrierNat {
        /// The router's outside address.
        address: IpAddr,
    },
    /// The router's outside address is a private one.
    #[error(
        "There is a second router in front of yours ({address} is not public). Set the outer one to \"bridge\" mode, forward ports 5222 and 5269 in it, or use an uplink account: see docs/away.md."
    )]
    DoubleNat {
        /// The router's outside address.
        address: IpAddr,
    },
    /// The router has no outside address now.
    #[error("The router is not connected to the internet at the moment.")]
    NotConnected,
    /// The port is another device's.
    #[error(
        "Port {port} of the router already belongs to another device{}. Remove that rule in the router's settings, or give the receiver a name whose records it may change: see docs/away.md.",
        got.map(|got| format!(" (the router offers {got} instead)")).unwrap_or_default()
    )]
    PortTaken {
        /// The port outside.
        port: u16,
        /// The one the router would have given.
        got: Option<u16>,
    },
    /// The address is our own, so that no router was asked; a firewall may still be shut.
    #[error(
        "The receiver has a public address of its own ({address}). If it cannot be reached from outside, let TCP ports 5222 and 5269 pass the router's firewall."
    )]
    FirewallUnknown {
        /// The address.
        address: IpAddr,
    },
    /// Only IPv6 gets in.
    #[error(
        "The receiver can be reached over IPv6 only ({address}): accounts whose server has no IPv6 need an uplink account, see docs/away.md."
    )]
    Ipv6Only {
        /// The address.
        address: IpAddr,
    },
    /// The records of the public name cannot be kept right.
    #[error("The records of {name} could not be set: {why}. See [reach.dns] in docs/away.md.")]
    Dns {
        /// The public name.
        name: String,
        /// What went wrong.
        why: String,
    },
    /// There is no certificate for the public name.
    #[error("There is no certificate for {name}: {why}. See [reach.acme] in docs/away.md.")]
    Certificate {
        /// The public name.
        name: String,
        /// What went wrong.
        why: String,
    },
}
