//! A `televisor broadcast` of one's own: four channels and a guide whose feature starts soon.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::program::{free_port, root, televisor};

/// The feature's title.
pub const FEATURE: &str = "The Man with the Flower in His Hand";

/// A broadcaster on air. Killed with its value.
#[derive(Debug)]
pub struct Broadcaster {
    child: Child,
    port: u16,
}

impl Broadcaster {
    /// Goes on air; the feature starts in `lead` seconds and lasts `length` seconds.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn on_air(lead: u16, length: u16) -> Self {
        Self::start(Command::new(televisor()), lead, length)
    }

    /// Goes on air inside a network namespace, where the receiver is.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn on_air_in(namespace: &str, lead: u16, length: u16) -> Self {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(televisor());
        Self::start(command, lead, length)
    }

    fn start(mut command: Command, lead: u16, length: u16) -> Self {
        let port = free_port();
        let clips = root().join("target/clips");
        // The first makes the clips; the others would make them at the same time.
        static CLIPS: Mutex<()> = Mutex::new(());
        let made = CLIPS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = command
            .args(["broadcast", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--lead", &lead.to_string(), "--length", &length.to_string()])
            .args(["--clips".as_ref(), clips.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("televisor starts");
        let mut first = String::new();
        let out = child.stdout.take().expect("its output is a pipe");
        BufReader::new(out).read_line(&mut first).expect("it prints a line");
        drop(made);
        assert!(first.starts_with("playlist "), "the broadcaster said {first:?}");
        Self { child, port }
    }

    /// Returns the tables that tune a receiver to it.
    #[must_use]
    pub fn tables(&self) -> String {
        let at = format!("http://127.0.0.1:{}", self.port);
        format!(
            "[tuner]\nplaylists = [\"{at}/playlist.m3u\"]\n[guide]\nxmltv = [\"{at}/guide.xml\"]\n\
             [recordings]\npad_before = \"0s\"\npad_after = \"0s\"\n"
        )
    }
}

impl Drop for Broadcaster {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
