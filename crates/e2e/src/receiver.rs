//! A `televisor serve` of one's own, and its control commands.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::away::daemon::print_end;
use crate::program::{free_port, televisor};

/// The longest a test waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How to start a receiver.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its friendly name.
    pub name: String,
    /// Tables added to its configuration.
    pub extra: String,
    /// The network namespace it runs in.
    pub namespace: Option<String>,
    /// The ports of XMPP and of the web; loopback ones that are free unless in a namespace.
    pub ports: (u16, u16),
    /// The address it listens on.
    pub address: String,
}

impl Setup {
    /// A receiver on loopback that nobody else on this machine hears of.
    #[must_use]
    pub fn quiet() -> Self {
        Self {
            name: "Test Set-top Box".to_owned(),
            extra: "[discovery]\nenabled = false\n[federation]\nenabled = false\n[reach]\nenabled = false\n"
                .to_owned(),
            namespace: None,
            ports: (free_port(), free_port()),
            address: "127.0.0.1".to_owned(),
        }
    }
}

/// A running receiver. Killed with its value.
#[derive(Debug)]
pub struct Receiver {
    child: Child,
    folder: TempDir,
    setup: Setup,
}

impl Receiver {
    /// Starts one and waits until it is ready.
    ///
    /// # Panics
    /// If it is not ready in time.
    #[must_use]
    pub fn start(setup: Setup) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), setup)
    }

    /// Starts one in a folder that has something in it already.
    ///
    /// # Panics
    /// If it is not ready in time.
    #[must_use]
    pub fn start_in(folder: TempDir, setup: Setup) -> Self {
        let (xmpp, web) = setup.ports;
        let Setup { name, extra, address, .. } = &setup;
        let config = format!(
            "name = \"{name}\"\n[xmpp]\nlisten = [\"{address}:{xmpp}\"]\n\
             [web]\nlisten = [\"{address}:{web}\"]\n{extra}"
        );
        std::fs::write(folder.path().join("televisor.toml"), config).expect("a configuration");
        let child = spawn(folder.path(), &setup);
        Self { child, folder, setup }
    }

    /// Kills it as a power cut would: no signal handler runs.
    ///
    /// # Panics
    /// If the system does not let it.
    pub fn kill(&mut self) {
        self.child.kill().expect("the receiver can be killed");
        self.child.wait().expect("a killed process ends");
    }

    /// Starts it again in the same folder.
    ///
    /// # Panics
    /// If it is not ready in time.
    pub fn start_again(&mut self) {
        self.child = spawn(self.folder.path(), &self.setup);
    }

    /// Asks it to end, and returns its exit status.
    ///
    /// # Panics
    /// If it does not end in time.
    #[must_use]
    pub fn stop(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").arg(&id).status().expect("kill runs");
        let mut status = None;
        wait_for("the receiver to end", || {
            status = self.child.try_wait().expect("a child can be waited for");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }

    /// Returns its data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns its XMPP port.
    #[must_use]
    pub fn xmpp(&self) -> u16 {
        self.setup.ports.0
    }

    /// Returns the root of its pairing routes, as [`Receiver::here`] reaches it.
    #[must_use]
    pub fn pairing(&self) -> String {
        // Whoever listens everywhere is on loopback too.
        let address = self.setup.address.replace("[::]", "127.0.0.1");
        format!("http://{address}:{}/pairing", self.setup.ports.1)
    }

    /// Returns where its web port is, such as `127.0.0.1:8010`.
    #[must_use]
    pub fn web(&self) -> String {
        format!("{}:{}", self.setup.address, self.setup.ports.1)
    }

    /// Returns a command that runs where the receiver runs: in its namespace, if it has one.
    #[must_use]
    pub fn here(&self, program: &str) -> Command {
        let Some(namespace) = &self.setup.namespace else { return Command::new(program) };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace, program]);
        command
    }

    /// Runs a control command on it.
    ///
    /// # Panics
    /// If the program cannot be run.
    #[must_use]
    pub fn control(&self, words: &[&str]) -> Output {
        Command::new(televisor())
            .args(words)
            .args(["--data-dir".as_ref(), self.folder.path().as_os_str()])
            .output()
            .expect("televisor runs")
    }

    /// Runs a control command and returns its JSON.
    ///
    /// # Panics
    /// If it fails or prints no JSON.
    #[must_use]
    pub fn ask(&self, verb: &str) -> Value {
        let output = self.control(&[verb, "--json"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "televisor {verb}: {error}");
        serde_json::from_slice(&output.stdout).expect("--json prints JSON")
    }

    /// Opens the pairing window.
    ///
    /// # Panics
    /// If the receiver refuses.
    pub fn open_pairing(&self) {
        assert!(self.control(&["pairing", "open"]).status.success());
    }

    /// Returns its resident memory, in bytes.
    ///
    /// # Panics
    /// If it is not running.
    #[must_use]
    pub fn memory(&self) -> u64 {
        resident(self.id())
    }

    /// Returns what it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            print_end("televisor", &self.log());
        }
    }
}

fn spawn(folder: &Path, setup: &Setup) -> Child {
    let mut words: Vec<PathBuf> = Vec::new();
    if let Some(namespace) = &setup.namespace {
        words.extend(["ip", "netns", "exec", namespace].map(PathBuf::from));
    }
    words.push(televisor().to_path_buf());
    words.extend(["serve", "--data-dir"].map(PathBuf::from));
    words.push(folder.to_path_buf());
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .expect("a log file");
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("televisor starts");
    let mut first = String::new();
    let out = child.stdout.take().expect("its output is a pipe");
    BufReader::new(out).read_line(&mut first).expect("it prints a line");
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    assert_eq!(first, "ready\n", "the receiver did not start:\n{log}");
    child
}

/// Returns a process's resident memory, in bytes.
///
/// # Panics
/// If it is not running.
#[must_use]
pub fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    let kilobytes = line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok());
    kilobytes.expect("VmRSS is a number") * 1024
}

/// Waits until `done`, looking again and again.
///
/// # Panics
/// After [`PATIENCE`].
pub fn wait_for(what: &str, done: impl FnMut() -> bool) {
    wait_up_to(PATIENCE, what, done);
}

/// Waits until `done`, looking again and again, no longer than `patience`.
///
/// # Panics
/// After that.
pub fn wait_up_to(patience: Duration, what: &str, mut done: impl FnMut() -> bool) {
    const STEP: Duration = Duration::from_millis(50);
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < patience, "waited {} s for {what}", patience.as_secs());
        std::thread::sleep(STEP);
    }
}
