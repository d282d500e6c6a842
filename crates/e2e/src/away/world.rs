//! The world a test gets: what it wanted, running.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::PASSWORD;
use super::ca::Authority;
use super::daemon::{Daemon, print_end};
use super::ejabberd::{self, Ejabberd};
use super::house::{House, OUTSIDE_LATER, miniupnpd};
use super::knot::Knot;
use super::pebble::{self, Pebble};
use super::person;
use super::prosody::{self, Prosody};
use super::wanted::Wanted;
use crate::receiver::{Receiver, Setup, wait_for};
use crate::script::Script;
use crate::skip;

/// A home behind a router, and the world outside. Fields are in the order in which they go down.
#[derive(Debug)]
pub struct World {
    /// example.org, if wanted.
    pub prosody: Option<Prosody>,
    /// example.net, if wanted.
    pub ejabberd: Option<Ejabberd>,
    /// The ACME authority, if wanted.
    pub pebble: Option<Pebble>,
    /// DNS.
    pub knot: Knot,
    /// The router's miniupnpd, if wanted.
    pub door: Option<Daemon>,
    /// Signs what the world trusts.
    pub authority: Authority,
    /// The namespaces.
    pub house: House,
    roots: PathBuf,
    folder: TempDir,
    wanted: Wanted,
}

impl World {
    /// Returns whether the machine lacks something that is wanted; then notes that `test` is skipped.
    #[must_use]
    pub fn skipped(test: &str, wanted: &Wanted) -> bool {
        let mut programs = vec!["knotd", "kdig", "nft", "conntrack", "curl"];
        let optional = [
            (wanted.door, "miniupnpd"),
            (wanted.door, "natpmpc"),
            (wanted.prosody, "prosody"),
            (wanted.ejabberd, "ejabberdctl"),
            (wanted.pebble, "pebble"),
        ];
        programs.extend(optional.iter().filter(|(wanted, _)| *wanted).map(|(_, name)| *name));
        skip::without_namespaces(test)
            || programs.iter().any(|program| skip::without(test, program))
            || skip::python(test).is_none()
    }

    /// Builds it, and waits until everything listens.
    ///
    /// # Panics
    /// If something does not start.
    #[must_use]
    pub fn build(wanted: &Wanted) -> Self {
        let folder = tempfile::Builder::new().prefix("away-").tempdir().expect("a folder");
        let at = folder.path();
        let house = House::build(wanted.ipv6);
        let authority = Authority::new(&at.join("certificates"));
        let roots = at.join("roots.pem");
        std::fs::write(&roots, authority.root()).expect("a file");
        // The slowest first; it does not need the others to start.
        let [org, net] = ["example.org", "example.net"]
            .map(|name| authority.sign(&[name, &format!("tv1.{name}"), &format!("tv2.{name}")]));
        let knot = Knot::start(&house, at, wanted.ipv6);
        let lifetime = wanted.short_certificates;
        let pebble = wanted.pebble.then(|| Pebble::start(&house, at, &authority, &roots, lifetime));
        if let Some(pebble) = &pebble {
            let both = format!("{}{}", authority.root(), pebble.root());
            std::fs::write(&roots, both).expect("a file");
        }
        let mut ejabberd =
            wanted.ejabberd.then(|| Ejabberd::launch(&house, at, &net, &roots, wanted.ipv6));
        let setup = prosody::Setup {
            signed: &org,
            roots: &roots,
            strict: wanted.prosody_strict,
            ipv6: wanted.ipv6,
        };
        let mut prosody = wanted.prosody.then(|| Prosody::launch(&house, at, &setup));
        let door = wanted.door.then(|| miniupnpd(&house, at, wanted.ipv6));
        if let Some(prosody) = &mut prosody {
            prosody.ready();
        }
        if let Some(ejabberd) = &mut ejabberd {
            ejabberd.ready();
        }
        let wanted = wanted.clone();
        Self { prosody, ejabberd, pebble, knot, door, authority, house, roots, folder, wanted }
    }

    /// Returns the file with every authority that the world trusts.
    #[must_use]
    pub fn roots(&self) -> &Path {
        &self.roots
    }

    /// Returns a folder for what a test wants to keep as long as the world stands.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a receiver at home: 5222, 5269 and 8010 of 192.168.77.10, trusting the world's
    /// authorities. `tables` are added to its configuration.
    #[must_use]
    pub fn receiver(&self, tables: &str) -> Receiver {
        Receiver::start(self.receiver_setup(tables))
    }

