//! The receiver's names and aliases, as the link has left them.
//!
//! Inside there is one domain. Everything else that a client may have been told (the 2010 form, the
//! host name that a conflict left, the addresses) is an alias of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use televisor_discovery::Names;
use televisor_reach::{State, link};
use televisor_server::Handle;
use televisor_xmpp::jid::{escape_domain, ldh_host};
use tokio::sync::watch;

use super::away::ways::Ways;
use crate::config::Config;

/// How often the machine's addresses are looked at again; a lease changes seldom.
const ADDRESSES: Duration = Duration::from_secs(15);

/// Every name of one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReceiverNames {
    /// The domain of the household's addresses.
    pub(super) domain: String,
    /// The friendly name as it is on the link.
    pub(super) instance: String,
    /// The host name with `.local`.
    pub(super) host: String,
    /// What the world knows this host by: its public name, its addresses outside.
    pub(super) outside: Vec<String>,
}

impl ReceiverNames {
    /// The names before the link has been asked.
    pub(super) fn first(config: &Config) -> Self {
        let instance = config.friendly_name();
        let host = format!("{}.local", ldh_host(&instance));
        let domain = config.xmpp.domain.clone().unwrap_or_else(|| host.clone());
        Self { domain, instance, host, outside: Vec::new() }
    }

    /// The same receiver under the names that the link, and the world, have left it.
    fn known_as(&self, names: &Names, outside: Vec<String>) -> Self {
        Self {
            domain: self.domain.clone(),
            instance: names.instance.clone(),
            host: names.host_name(),
            outside,
        }
    }

    /// Every spelling of this host that a stream may be opened to.
    pub(super) fn aliases(&self) -> Vec<String> {
        let mut all = vec![self.host.clone(), escape_domain(&self.instance)];
        all.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        all.extend(link::addresses().into_iter().map(|address| match address {
            std::net::IpAddr::V4(v4) => v4.to_string(),
            std::net::IpAddr::V6(v6) => format!("[{v6}]"),
        }));
        all.extend(self.outside.iter().cloned());
        all.retain(|alias| *alias != self.domain);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Every name that a web request may be addressed to; addresses are known by the connection.
    pub(super) fn hosts(&self) -> Arc<BTreeSet<String>> {
        let service = format!("{}._xmpp-server._tcp.local", self.instance);
        let all = [&self.domain, &self.host, &self.instance, &service];
        let all = all.into_iter().chain(&self.outside);
        Arc::new(all.map(|name| name.to_ascii_lowercase()).collect())
    }
}

/// Where names come from.
pub(super) struct Sources {
    /// What is announced on the link.
    pub(super) link: watch::Receiver<Names>,
    /// What other servers are told.
    pub(super) ways: Ways,
    /// The door to the outside.
    pub(super) reach: watch::Receiver<State>,
}

/// Follows the link's names and this machine's addresses for as long as the task runs.
pub(super) async fn follow(
    first: ReceiverNames,
    sources: Sources,
    current: watch::Sender<ReceiverNames>,
    hosts: watch::Sender<Arc<BTreeSet<String>>>,
    server: Handle,
) {
    let Sources { link: mut link_names, ways, mut reach } = sources;
    let mut told = first.aliases();
    let mut public_name = ways.public_name();
    loop {
        let outside = outside(public_name.borrow_and_update().clone(), &reach.borrow_and_update());
        let names = first.known_as(&link_names.borrow_and_update(), outside);
        let aliases = names.aliases();
        if aliases != told {
            tracing::info!(?aliases, "known under other names now");
            server.set_aliases(aliases.clone());
            told = aliases;
        }
        hosts.send_if_modified(|hosts| {
            let new = names.hosts();
            let changed = *hosts != new;
            *hosts = new;
            changed
        });
        current.send_if_modified(|current| {
            let changed = *current != names;
            *current = names;
            changed
        });
        tokio::select! {
            changed = link_names.changed() => if changed.is_err() { return },
            Ok(()) = public_name.changed() => {}
            Ok(()) = reach.changed() => {}
            () = tokio::time::sleep(ADDRESSES) => {}
        }
    }
}

/// What the world may open a stream to: the public name, and the address that the door is at.
fn outside(public_name: Option<String>, reach: &State) -> Vec<String> {
    let mut all: Vec<String> = public_name.into_iter().collect();
    if let Some(door) = &reach.external {
        all.push(door.literal());
        all.extend(door.ipv6.map(|address| format!("[{address}]")));
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> ReceiverNames {
        let config = Config { name: Some("Test Set-top Box".to_owned()), ..Config::default() };
        ReceiverNames::first(&config)
    }

    #[test]
    fn the_domain_is_made_from_the_friendly_name() {
        assert_eq!(names().domain, "test-set-top-box.local");
    }

    #[test]
    fn the_2010_form_is_an_alias() {
        assert!(names().aliases().contains(&r"Test\20Set-top\20Box".to_owned()));
    }

    #[test]
    fn a_renamed_host_is_an_alias_too() {
        let names = names().known_as(
            &Names {
                instance: "Test Set-top Box (2)".to_owned(),
                host: "test-set-top-box-2".to_owned(),
                announced: true,
            },
            vec!["tv.example.net".to_owned()],
        );
        assert!(names.aliases().contains(&"tv.example.net".to_owned()));
        assert!(names.hosts().contains("tv.example.net"));
        assert_eq!(names.domain, "test-set-top-box.local");
        assert!(names.aliases().contains(&"test-set-top-box-2.local".to_owned()));
    }
}
