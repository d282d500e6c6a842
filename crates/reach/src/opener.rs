//! The three protocols under one roof: each opens, tells whether all is well, and closes.

use std::net::IpAddr;

use crate::exchange::Silence;
use crate::lease::{Lease, Mapping, Service, Trouble};
use crate::upnp::Listing;
use crate::{By, Obstacle, nat_pmp, pcp, upnp};

/// A router, and the language it understands.
#[derive(Debug)]
pub(crate) enum Opener {
    Pcp(pcp::Client),
    NatPmp(nat_pmp::Client),
    Upnp(upnp::Client),
}

/// Whether what was opened is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulse {
    Well,
    /// The router has begun anew, has lost a mapping, or has another address.
    Lost,
}

/// Why nothing is open: what each service met with. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied(pub(crate) Vec<(Service, Trouble)>);

impl Opener {
    pub(crate) const fn by(&self) -> By {
        match self {
            Self::Pcp(_) => By::Pcp,
            Self::NatPmp(_) => By::NatPmp,
            Self::Upnp(_) => By::Upnp,
        }
    }

    /// Asks for all of `services`, or renews them.
    pub(crate) async fn open(
        &mut self,
        services: &[Service],
        any_port: bool,
    ) -> Result<Lease, Denied> {
        // Whatever was lost before is asked for now.
        self.take_began_anew();
        let (mut mappings, mut denied) = (Vec::new(), Vec::new());
        for service in services {
            match self.map(*service, any_port).await {
                Ok(mapping) => mappings.push(mapping),
                Err(trouble) => {
                    let silent = trouble == Trouble::Silent;
                    denied.push((*service, trouble));
                    if silent {
                        return Err(Denied(denied));
                    }
                }
            }
        }
        let Some(first) = mappings.first() else { return Err(Denied(denied)) };
        let address = match first.address {
            Some(address) => address,
            None => self.address().await.map_err(|e| Denied(vec![(first.service, e)]))?,
        };
        let obstacles =
            denied.iter().map(|(service, trouble)| trouble.obstacle(*service)).collect();
        Ok(Lease { address, mappings, obstacles })
    }

    /// Asks whether `lease` still holds; cheap enough for twice a minute.
    pub(crate) async fn pulse(&mut self, lease: &Lease, any_port: bool) -> Result<Pulse, Trouble> {
        let address = match self {
            Self::Pcp(client) => Self::pulse_by_pcp(client, lease, any_port).await?,
            Self::NatPmp(client) => client.address().await?.into(),
            Self::Upnp(client) => {
                for mapping in &lease.mappings {
                    if client.listing(mapping).await? == Listing::Gone {
                        return Ok(Pulse::Lost);
                    }
                }
                client.address().await?
            }
        };
        let lost = self.take_began_anew() || address != lease.address;
        Ok(if lost { Pulse::Lost } else { Pulse::Well })
    }

    /// Gives everything back.
    pub(crate) async fn close(&mut self, lease: &Lease) {
        for mapping in &lease.mappings {
            match self {
                Self::Pcp(client) => client.unmap(mapping.service).await,
                Self::NatPmp(client) => client.unmap(mapping.service.ours).await,
                Self::Upnp(client) => client.unmap(mapping).await,
            }
        }
    }

    /// PCP's greeting tells the epoch and NAT-PMP's, sent with it, the address; where that is not
    /// spoken, a mapping is renewed for the address's sake.
    async fn pulse_by_pcp(
        client: &mut pcp::Client,
        lease: &Lease,
        any_port: bool,
    ) -> Result<IpAddr, Trouble> {
        let heard = client.hello().await.map_err(|Silence| Trouble::Silent)?;
        match (heard.pcp, heard.nat_pmp, lease.address) {
            (Some(epoch), Some((_, Some(address))), IpAddr::V4(_)) => {
                client.note(epoch);
                Ok(address.into())
            }
            (Some(epoch), _, address @ IpAddr::V6(_)) => {
                client.note(epoch);
                Ok(address)
            }
            _ => {
                let Some(first) = lease.mappings.first() else { return Ok(lease.address) };
                let mapping = client.map(first.service, any_port).await?;
                Ok(mapping.address.unwrap_or(lease.address))
            }
        }
    }

    async fn map(&mut self, service: Service, any_port: bool) -> Result<Mapping, Trouble> {
        match self {
            Self::Pcp(client) => client.map(service, any_port).await,
            Self::NatPmp(client) => client.map(service, any_port).await,
            Self::Upnp(client) => client.map(service, any_port).await,
        }
    }

    async fn address(&mut self) -> Result<IpAddr, Trouble> {
        match self {
            // It came with the mapping.
            Self::Pcp(_) => Err(Trouble::NotConnected),
            Self::NatPmp(client) => client.address().await.map(IpAddr::from),
            Self::Upnp(client) => client.address().await,
        }
    }

    const fn take_began_anew(&mut self) -> bool {
        match self {
            Self::Pcp(client) => client.take_began_anew(),
            Self::NatPmp(client) => client.take_began_anew(),
            Self::Upnp(_) => false,
        }
    }
}

impl Trouble {
    /// Returns what a household is told of it.
    pub(crate) fn obstacle(&self, service: Service) -> Obstacle {
        match self {
            Self::Taken { got } => Obstacle::PortTaken { port: service.port, got: *got },
            Self::NotConnected => Obstacle::NotConnected,
            Self::Silent => Obstacle::Refused { what: self.to_string() },
            Self::Refused { what, .. } => Obstacle::Refused { what: what.clone() },
        }
    }
}
