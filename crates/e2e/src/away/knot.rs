//! DNS: knot, authoritative for everything there is, and whom everybody asks.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::daemon::Daemon;
use super::house::House;

/// Where it listens.
pub const SERVER: &str = "11.22.33.53";
/// The zone that takes updates.
pub const ZONE: &str = "example.com";
/// The key that they are signed with (HMAC-SHA256).
pub const TSIG_NAME: &str = "receiver-key";
/// Its secret, as it is written to the secret's file.
pub const TSIG_SECRET: &str = "dGhlIHNlY3JldCBvZiB0aGUgcmVjZWl2ZXIncyBrZXk=";

/// A name server with its zones.
#[derive(Debug)]
pub struct Knot {
    _daemon: Daemon,
    secret: PathBuf,
}

impl Knot {
    /// Starts it.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(house: &House, folder: &Path, ipv6: bool) -> Self {
        let folder = folder.join("knot");
        std::fs::create_dir_all(&folder).expect("a folder");
        let secret = folder.join("tsig-secret");
        std::fs::write(&secret, TSIG_SECRET).expect("a secret");
        for (zone, host) in [("", ""), ("example.org", "50"), ("example.net", "51"), (ZONE, "")] {
            std::fs::write(folder.join(format!("{zone}.zone")), records(zone, host, ipv6))
                .expect("a zone");
        }
        let conf = folder.join("knot.conf");
        std::fs::write(&conf, configuration(&folder)).expect("a configuration");
        let mut command = house.inside("world", "/usr/sbin/knotd");
        command.arg("-c").arg(&conf);
        let log = folder.join("log");
        let mut daemon = Daemon::start("knot", &mut command, &log, "server started");
        for zone in ["example.org.", "example.net.", "example.com."] {
            daemon.wait_until(&format!("[{zone}] loaded"));
        }
        Self { _daemon: daemon, secret }
    }

    /// Returns the file with the key's secret.
    #[must_use]
    pub fn secret(&self) -> &Path {
        &self.secret
    }

    /// Returns what the receiver needs to update its own records under `name`.
    #[must_use]
    pub fn tables(&self) -> String {
        format!(
            "[reach.dns]\nserver = \"{SERVER}\"\nzone = \"{ZONE}\"\ntsig_name = \"{TSIG_NAME}\"\n\
             tsig_secret_file = \"{}\"\n",
            self.secret.display()
        )
    }
}

/// Asks it, from the world: the answers, one a line.
///
/// # Panics
/// If kdig cannot be run.
#[must_use]
pub fn ask(house: &House, name: &str, kind: &str) -> String {
    let mut command: Command = house.inside("world", "kdig");
    let output = command.args([&format!("@{SERVER}"), "+short", kind, name]).output();
    String::from_utf8_lossy(&output.expect("kdig runs").stdout).into_owned()
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    let mut text = format!(
        "server:\n  rundir: {folder}\n  listen: {SERVER}@53\n\
         \x20 udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n\
         log:\n  - target: stdout\n    any: info\n\
         database:\n  storage: {folder}\n\
         key:\n  - id: {TSIG_NAME}\n    algorithm: hmac-sha256\n    secret: {TSIG_SECRET}\n\
         acl:\n  - id: update\n    key: {TSIG_NAME}\n    action: update\n\
         template:\n  - id: default\n    storage: {folder}\n\
         \x20   zonefile-sync: -1\n    zonefile-load: difference\n    journal-content: changes\n\
         zone:\n  - domain: .\n    file: .zone\n"
    );
    for zone in ["example.org", "example.net"] {
        writeln!(text, "  - domain: {zone}\n    file: {zone}.zone").expect("memory");
    }
    writeln!(text, "  - domain: {ZONE}\n    file: {ZONE}.zone\n    acl: update").expect("memory");
    text
}

/// A zone; `host` is the last number of its XMPP server. Nothing is remembered longer than a second,
/// and "no such name" not either: tests change their minds.
fn records(zone: &str, host: &str, ipv6: bool) -> String {
    let origin = if zone.is_empty() { ".".to_owned() } else { format!("{zone}.") };
    let ns = if zone.is_empty() { "ns.".to_owned() } else { format!("ns.{zone}.") };
    let mut text = format!(
        "$ORIGIN {origin}\n$TTL 1\n@ SOA {ns} hostmaster.example.org. 1 60 60 3600 1\n\
         @ NS {ns}\n{ns} A {SERVER}\n"
    );
    if zone == ZONE {
        // Somebody with a server of their own, a valid certificate, and no manners.
        text += "stranger A 11.22.33.52\n_xmpp-server._tcp.stranger SRV 5 0 5269 stranger\n";
    }
    if !host.is_empty() {
        for label in ["@", "xmpp"] {
            writeln!(text, "{label} A 11.22.33.{host}").expect("memory");
            if ipv6 {
                writeln!(text, "{label} AAAA 2a0e:33::{host}").expect("memory");
            }
        }
        writeln!(text, "_xmpp-server._tcp SRV 5 0 5269 xmpp").expect("memory");
        writeln!(text, "_xmpp-client._tcp SRV 5 0 5222 xmpp").expect("memory");
        // Two receivers that are components of it.
        for label in ["tv1", "tv2"] {
            writeln!(text, "{label} A 11.22.33.{host}").expect("memory");
            writeln!(text, "_xmpp-server._tcp.{label} SRV 5 0 5269 xmpp").expect("memory");
        }
    }
    text
}
