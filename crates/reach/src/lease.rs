//! What is asked of a router, and what it grants.

use std::net::IpAddr;
use std::time::Duration;

use crate::exchange::Silence;
use crate::{Obstacle, Ports};

/// How long mappings are asked for by NAT-PMP and PCP. Short, since the router is asked every half
/// minute anyway: what a power cut or another address of ours leaves behind there is soon gone, and
/// until then it keeps the port from ourselves.
pub(crate) const LEASE: Duration = Duration::from_secs(20 * 60);
/// However short the router's leases are, it is not asked more often than this.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(10);

/// A service that is to be had outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Service {
    /// Its well-known port: 5222 or 5269.
    pub(crate) port: u16,
    /// Ours.
    pub(crate) ours: u16,
}

impl Ports {
    /// Nothing but these is ever asked for.
    pub(crate) fn services(self) -> Vec<Service> {
        [Service { port: 5269, ours: self.server }, Service { port: 5222, ours: self.client }]
            .into_iter()
            .filter(|service| service.ours != 0)
            .collect()
    }
}

/// A port that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) service: Service,
    /// The port outside.
    pub(crate) outside: u16,
    /// The address outside, where the protocol says it with the port.
    pub(crate) address: Option<IpAddr>,
    /// How long it was granted for.
    pub(crate) lifetime: Duration,
}

/// The ports that are open at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) address: IpAddr,
    /// At least one.
    pub(crate) mappings: Vec<Mapping>,
    /// Why it is not all of them.
    pub(crate) obstacles: Vec<Obstacle>,
}

impl Lease {
    /// Returns when to ask again: at half the shortest lifetime.
    pub(crate) fn renewal(&self) -> Duration {
        let shortest = self.mappings.iter().map(|mapping| mapping.lifetime).min();
        (shortest.unwrap_or(LEASE) / 2).max(SHORTEST_RENEWAL)
    }
}

/// Why a router gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// It says nothing.
    #[error("no answer")]
    Silent,
    /// The port is another device's.
    #[error("the port is taken")]
    Taken {
        /// What it would give.
        got: Option<u16>,
    },
    /// It has no outside address now.
    #[error("the router is not connected")]
    NotConnected,
    /// It says no.
    #[error("{what}")]
    Refused {
        /// In its words.
        what: String,
        /// How long it will go on saying so, where the protocol tells.
        holds: Option<Duration>,
    },
}

impl From<Silence> for Trouble {
    fn from(Silence: Silence) -> Self {
        Self::Silent
    }
}
