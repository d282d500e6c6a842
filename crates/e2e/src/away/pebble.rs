//! A certificate authority one asks by ACME (RFC 8555): pebble, which looks at DNS by knot.

use std::path::Path;

use super::ca::Authority;
use super::daemon::Daemon;
use super::house::House;
use super::knot;

/// Its directory.
pub const DIRECTORY: &str = "https://11.22.33.54:14000/dir";
const ADDRESS: &str = "11.22.33.54";

/// A running pebble, and the root it made for itself.
#[derive(Debug)]
pub struct Pebble {
    _daemon: Daemon,
    root: String,
}

impl Pebble {
    /// Starts it. Its own HTTPS is signed by `authority`; what it signs is valid for `lifetime`
    /// seconds, if that is given.
    ///
    /// # Panics
    /// If it does not start, or does not tell its root.
    #[must_use]
    pub fn start(
        house: &House,
        folder: &Path,
        authority: &Authority,
        roots: &Path,
        lifetime: Option<u32>,
    ) -> Self {
        let own = authority.sign(&[ADDRESS]);
        let conf = folder.join("pebble.json");
        let mut text = serde_json::json!({"pebble": {
            "listenAddress": format!("{ADDRESS}:14000"),
            "managementListenAddress": format!("{ADDRESS}:15000"),
            "certificate": own.certificate, "privateKey": own.key,
            "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        if let Some(seconds) = lifetime {
            text["pebble"]["certificateValidityPeriod"] = seconds.into();
        }
        std::fs::write(&conf, text.to_string()).expect("a configuration");
        let mut command = house.inside("world", "pebble");
        command.args(["-config".as_ref(), conf.as_os_str()]);
        command.args(["-dnsserver", &format!("{}:53", knot::SERVER)]);
        // No random pauses, and no refused nonces: those are pebble's own tests of clients.
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0");
        let log = folder.join("pebble.log");
        let mut daemon = Daemon::start("pebble", &mut command, &log, "ACME directory available");
        daemon.wait_until("Root CA certificate available");
        let root = fetch(house, roots);
        Self { _daemon: daemon, root }
    }

    /// Returns the root certificate of what it signs, in PEM.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }
}

fn fetch(house: &House, roots: &Path) -> String {
    let output = house
        .inside("world", "curl")
        .args(["--silent", "--fail", "--retry", "20", "--retry-delay", "1", "--retry-connrefused"])
        .arg("--cacert")
        .arg(roots)
        .arg(format!("https://{ADDRESS}:15000/roots/0"))
        .output()
        .expect("curl runs");
    let root = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(root.contains("BEGIN CERTIFICATE"), "pebble tells no root: {output:?}");
    root
}
