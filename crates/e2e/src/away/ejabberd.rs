//! example.net: ejabberd.

use std::path::{Path, PathBuf};

use super::PASSWORD;
use super::ca::Signed;
use super::daemon::Daemon;
use super::house::House;
use crate::program::rig;

/// Where it listens: 5222 and 5269.
pub const ADDRESS: &str = "11.22.33.51";
/// Where it listens for components: an address of a private network, which the home can reach.
pub const COMPONENTS: &str = "10.33.0.51:5275";

/// A running ejabberd with its folder.
#[derive(Debug)]
pub struct Ejabberd {
    daemon: Daemon,
    folder: PathBuf,
}

impl Ejabberd {
    /// Starts it without waiting; [`Ejabberd::ready`] does.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn launch(house: &House, folder: &Path, signed: &Signed, roots: &Path, ipv6: bool) -> Self {
        let folder = folder.join("ejabberd");
        std::fs::create_dir_all(folder.join("spool")).expect("a folder");
        std::fs::write(folder.join("ejabberd.yml"), configuration(signed, roots, ipv6))
            .expect("a configuration");
        // Erlang asks /etc/hosts and DNS by itself.
        let inetrc = "{lookup, [file, dns]}.\n{resolv_conf, \"/etc/resolv.conf\"}.\n\
                      {hosts_file, \"/etc/hosts\"}.\n";
        std::fs::write(folder.join("inetrc"), inetrc).expect("a configuration");
        let daemon = run(house, &folder);
        Self { daemon, folder }
    }

    /// Waits until it listens and has its accounts.
    ///
    /// # Panics
    /// If it does not.
    pub fn ready(&mut self) {
        self.daemon.wait_until("the accounts are there");
    }

    /// Stops it as its operator would: what it knows is on disk.
    ///
    /// # Panics
    /// If it does not end.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }

    /// Ends it as a power cut would; what it learned in the last seconds it has forgotten.
    pub fn kill(&mut self) {
        self.daemon.kill();
    }

    /// Starts it again with what it had, and waits until it listens.
    pub fn start_again(&mut self, house: &House) {
        self.daemon = run(house, &self.folder);
        self.ready();
    }

    /// Returns what it has logged since it started.
    #[must_use]
    pub fn said(&self) -> String {
        let log = std::fs::read(self.folder.join("ejabberd.log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

/// Runs the Erlang machine itself: a single node needs no names, no epmd and no user of its own.
fn run(house: &House, folder: &Path) -> Daemon {
    let spool = format!("\"{}\"", folder.join("spool").display());
    let start = format!(
        "{{ok, _}} = application:ensure_all_started(ejabberd), \
         [ejabberd_auth:try_register(U, <<\"example.net\">>, <<\"{PASSWORD}\">>) \
          || U <- [<<\"joe\">>, <<\"ann\">>, <<\"tv\">>]], \
         io:format(\"the accounts are there~n\")."
    );
    let mut command = house.inside("world", "erl");
    command
        .args(["-noinput", "-mnesia", "dir", &spool, "-eval", &start])
        .env("HOME", folder)
        .env("ERL_LIBS", erlang_libraries())
        .env("ERL_INETRC", folder.join("inetrc"))
        .env("ERL_CRASH_DUMP", folder.join("crash"))
        .env("EJABBERD_CONFIG_PATH", folder.join("ejabberd.yml"))
        .env("EJABBERD_LOG_PATH", folder.join("ejabberd.log"))
        .current_dir(folder);
    Daemon::launch("ejabberd", &mut command, &folder.join("log"))
}

/// Where Debian keeps ejabberd's applications: below the machine's own library folder.
fn erlang_libraries() -> PathBuf {
    let libraries = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    libraries
        .map(|entry| entry.path())
        .find(|folder| folder.join("ejabberd-23.01").exists())
        .unwrap_or_else(|| PathBuf::from("/usr/lib/x86_64-linux-gnu"))
}

/// The rig's file with this world's paths and secrets, and what only a test wants.
fn configuration(signed: &Signed, roots: &Path, ipv6: bool) -> String {
    let mut text = std::fs::read_to_string(rig("ejabberd.yml")).expect("the rig");
    let certificate = signed.both.display().to_string();
    let mut put = |what: &str, instead: &str| {
        assert!(text.contains(what), "the rig has no {what}");
        text = text.replace(what, instead);
    };
    put("/etc/ejabberd/example.net.pem", &certificate);
    put("the secret of tv1", PASSWORD);
    put("the secret of tv2", PASSWORD);
    if ipv6 {
        let six = "listen:\n  - port: 5269\n    ip: \"2a0e:33::51\"\n    module: ejabberd_s2s_in\n";
        put("listen:\n", six);
    }
    text + &format!(
        "\nloglevel: debug\nlog_rotate_size: infinity\nca_file: \"{}\"\n\
         outgoing_s2s_ipv4_address: \"{ADDRESS}\"\n\
         s2s_max_retry_delay: 2\ns2s_dns_timeout: 5\ns2s_dns_retries: 1\n",
        roots.display(),
    )
}
