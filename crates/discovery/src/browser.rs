//! Looking for services of one type (RFC 6763 section 4).

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use mdns_sd::{ResolvedService, ScopedIp, ServiceEvent, VERIFY_TIMEOUT_DEFAULT};
use tokio::time::{Instant, timeout_at};

use crate::config::Config;
use crate::error::Error;
use crate::responder::Responder;

/// Most instances remembered in one search; a network with more is not a home.
const FOUND_LIMIT: usize = 256;

/// One instance of a service, with everything needed to connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The instance name, as people see it.
    pub instance: String,
    /// The host name without the last dot: `test-set-top-box.local`.
    pub host: String,
    /// Where to connect, best first: IPv4, then IPv6, link-local (with its scope) last.
    pub addresses: Vec<SocketAddr>,
    /// The port.
    pub port: u16,
    /// The TXT strings in their order.
    pub txt: Vec<(String, String)>,
}

impl Found {
    /// Returns the value of the TXT string `key`, whose case does not matter.
    #[must_use]
    pub fn txt(&self, key: &str) -> Option<&str> {
        self.txt.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v.as_str())
    }
}

/// What a search reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// An instance is there, or has changed.
    Found(Found),
    /// The instance of this name has gone.
    Gone(String),
}

/// A browser, with a thread of its own.
pub struct Browser {
    responder: Responder,
}

impl Browser {
    /// Starts a browser on the configured interfaces; none configured means all, loopback too.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when multicast cannot be had.
    pub fn open(config: &Config) -> Result<Self, Error> {
        Ok(Self { responder: Responder::for_browsing(config)? })
    }

    /// Searches for services of type `kind` (such as `_xmpp-client._tcp`) until dropped. A second
    /// search for the same type ends the first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the search cannot be started.
    pub fn browse(&self, kind: &str) -> Result<Browsing<'_>, Error> {
        let suffix = format!("{kind}.local.");
        let events = self.responder.daemon().browse(&suffix)?;
        Ok(Browsing { browser: self, events, suffix })
    }

    /// Collects what answers within `wait`.
    ///
    /// # Errors
    /// As [`Browser::browse`].
    pub async fn collect(&self, kind: &str, wait: Duration) -> Result<Vec<Found>, Error> {
        let until = Instant::now() + wait;
        let mut search = self.browse(kind)?;
        let mut found: HashMap<String, Found> = HashMap::new();
        while let Ok(Some(seen)) = timeout_at(until, search.next()).await {
            match seen {
                Seen::Found(one) if found.len() < FOUND_LIMIT => {
                    found.insert(one.instance.clone(), one);
                }
                Seen::Found(_) => {}
                Seen::Gone(instance) => {
                    found.remove(&instance);
                }
            }
        }
        let mut found: Vec<Found> = found.into_values().collect();
        found.sort_by(|a, b| a.instance.cmp(&b.instance));
        Ok(found)
    }

    /// Returns the first instance that `wanted` accepts, or nothing after `wait`.
    ///
    /// # Errors
    /// As [`Browser::browse`].
    pub async fn first(
        &self,
        kind: &str,
        wait: Duration,
        wanted: impl Fn(&Found) -> bool,
    ) -> Result<Option<Found>, Error> {
        let until = Instant::now() + wait;
        let mut search = self.browse(kind)?;
        while let Ok(Some(seen)) = timeout_at(until, search.next()).await {
            if let Seen::Found(found) = seen
                && wanted(&found)
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Asks again for the records of an instance that was found, after it could not be reached
    /// (RFC 6762 section 10.4): if nobody answers within ten seconds, the search reports it gone.
    /// Does nothing for a name with a dot or a backslash, which the daemon cannot ask for.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the daemon has ended.
    pub fn verify(&self, kind: &str, instance: &str) -> Result<(), Error> {
        let fullname = format!("{instance}.{kind}.local.");
        Ok(self.responder.daemon().verify(fullname, VERIFY_TIMEOUT_DEFAULT)?)
    }

    /// Returns how many records of instances are remembered: the daemon knows no bound, so
    /// somebody who announces without end is to be forgotten by closing the browser.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the daemon has ended.
    pub async fn remembered(&self) -> Result<usize, Error> {
        let metrics = self.responder.daemon().get_metrics()?;
        let metrics = metrics.recv_async().await.map_err(|_| Error::Ended)?;
        let count = |name: &str| metrics.get(name).copied().unwrap_or(0);
        let most = ["cached-ptr", "cached-srv", "cached-txt", "cached-addr"].map(count);
        Ok(usize::try_from(most.into_iter().max().unwrap_or(0)).unwrap_or(0))
    }

    /// Ends the browser's thread.
    pub async fn close(self) {
        self.responder.close().await;
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").finish_non_exhaustive()
    }
}

/// A search in progress.
pub struct Browsing<'a> {
    browser: &'a Browser,
    events: mdns_sd::Receiver<ServiceEvent>,
    suffix: String,
}

