//! What is known about being reached from outside: one state, published as it changes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use jiff::Timestamp;

use crate::Obstacle;

/// How the receiver can be reached from outside, and why not.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct State {
    /// The door that is open.
    pub external: Option<External>,
    /// Why there is none, or what limits it.
    pub obstacles: Vec<Obstacle>,
    /// The name other servers know the receiver by: the configured one if its records are right or
    /// not ours to manage, else the literal of the external address (`11.22.33.1`, `[2001:db8::1]`).
    pub public_name: Option<String>,
    /// The records of the public name, if they are ours to manage.
    pub dns: Option<DnsState>,
    /// The public certificate, if one is to be had.
    pub certificate: Option<CertificateState>,
}

/// A door that is open: what reaches `address` on one of the outside `ports` reaches us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct External {
    /// The outside address; IPv4 if there is a door for it.
    pub address: IpAddr,
    /// The IPv6 address, if there is a door for it (then also when `address` is that one).
    pub ipv6: Option<Ipv6Addr>,
    /// What each service's port is: the well-known one (5222, 5269) and the one outside. They differ
    /// only where SRV records can say so.
    pub outside: BTreeMap<u16, u16>,
    /// Which ports of ours are behind the well-known ones (5222, 5269).
    pub ports: BTreeMap<u16, u16>,
    /// Who opened it.
    pub by: By,
    /// Since when, without a break at this address.
    pub since: Timestamp,
}

impl External {
    /// Returns the address as the domain of a JID: `11.22.33.1`, `[2001:db8::1]`.
    #[must_use]
    pub fn literal(&self) -> String {
        match self.address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        }
    }
}

/// What opened the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// NAT-PMP (RFC 6886).
    NatPmp,
    /// PCP (RFC 6887).
    Pcp,
    /// UPnP-IGD.
    Upnp,
    /// Nobody had to: the address is the receiver's own.
    Direct,
}

impl By {
    /// Returns the word used in `status --json`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NatPmp => "nat-pmp",
            Self::Pcp => "pcp",
            Self::Upnp => "upnp",
            Self::Direct => "direct",
        }
    }
}

/// The records of the public name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DnsState {
    /// The public name.
    pub name: String,
    /// Whether the server was seen to answer what it should.
    pub current: bool,
    /// When that was last so.
    pub since: Option<Timestamp>,
    /// What went wrong last, if it has not been put right since.
    pub error: Option<String>,
}

/// The public certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateState {
    /// The name it is for.
    pub name: String,
    /// When it ends; `None` while there is none.
    pub not_after: Option<Timestamp>,
    /// Who issued it; `None` while there is none.
    pub issuer: Option<String>,
    /// What went wrong last, if it has not been put right since.
    pub error: Option<String>,
}
