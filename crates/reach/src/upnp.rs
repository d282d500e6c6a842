//! UPnP-IGD: asking the router for a port, or for a pinhole in its IPv6 firewall.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use igd_next::aio::tokio::{Tokio, search_gateway, search_ipv6_firewall_gateway};
use igd_next::aio::{Gateway, Ipv6FirewallGateway};
use igd_next::{
    AddPortError, GatewayIpVersion, GetExternalIpError, GetGenericPortMappingEntryError,
    PinholeError, PortMappingProtocol, RequestError, SearchOptions,
};
use tokio::time::timeout;

use crate::gateway::Line;
use crate::lease::{Mapping, Service, Trouble};

/// What is asked for; 0 (for ever) where the router knows nothing else.
const LEASE: u32 = 3600;
/// What the router shows to whoever looks at its list.
const DESCRIPTION: &str = "Televisor";
const SEARCH: Duration = Duration::from_secs(4);
const REQUEST: Duration = Duration::from_secs(5);
/// More of a router's list than this is not read.
const LISTED: u32 = 100;

/// A router that speaks UPnP.
#[derive(Debug)]
pub(crate) struct Client {
    line: Line,
    router: Router,
    /// It only knows mappings that last for ever.
    for_ever: bool,
    /// The numbers of the pinholes, by our port.
    pinholes: BTreeMap<u16, u16>,
}

#[derive(Debug)]
enum Router {
    V4(Box<Gateway<Tokio>>),
    V6(Box<Ipv6FirewallGateway<Tokio>>),
}

/// Whether what was asked for is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    There,
    Gone,
}

impl Client {
    /// Looks for the router on `line`: the default gateway, or nobody.
    pub(crate) async fn find(line: Line) -> Option<Self> {
        let router = match line.own {
            IpAddr::V4(_) => Router::V4(Box::new(find_v4(line).await?)),
            IpAddr::V6(_) => Router::V6(Box::new(find_v6(line).await?)),
        };
        Some(Self { line, router, for_ever: false, pinholes: BTreeMap::new() })
    }

    /// Asks for the router's outside address; over IPv6 that is our own.
    pub(crate) async fn address(&self) -> Result<IpAddr, Trouble> {
        let Router::V4(gateway) = &self.router else { return Ok(self.line.own) };
        match timeout(REQUEST, gateway.get_external_ip()).await {
            Ok(Ok(address)) => Ok(address),
            Ok(Err(GetExternalIpError::ActionNotAuthorized)) => {
                Err(refused("the address is a secret"))
            }
            // What a router says here when it is not connected differs; none has an address.
            Ok(Err(GetExternalIpError::RequestError(
                RequestError::InvalidResponse(_) | RequestError::ErrorCode(..),
            ))) => Err(Trouble::NotConnected),
            Ok(Err(GetExternalIpError::RequestError(error))) => Err(of_request(&error)),
            Err(_) => Err(Trouble::Silent),
        }
    }

    /// Asks for `service`'s port; for another one, where it is taken and `any_port` will do.
    pub(crate) async fn map(
        &mut self,
        service: Service,
        any_port: bool,
    ) -> Result<Mapping, Trouble> {
        let outside = match &self.router {
            Router::V4(_) => self.map_v4(service, any_port).await?,
            Router::V6(_) => self.open_pinhole(service).await?,
        };
        let lifetime = Duration::from_secs(LEASE.into());
        Ok(Mapping { service, outside, address: None, lifetime })
    }

    /// Gives the port back.
    pub(crate) async fn unmap(&mut self, mapping: &Mapping) {
        let done = match &self.router {
            Router::V4(gateway) => {
                let remove = gateway.remove_port(PortMappingProtocol::TCP, mapping.outside);
                timeout(REQUEST, remove).await.is_ok_and(|done| done.is_ok())
            }
            Router::V6(firewall) => match self.pinholes.remove(&mapping.service.ours) {
                Some(id) => {
                    let remove = firewall.remove_pinhole(id);
                    timeout(REQUEST, remove).await.is_ok_and(|done| done.is_ok())
                }
                None => true,
            },
        };
        if !done {
            tracing::debug!(outside = mapping.outside, "the mapping could not be taken back");
        }
    }

    /// Looks whether `mapping` is still there: UPnP has nothing else by which a restart is noticed.
    pub(crate) async fn listing(&self, mapping: &Mapping) -> Result<Listing, Trouble> {
        match &self.router {
            Router::V4(gateway) => self.listed(gateway, mapping).await,
            Router::V6(firewall) => {
                let Some(id) = self.pinholes.get(&mapping.service.ours) else {
                    return Ok(Listing::Gone);
                };
                match timeout(REQUEST, firewall.update_pinhole(*id, LEASE)).await {
                    Ok(Ok(())) => Ok(Listing::There),
                    Ok(Err(PinholeError::RequestError(error))) => Err(of_request(&error)),
                    Ok(Err(_)) => Ok(Listing::Gone),
                    Err(_) => Err(Trouble::Silent),
                }
            }
        }
    }

    async fn listed(
        &self,
        gateway: &Gateway<Tokio>,
        mapping: &Mapping,
    ) -> Result<Listing, Trouble> {
        for index in 0..LISTED {
            let entry = gateway.get_generic_port_mapping_entry(index);
            let entry = match timeout(REQUEST, entry).await {
                Ok(Ok(entry)) => entry,
                Ok(Err(GetGenericPortMappingEntryError::RequestError(
                    error @ (RequestError::IoError(_) | RequestError::HyperClientError(_)),
                ))) => return Err(of_request(&error)),
                // The end of the list, or no list: then it is asked for anew, which harms nothing.
                Ok(Err(_)) => return Ok(Listing::Gone),
                Err(_) => return Err(Trouble::Silent),
            };
            if entry.external_port == mapping.outside
                && entry.protocol == PortMappingProtocol::TCP
                && entry.internal_client == self.line.own.to_string()
            {
                return Ok(Listing::There);
            }
        }
        Ok(Listing::Gone)
    }