    /// Returns how [`World::receiver`] starts one.
    #[must_use]
    pub fn receiver_setup(&self, tables: &str) -> Setup {
        let roots = self.roots.display();
        Setup {
            extra: format!(
                "[discovery]\nenabled = false\n[federation]\nca_file = \"{roots}\"\n{tables}"
            ),
            namespace: Some(self.house.namespace("receiver")),
            ports: (5222, 8010),
            address: "[::]".to_owned(),
            ..Setup::quiet()
        }
    }

    /// Returns what makes a receiver known as `name` (below example.com): DNS updates by TSIG and, if
    /// there is pebble, a certificate by ACME.
    #[must_use]
    pub fn named(&self, name: &str) -> String {
        let mut tables = format!("[reach]\npublic_name = \"{name}\"\n{}", self.knot.tables());
        if self.pebble.is_some() {
            tables += &format!(
                "[reach.acme]\ndirectory = \"{}\"\ncontact = \"mailto:joe@example.org\"\n\
                 challenge = \"dns-01\"\nca_file = \"{}\"\n",
                pebble::DIRECTORY,
                self.roots.display()
            );
        }
        tables
    }

    /// Returns a file with [`PASSWORD`] in it, as configurations want it.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn password_file(&self) -> PathBuf {
        let file = self.folder.path().join("password");
        std::fs::write(&file, PASSWORD).expect("a file");
        let ours = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&file, ours).expect("a file of ours");
        file
    }

    /// Logs joe@example.org in.
    #[must_use]
    pub fn joe(&self) -> Script {
        self.person("joe@example.org")
    }

    /// Logs somebody in: joe or ann, at example.org or example.net.
    ///
    /// # Panics
    /// If the Python clients are not set up ([`World::skipped`] says so before).
    #[must_use]
    pub fn person(&self, jid: &str) -> Script {
        let python = skip::python("away").expect("skipped() was asked");
        let at_prosody = jid.ends_with("@example.org");
        let server = if at_prosody { prosody::ADDRESS } else { ejabberd::ADDRESS };
        person::log_in(&self.house, &python, jid, server)
    }

    /// The router loses power: mappings and connections are gone, then it is back.
    ///
    /// # Panics
    /// If it had not been up for a few seconds in time.
    pub fn restart_router(&mut self) {
        // Clocks are compared with two seconds' tolerance (RFC 6886, section 3.6): of a router that
        // was up for less, nobody can tell that it restarted.
        if self.door.is_some() {
            wait_for("the router to be up for a while", || self.uptime().is_some_and(|up| up > 6));
        }
        drop(self.door.take());
        self.house.lose_mappings();
        self.door =
            self.wanted.door.then(|| miniupnpd(&self.house, self.folder.path(), self.wanted.ipv6));
    }

    /// What the router says that its uptime is, in seconds.
    fn uptime(&self) -> Option<u32> {
        let mut command = self.house.inside("phone", "natpmpc");
        let output = command.args(["-g", "192.168.77.1"]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().find_map(|line| line.strip_prefix("epoch = ")?.trim().parse().ok())
    }

    /// The line is renewed: the router's outside address is another one, and somebody else has the
    /// old one.
    pub fn renew_line(&self) {
        self.house.move_to(OUTSIDE_LATER);
        if let Some(door) = &self.door {
            // What the router's own network scripts do; it then tells the home.
            door.signal("USR1");
        }
    }

    /// Returns whether somebody in the world can connect to a port of an address.
    ///
    /// # Panics
    /// If Python cannot be run.
    #[must_use]
    pub fn can_connect(&self, address: &str, port: u16) -> bool {
        let call = format!("import socket; socket.create_connection(('{address}', {port}), 3)");
        self.python("world", &call)
    }

    /// Returns whether port 5269 of an address, asked from a namespace, shows a certificate for `name`
    /// that the world trusts.
    ///
    /// # Panics
    /// If Python cannot be run.
    #[must_use]
    pub fn trusts(&self, whence: &str, address: &str, name: &str) -> bool {
        let look = format!(
            "import socket, ssl; s = socket.create_connection(('{address}', 5269), 5); \
             c = ssl.create_default_context(cafile='{}'); c.set_alpn_protocols(['xmpp-server']); \
             c.wrap_socket(s, server_hostname='{name}')",
            self.roots.display()
        );
        self.python(whence, &look)
    }

    fn python(&self, whence: &str, code: &str) -> bool {
        let mut command = self.house.inside(whence, "python3");
        command.args(["-c", code]).stderr(std::process::Stdio::null());
        command.status().expect("python3 runs").success()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let (true, Some(ejabberd)) = (std::thread::panicking(), &self.ejabberd) {
            print_end("ejabberd.log", &ejabberd.said());
        }
    }
}
