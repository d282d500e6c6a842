//! example.org: Prosody.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::PASSWORD;
use super::ca::Signed;
use super::daemon::Daemon;
use super::house::House;

/// Where it listens: 5222, 5269, and 5347 for components.
pub const ADDRESS: &str = "11.22.33.50";

/// A running Prosody with its folder.
#[derive(Debug)]
pub struct Prosody {
    daemon: Option<Daemon>,
    folder: PathBuf,
}

/// How it is set up.
#[derive(Debug)]
pub struct Setup<'a> {
    /// Its certificate.
    pub signed: &'a Signed,
    /// The authorities that it trusts.
    pub roots: &'a Path,
    /// Whether other servers need a valid certificate (`s2s_secure_auth`).
    pub strict: bool,
    /// Whether it listens on IPv6 as well.
    pub ipv6: bool,
}

impl Prosody {
    /// Starts it without waiting; [`Prosody::ready`] does.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn launch(house: &House, folder: &Path, setup: &Setup<'_>) -> Self {
        let folder = folder.join("prosody");
        let accounts = folder.join("data/example%2eorg/accounts");
        std::fs::create_dir_all(&accounts).expect("a folder");
        for name in ["joe", "ann", "tv"] {
            let text = format!("return {{ [\"password\"] = \"{PASSWORD}\"; }};\n");
            std::fs::write(accounts.join(format!("{name}.dat")), text).expect("an account");
        }
        std::fs::write(folder.join("conf.lua"), configuration(&folder, setup)).expect("a file");
        let mut prosody = Self { daemon: None, folder };
        prosody.run(house);
        prosody
    }

    /// Waits until it listens to other servers.
    ///
    /// # Panics
    /// If it does not.
    pub fn ready(&mut self) {
        self.daemon.as_mut().expect("it was started").wait_until("Activated service 's2s'");
    }

    /// Stops it as its operator would.
    ///
    /// # Panics
    /// If it does not end.
    pub fn stop(&mut self) {
        self.daemon.as_mut().expect("it was started").stop();
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            daemon.kill();
        }
    }

    /// Starts it again with what it had, and waits until it listens.
    pub fn start_again(&mut self, house: &House) {
        self.run(house);
        self.ready();
    }

    /// Returns what it has logged since it started.
    #[must_use]
    pub fn said(&self) -> String {
        self.daemon.as_ref().map(Daemon::said).unwrap_or_default()
    }

    fn run(&mut self, house: &House) {
        let mut command = house.inside("world", "prosody");
        command.arg("-F").arg("--config").arg(self.folder.join("conf.lua"));
        let log = self.folder.join("log");
        self.daemon = Some(Daemon::launch("prosody", &mut command, &log));
    }
}

fn configuration(folder: &Path, setup: &Setup<'_>) -> String {
    let shown = folder.display();
    let v6 = if setup.ipv6 { ", \"2a0e:33::50\"" } else { "" };
    let mut text = format!(
        "run_as_root = true\npidfile = \"{shown}/pid\"\ndata_path = \"{shown}/data\"\n\
         log = {{ {{ levels = {{ min = \"debug\" }}, to = \"console\" }} }}\n\
         interfaces = {{ \"{ADDRESS}\"{v6} }}\n\
         modules_enabled = {{ \"roster\", \"saslauth\", \"tls\", \"dialback\", \"disco\", \"ping\", \
         \"posix\", \"pep\", \"vcard4\", \"vcard_legacy\", \"version\", \"smacks\", \"s2s_bidi\", \
         \"carbons\", \"offline\" }}\n\
         authentication = \"internal_plain\"\nstorage = \"internal\"\n\
         c2s_require_encryption = true\ns2s_require_encryption = true\ns2s_secure_auth = {}\n\
         smacks_enabled_s2s = true\n\
         ssl = {{ certificate = \"{}\", key = \"{}\", cafile = \"{}\" }}\n\
         component_interfaces = {{ \"{ADDRESS}\" }}\ncomponent_ports = {{ 5347 }}\n\
         VirtualHost \"example.org\"\n",
        setup.strict,
        setup.signed.certificate.display(),
        setup.signed.key.display(),
        setup.roots.display(),
    );
    for name in ["tv1", "tv2"] {
        let lines =
            format!("Component \"{name}.example.org\"\n  component_secret = \"{PASSWORD}\"");
        writeln!(text, "{lines}").expect("memory");
    }
    text
}
