//! The namespaces of a link.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::program::rig;
use crate::receiver::{Receiver, Setup};
use crate::skip;

/// A bridge, and whoever has joined it. Taken down with the value, and with it whatever still runs
/// there; keep it longer than its peers.
#[derive(Debug)]
pub struct Segment {
    prefix: String,
    names: Vec<String>,
}

impl Segment {
    /// Returns whether the machine lacks something that is wanted; then notes that `test` is skipped.
    #[must_use]
    pub fn skipped(test: &str, programs: &[&str]) -> bool {
        skip::without_namespaces(test)
            || programs.iter().any(|program| skip::without(test, program))
            || skip::python(test).is_none()
    }

    /// Makes the bridge, and a namespace for each name: 192.168.78.11 (fd78::11) and so on.
    ///
    /// # Panics
    /// If they cannot be made, although namespaces are permitted.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        static BUILT: AtomicU32 = AtomicU32::new(0);
        let number = BUILT.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("near{}-{number}", std::process::id());
        let mut segment = Self { prefix, names: Vec::new() };
        segment.rig(&["up"], &[]);
        for name in names {
            segment.join(name);
        }
        segment
    }

    /// One more joins the link.
    ///
    /// # Panics
    /// If its namespace cannot be made.
    pub fn join(&mut self, name: &str) {
        self.names.push(name.to_owned());
        let number = (10 + self.names.len()).to_string();
        self.rig(&["join"], &[name, &number]);
    }

    /// Takes somebody's cable out: whatever it says, goodbyes included, nobody hears.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn unplug(&self, name: &str) {
        self.rig(&["unplug"], &[name]);
    }

    /// Somebody's own interface goes down, as in a tunnel.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn into_the_dark(&self, name: &str) {
        self.rig(&["dark"], &[name]);
    }

    /// It comes up again.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn into_the_light(&self, name: &str) {
        self.rig(&["light"], &[name]);
    }

    /// Names a namespace.
    #[must_use]
    pub fn namespace(&self, of: &str) -> String {
        format!("{}-{of}", self.prefix)
    }

    /// Returns somebody's IPv4 address.
    ///
    /// # Panics
    /// If nobody has joined by that name.
    #[must_use]
    pub fn address(&self, of: &str) -> String {
        let at = self.names.iter().position(|name| name == of).expect("somebody who has joined");
        format!("192.168.78.{}", 11 + at)
    }

    /// Returns a command that runs in a namespace.
    #[must_use]
    pub fn inside(&self, of: &str, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace(of)]).arg(program.as_ref());
        command
    }

    /// Starts a receiver ("Test Set-top Box") in a namespace: 5222, 8010 and the link's port 5298.
    /// `tables` are added to its configuration.
    #[must_use]
    pub fn receiver(&self, of: &str, tables: &str) -> Receiver {
        Receiver::start(self.receiver_setup(of, tables))
    }

    /// Returns how [`Segment::receiver`] starts one.
    #[must_use]
    pub fn receiver_setup(&self, of: &str, tables: &str) -> Setup {
        Setup {
            extra: format!(
                "[discovery]\ninterfaces = [\"eth0\"]\n[federation]\nenabled = false\n\
                 [reach]\nenabled = false\n{tables}"
            ),
            namespace: Some(self.namespace(of)),
            ports: (5222, 8010),
            address: "[::]".to_owned(),
            ..Setup::quiet()
        }
    }

    fn rig(&self, verb: &[&str], words: &[&str]) {
        let mut command = Command::new(rig("one-link"));
        let status = command.args(verb).arg(&self.prefix).args(words).status();
        assert!(status.expect("the rig runs").success(), "one-link {verb:?} {words:?} failed");
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        drop(Command::new(rig("one-link")).args(["down", &self.prefix]).status());
    }
}
