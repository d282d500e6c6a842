//! An XMPP stream spoken by hand over plain loopback: what a client library would refuse to say.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A stream. What is read stays in `heard`.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    /// Everything that was read.
    pub heard: String,
}

impl Raw {
    /// Connects to a port of this machine.
    ///
    /// # Panics
    /// If nobody listens.
    #[must_use]
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the receiver listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a deadline");
        stream.set_write_timeout(Some(Duration::from_secs(60))).expect("a deadline");
        Self { stream, heard: String::new() }
    }

    /// Sends bytes; returns whether the other side took them.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Sends text.
    ///
    /// # Panics
    /// If the other side has gone.
    pub fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("the receiver takes it");
    }

    /// Opens a stream to `host`.
    pub fn open(&mut self, host: &str) {
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='{host}'>"
        ));
    }

    /// Reads until `text` has come, and returns what came since the last call up to its end.
    ///
    /// # Panics
    /// If the stream ends, or nothing comes in time.
    pub fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.heard.find(text) {
                let rest = self.heard.split_off(at + text.len());
                return std::mem::replace(&mut self.heard, rest);
            }
            assert!(self.read(), "the stream ended before {text:?}: {}", self.heard);
        }
    }

    /// Reads until the other side closes, and returns everything.
    #[must_use]
    pub fn to_end(mut self) -> String {
        while self.read() {}
        self.heard
    }

    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.heard.push_str(&String::from_utf8_lossy(&buffer[..n]));
                true
            }
        }
    }
}
