//! What a secondary device sees: receivers, each put together from the services of one host.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::browser::{Browser, Found};
use crate::config::Config;
use crate::error::Error;
use crate::service::{HTTP, REMOTE_PAIRING, XMPP_CLIENT, XMPP_SERVER};

/// A receiver on this network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// The friendly name. Show this, never the host or an address (draft section 3.2).
    pub name: String,
    /// The host name: `test-set-top-box.local`.
    pub host: String,
    /// The receiver's UUID, where one of its TXT records tells it.
    pub uuid: Option<String>,
    /// Where its XMPP listener is, best first.
    pub xmpp: Vec<SocketAddr>,
    /// Where its pages are, best first.
    pub web: Vec<SocketAddr>,
    /// Where to pair, while pairing is open.
    pub pairing: Option<PairingPoint>,
}

/// The pairing service of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingPoint {
    /// Where it is, best first.
    pub addresses: Vec<SocketAddr>,
    /// The root path, without a trailing slash.
    pub path: String,
}

impl PairingPoint {
    /// Returns the root URLs to try in turn, such as `http://192.0.2.1:8010/pairing`. A link-local
    /// IPv6 address is left out: a URL cannot carry its scope.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.addresses
            .iter()
            .filter(|address| !matches!(address, SocketAddr::V6(v6) if v6.scope_id() != 0))
            .map(|address| format!("http://{address}{}", self.path))
            .collect()
    }
}

/// Collects the receivers that answer within `wait`. What only looks like a receiver (a plain
/// web server, say) is left out.
///
/// # Errors
/// [`Error::Unavailable`] when multicast cannot be had.
pub async fn find_receivers(config: &Config, wait: Duration) -> Result<Vec<Receiver>, Error> {
    let browser = Browser::open(config)?;
    let (server, client, http, pairing) = tokio::join!(
        browser.collect(XMPP_SERVER, wait),
        browser.collect(XMPP_CLIENT, wait),
        browser.collect(HTTP, wait),
        browser.collect(REMOTE_PAIRING, wait),
    );
    let found = [
        (Role::Xmpp, server?),
        (Role::Xmpp, client?),
        (Role::Web, http?),
        (Role::Pairing, pairing?),
    ];
    browser.close().await;
    Ok(put_together(found))
}

#[derive(Clone, Copy)]
enum Role {
    Xmpp,
    Web,
    Pairing,
}

fn put_together(found: impl IntoIterator<Item = (Role, Vec<Found>)>) -> Vec<Receiver> {
    let mut receivers: BTreeMap<(String, String), Receiver> = BTreeMap::new();
    for (role, services) in found {
        for service in services {
            let key = (service.instance.clone(), service.host.to_ascii_lowercase());
            let receiver = receivers.entry(key).or_insert_with(|| Receiver {
                name: service.instance.clone(),
                host: service.host.clone(),
                uuid: None,
                xmpp: Vec::new(),
                web: Vec::new(),
                pairing: None,
            });
            add(receiver, role, service);
        }
    }
    receivers.into_values().filter(|r| !r.xmpp.is_empty() || r.pairing.is_some()).collect()
}

fn add(receiver: &mut Receiver, role: Role, service: Found) {
    if receiver.uuid.is_none() {
        receiver.uuid = service.txt("uuid").map(str::to_owned);
    }
    match role {
        Role::Xmpp => receiver.xmpp = service.addresses,
        Role::Web => receiver.web = service.addresses,
        Role::Pairing => {
            let path = service.txt("path").unwrap_or_default().trim_end_matches('/').to_owned();
            receiver.pairing = Some(PairingPoint { addresses: service.addresses, path });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(instance: &str, port: u16, txt: &[(&str, &str)]) -> Found {
        Found {
            instance: instance.to_owned(),
            host: "box.local".to_owned(),
            addresses: vec![SocketAddr::from(([192, 0, 2, 1], port))],
            port,
            txt: txt.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn a_web_server_that_is_no_receiver_is_left_out() {
        assert!(put_together([(Role::Web, vec![found("Printer", 80, &[])])]).is_empty());
    }

    #[test]
    fn the_services_of_one_host_make_one_receiver() {
        let receivers = put_together([
            (Role::Xmpp, vec![found("Box", 5222, &[])]),
            (Role::Web, vec![found("Box", 8010, &[])]),
            (Role::Pairing, vec![found("Box", 8010, &[("uuid", "u"), ("path", "/pairing/")])]),
        ]);
        assert_eq!(receivers.len(), 1);
        assert_eq!(receivers[0].uuid.as_deref(), Some("u"));
        let urls = receivers[0].pairing.as_ref().unwrap().urls();
        assert_eq!(urls, ["http://192.0.2.1:8010/pairing"]);
    }
}
