//! The namespaces: a home, its router, and the world's network.
//!
//! `PREFIX-home` is the home's bridge; in `PREFIX-receiver`, `PREFIX-phone`, `PREFIX-router` and
//! `PREFIX-world` programs are run by [`House::inside`].

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::daemon::Daemon;
use crate::program::rig;

/// The router's address outside, to begin with.
pub const OUTSIDE: &str = "11.22.33.1";
/// The address that it gets when the line is renewed.
pub const OUTSIDE_LATER: &str = "11.22.33.2";

/// The five namespaces. Taken down with the value.
#[derive(Debug)]
pub struct House {
    prefix: String,
}

impl House {
    /// Makes them.
    ///
    /// # Panics
    /// If they cannot be made, although namespaces are permitted.
    #[must_use]
    pub fn build(ipv6: bool) -> Self {
        static BUILT: AtomicU32 = AtomicU32::new(0);
        let number = BUILT.fetch_add(1, Ordering::Relaxed);
        let house = Self { prefix: format!("away{}-{number}", std::process::id()) };
        house.rig("up", if ipv6 { "ipv6" } else { "" });
        house
    }

    /// Names a namespace: "receiver", "phone", "router" or "world".
    #[must_use]
    pub fn namespace(&self, of: &str) -> String {
        format!("{}-{of}", self.prefix)
    }

    /// Returns a command that runs in a namespace.
    #[must_use]
    pub fn inside(&self, of: &str, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace(of)]).arg(program.as_ref());
        command
    }

    /// The router forgets its mappings and every connection, as in a power cut.
    pub fn lose_mappings(&self) {
        self.rig("lost", "");
    }

    /// The router gets another address outside.
    pub fn move_to(&self, address: &str) {
        self.rig("moved", address);
    }

    /// From now on nothing goes through the router, and nobody is told: a line that is dead.
    pub fn cut(&self) {
        self.rig("cut", "");
    }

    /// The line is back.
    pub fn mend(&self) {
        self.rig("mended", "");
    }

    fn rig(&self, verb: &str, word: &str) {
        let mut command = Command::new(rig("home-and-world"));
        let status = command.args([verb, &self.prefix]).args((!word.is_empty()).then_some(word));
        assert!(status.status().expect("the rig runs").success(), "home-and-world {verb} failed");
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(Command::new(rig("home-and-world")).args(["down", &self.prefix]).status());
    }
}

/// Starts miniupnpd on the router: PCP, NAT-PMP and UPnP-IGD, ports from 1024.
///
/// # Panics
/// If it does not start.
#[must_use]
pub fn miniupnpd(house: &House, folder: &Path, ipv6: bool) -> Daemon {
    let conf = folder.join("miniupnpd.conf");
    // Its uptime, not the machine's, is what clients hear as the epoch: a restart can be told.
    let text = format!(
        "ext_ifname=wan0\nlistening_ip=lan0\nport=5555\nenable_natpmp=yes\nenable_upnp=yes\n\
         secure_mode=yes\nsystem_uptime=no\nuuid=be924ec2-df5d-4006-bab4-0d59328cb93e\n\
         ipv6_disable={}\nupnp_table_name=miniupnpd\nupnp_nat_table_name=miniupnpd\n\
         upnp_forward_chain=upnp_forward\nupnp_nat_chain=upnp_prerouting\n\
         upnp_nat_postrouting_chain=upnp_postrouting\n\
         allow 1024-65535 192.168.77.0/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n",
        if ipv6 { "no" } else { "yes" },
    );
    std::fs::write(&conf, text).expect("a configuration");
    let mut command = house.inside("router", "/usr/sbin/miniupnpd");
    command.arg("-d").arg("-f").arg(&conf).arg("-P").arg(folder.join("miniupnpd.pid"));
    Daemon::start("miniupnpd", &mut command, &folder.join("miniupnpd.log"), "Listening for NAT-PMP")
}