    async fn map_v4(&mut self, service: Service, any_port: bool) -> Result<u16, Trouble> {
        let added = match self.add(service, self.lease()).await {
            Err(AddPortError::OnlyPermanentLeasesSupported) => self.add_for_ever(service).await,
            // Some say "invalid argument" to a lease they do not know.
            Err(AddPortError::RequestError(RequestError::ErrorCode(402, _))) => {
                self.add_for_ever(service).await
            }
            added => added,
        };
        match added {
            Ok(()) => Ok(service.port),
            Err(AddPortError::PortInUse) if any_port => self.add_any(service).await,
            Err(AddPortError::PortInUse) => Err(Trouble::Taken { got: None }),
            Err(AddPortError::RequestError(error)) => Err(of_request(&error)),
            Err(error) => Err(refused(&error.to_string())),
        }
    }

    const fn lease(&self) -> u32 {
        if self.for_ever { 0 } else { LEASE }
    }

    async fn add_for_ever(&mut self, service: Service) -> Result<(), AddPortError> {
        self.for_ever = true;
        self.add(service, 0).await
    }

    async fn add(&self, service: Service, lease: u32) -> Result<(), AddPortError> {
        let Router::V4(gateway) = &self.router else { return Ok(()) };
        let ours = SocketAddr::new(self.line.own, service.ours);
        let tcp = PortMappingProtocol::TCP;
        timeout(REQUEST, gateway.add_port(tcp, service.port, ours, lease, DESCRIPTION))
            .await
            .map_err(|late| AddPortError::RequestError(late.into()))?
    }

    async fn add_any(&self, service: Service) -> Result<u16, Trouble> {
        let Router::V4(gateway) = &self.router else { return Ok(service.port) };
        let ours = SocketAddr::new(self.line.own, service.ours);
        let tcp = PortMappingProtocol::TCP;
        match timeout(REQUEST, gateway.add_any_port(tcp, ours, self.lease(), DESCRIPTION)).await {
            Ok(Ok(port)) => Ok(port),
            Ok(Err(error)) => Err(refused(&error.to_string())),
            Err(_) => Err(Trouble::Silent),
        }
    }

    async fn open_pinhole(&mut self, service: Service) -> Result<u16, Trouble> {
        let (Router::V6(firewall), IpAddr::V6(own)) = (&self.router, self.line.own) else {
            return Ok(service.ours);
        };
        if let Some(id) = self.pinholes.get(&service.ours)
            && timeout(REQUEST, firewall.update_pinhole(*id, LEASE)).await.is_ok_and(|r| r.is_ok())
        {
            return Ok(service.ours);
        }
        let client = SocketAddrV6::new(own, service.ours, 0, 0);
        let add = firewall.add_pinhole(PortMappingProtocol::TCP, client, LEASE);
        let id = match timeout(REQUEST, add).await {
            Ok(Ok(id)) => id,
            Ok(Err(PinholeError::RequestError(error))) => return Err(of_request(&error)),
            Ok(Err(error)) => return Err(refused(&error.to_string())),
            Err(_) => return Err(Trouble::Silent),
        };
        self.pinholes.insert(service.ours, id);
        Ok(service.ours)
    }
}

/// Asks everybody on our own interface first; then the gateway alone, should another device with
/// ambitions have been quicker.
async fn find_v4(line: Line) -> Option<Gateway<Tokio>> {
    let gateway = line.gateway?;
    for alone in [false, true] {
        let mut options = SearchOptions::default();
        options.bind_addr = SocketAddr::new(line.own, 0);
        options.timeout = Some(SEARCH);
        options.gateway_ip_version = GatewayIpVersion::V4;
        if alone {
            options.broadcast_address = SocketAddr::new(gateway, 1900);
        }
        match timeout(SEARCH, search_gateway(options)).await {
            Ok(Ok(found)) if found.addr.ip() == gateway => return Some(found),
            Ok(Ok(other)) => tracing::debug!(%other, "a UPnP gateway that is not ours"),
            Ok(Err(error)) => {
                tracing::debug!(%error, "no UPnP");
                return None;
            }
            Err(_) => return None,
        }
    }
    None
}

async fn find_v6(line: Line) -> Option<Ipv6FirewallGateway<Tokio>> {
    let mut options = SearchOptions::ipv6(line.interface);
    options.bind_addr = SocketAddr::new(line.own, 0);
    options.timeout = Some(SEARCH);
    options.gateway_ip_version = GatewayIpVersion::V6;
    let found = timeout(SEARCH, search_ipv6_firewall_gateway(options)).await.ok()?;
    found.inspect_err(|error| tracing::debug!(%error, "no UPnP over IPv6")).ok()
}

fn of_request(error: &RequestError) -> Trouble {
    match error {
        RequestError::ErrorCode(code, text) => refused(&format!("{text} ({code})")),
        RequestError::InvalidResponse(_)
        | RequestError::UnsupportedAction(_)
        | RequestError::HttpError(_)
        | RequestError::Utf8Error(_) => refused(&error.to_string()),
        RequestError::IoError(_)
        | RequestError::HyperError(_)
        | RequestError::HyperClientError(_) => Trouble::Silent,
    }
}

fn refused(what: &str) -> Trouble {
    Trouble::Refused { what: format!("UPnP: {what}"), holds: None }
}
