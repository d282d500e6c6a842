//! A server of the world: a process with a log, ready when its log says so.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::receiver::wait_up_to;

/// The longest that any of them takes to start on a busy machine.
const START: Duration = Duration::from_secs(60);

/// A running server. Killed with its value; its log's end is printed if the test fails.
#[derive(Debug)]
pub struct Daemon {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts it, its output going to `log`, and waits until the log (from now on) has `ready`.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(name: &'static str, command: &mut Command, log: &Path, ready: &str) -> Self {
        let mut daemon = Self::launch(name, command, log);
        daemon.wait_until(ready);
        daemon
    }

    /// Starts it without waiting; [`Daemon::wait_until`] does.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn launch(name: &'static str, command: &mut Command, log: &Path) -> Self {
        drop(std::fs::rename(log, log.with_extension("before")));
        let file = std::fs::File::create(log).expect("a log file");
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { name, child, log: log.to_owned() }
    }

    /// Waits until its log has `text`.
    ///
    /// # Panics
    /// If it ends before, or in time does not.
    pub fn wait_until(&mut self, text: &str) {
        wait_up_to(START, &format!("{} to say {text:?}", self.name), || {
            let said = self.said().contains(text);
            let ended = self.child.try_wait().expect("a child can be waited for");
            assert!(said || ended.is_none(), "{} never said {text:?}", self.name);
            said
        });
    }

    /// Returns what it has logged since it started.
    #[must_use]
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Sends it a signal ("TERM", "USR1").
    ///
    /// # Panics
    /// If the system does not let it.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(sent.success(), "no {name} to {}", self.name);
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Asks it to end, and waits for it.
    ///
    /// # Panics
    /// If it does not end in time.
    pub fn stop(&mut self) {
        self.signal("TERM");
        wait_up_to(START, &format!("{} to end", self.name), || {
            self.child.try_wait().expect("a child can be waited for").is_some()
        });
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let before = std::fs::read(self.log.with_extension("before")).unwrap_or_default();
            print_end(&format!("{}, before", self.name), &String::from_utf8_lossy(&before));
            print_end(self.name, &self.said());
        }
    }
}

/// Prints the end of a log, for whoever reads why a test failed.
pub fn print_end(name: &str, log: &str) {
    const LINES: usize = 150;
    let lines: Vec<&str> = log.lines().collect();
    let end = &lines[lines.len().saturating_sub(LINES)..];
    let text = format!("\n---- {name}, its last {} lines\n{}\n", end.len(), end.join("\n"));
    drop(std::io::stderr().write_all(text.as_bytes()));
}
