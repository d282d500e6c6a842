//! A terminal of its own (tmux): keys go in, the screen comes out.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::receiver::wait_for;

/// A tmux server of one's own. Ended with its value.
#[derive(Debug)]
pub struct Terminal {
    socket: PathBuf,
}

impl Terminal {
    /// Opens one with a shell command in it.
    ///
    /// # Panics
    /// If tmux cannot be run.
    #[must_use]
    pub fn open(socket: &Path, command: &str) -> Self {
        let terminal = Self::opened(socket);
        terminal.tmux(&["new-session", "-d", "-x", "160", "-y", "50", command]);
        terminal
    }

    /// Takes over one that a rig has opened at this socket.
    #[must_use]
    pub fn opened(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Types a text, and Enter.
    ///
    /// # Panics
    /// If tmux cannot be run.
    pub fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.key("Enter");
    }

    /// Presses a key, as tmux names it (`Enter`, `C-n`, `M-c`).
    ///
    /// # Panics
    /// If tmux cannot be run.
    pub fn key(&self, name: &str) {
        self.tmux(&["send-keys", name]);
    }

    /// Returns what is on the screen.
    ///
    /// # Panics
    /// If tmux cannot be run.
    #[must_use]
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Returns what is on the screen, with its colours as escape sequences.
    ///
    /// # Panics
    /// If tmux cannot be run.
    #[must_use]
    pub fn colours(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// Waits until the screen shows `text`.
    ///
    /// # Panics
    /// If it does not in time.
    pub fn shows(&self, text: &str) {
        self.until(&format!("{text:?} on the screen"), |screen| screen.contains(text));
    }

    /// Waits until the screen is as wanted; looks 20 times a second.
    ///
    /// # Panics
    /// If it is not in time; prints it then.
    pub fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let mut screen = String::new();
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(what, || {
                screen = self.screen();
                wanted(&screen)
            });
        }));
        assert!(seen.is_ok(), "no {what}:\n{screen}");
    }

    fn tmux(&self, words: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-S")
            .arg(&self.socket)
            .args(words)
            .output()
            .expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