impl Browsing<'_> {
    /// Waits for the next report; `None` when the browser has ended. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Option<Seen> {
        loop {
            match self.events.recv_async().await.ok()? {
                ServiceEvent::ServiceResolved(service) => {
                    return Some(Seen::Found(found(&service, &self.suffix)));
                }
                ServiceEvent::ServiceRemoved(_, fullname) => {
                    return Some(Seen::Gone(instance(&fullname, &self.suffix)));
                }
                ServiceEvent::SearchStopped(_) => return None,
                _ => {}
            }
        }
    }
}

impl Drop for Browsing<'_> {
    fn drop(&mut self) {
        let _ = self.browser.responder.daemon().stop_browse(&self.suffix);
    }
}

impl fmt::Debug for Browsing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browsing").field("suffix", &self.suffix).finish_non_exhaustive()
    }
}

/// Takes the service type off a full name. Names that were resolved come unescaped.
pub(crate) fn instance(fullname: &str, suffix: &str) -> String {
    let at = fullname.len().checked_sub(suffix.len() + 1);
    match at.and_then(|at| fullname.split_at_checked(at)) {
        Some((name, tail)) if tail.get(1..).is_some_and(|t| t.eq_ignore_ascii_case(suffix)) => {
            name.to_owned()
        }
        _ => fullname.to_owned(),
    }
}

fn found(service: &ResolvedService, suffix: &str) -> Found {
    let mut addresses: Vec<SocketAddr> =
        service.addresses.iter().map(|ip| socket_address(ip, service.port)).collect();
    addresses.sort_by_key(|address| (rank(address.ip()), *address));
    Found {
        instance: instance(&service.fullname, suffix),
        host: service.host.trim_end_matches('.').to_owned(),
        addresses,
        port: service.port,
        txt: service
            .txt_properties
            .iter()
            .map(|property| (property.key().to_owned(), property.val_str().to_owned()))
            .collect(),
    }
}

fn socket_address(ip: &ScopedIp, port: u16) -> SocketAddr {
    match ip {
        ScopedIp::V6(v6) if v6.addr().is_unicast_link_local() => {
            SocketAddrV6::new(*v6.addr(), port, 0, v6.scope_id().index).into()
        }
        other => SocketAddr::new(other.to_ip_addr(), port),
    }
}

/// IPv4 first, since that is what every home network routes; link-local addresses last.
fn rank(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(v4) if v4.is_link_local() => 2,
        IpAddr::V4(_) => 0,
        IpAddr::V6(v6) if v6.is_unicast_link_local() => 3,
        IpAddr::V6(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_name_may_hold_dots() {
        let suffix = "_xmpp-server._tcp.local.";
        assert_eq!(instance("a.b (2)._xmpp-server._tcp.local.", suffix), "a.b (2)");
        assert_eq!(instance("é._XMPP-server._tcp.local.", suffix), "é");
        assert_eq!(instance("odd", suffix), "odd");
    }

    #[test]
    fn link_local_addresses_come_last() {
        let mut ips: Vec<IpAddr> = ["fe80::1", "2001:db8::1", "169.254.0.1", "192.0.2.1"]
            .map(|t| t.parse().unwrap())
            .into();
        ips.sort_by_key(|ip| rank(*ip));
        assert_eq!(ips[0].to_string(), "192.0.2.1");
        assert_eq!(ips[3].to_string(), "fe80::1");
    }
}
