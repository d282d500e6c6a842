//! A peer by hand: announced by python-zeroconf, its streams written byte by byte.

use std::path::Path;

use serde_json::{Value, json};

use super::segment::Segment;
use crate::program::rig;
use crate::script::Script;
use crate::skip;

/// A running `link_peer.py`. Ended with its value, without a goodbye.
#[derive(Debug)]
pub struct Hand {
    script: Script,
    accepted: usize,
}

impl Hand {
    /// Starts one in a namespace; it does nothing yet.
    ///
    /// # Panics
    /// If the Python clients are not set up ([`Segment::skipped`] says so before).
    #[must_use]
    pub fn start(segment: &Segment, place: &str) -> Self {
        let python = skip::python("nearby").expect("skipped() was asked");
        let script =
            Script::start(segment.inside(place, python).arg("-u").arg(rig("link_peer.py")));
        Self { script, accepted: 0 }
    }

    /// Tells it what to do; see the rig's own words.
    pub fn does(&mut self, what: &Value) {
        self.script.tell(&what.to_string());
    }

    /// Returns the first event that is wanted, whether it has come already or is still to come.
    ///
    /// # Panics
    /// If it does not come in time.
    pub fn expect(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let heard = self.heard().iter().find(|line| wanted(line)).cloned();
        heard.unwrap_or_else(|| self.script.expect(what, wanted))
    }

    /// Returns the next event that is wanted, from now on.
    ///
    /// # Panics
    /// If it does not come in time.
    pub fn next(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.script.expect(what, wanted)
    }

    /// Returns what it has told so far.
    #[must_use]
    pub fn heard(&self) -> &[Value] {
        &self.script.heard
    }

    /// Announces `name` (`user@machine`), on port 5298 of its namespace.
    ///
    /// # Panics
    /// If it does not.
    pub fn announces(&mut self, name: &str, txt: &Value) {
        let host = name.rsplit('@').next().unwrap_or("peer");
        self.does(&json!({"do": "announce", "name": name, "host": host, "txt": txt}));
        self.next("an announcement", |line| line["event"] == "announced");
    }

    /// Announces `count` peers, `user-0@machine` and so on, at one host.
    ///
    /// # Panics
    /// If it does not.
    pub fn announces_many(&mut self, name: &str, count: usize) {
        self.does(&json!({"do": "announce", "name": name, "host": "crowd", "count": count,
            "txt": {"txtvers": "1", "nick": "One of many", "status": "avail"}}));
    }

    /// Listens on port 5298.
    ///
    /// # Panics
    /// If it cannot.
    pub fn listens(&mut self) {
        self.does(&json!({"do": "listen"}));
        self.next("a listener", |line| line["event"] == "listening");
    }

    /// Connects to port 5298 of an address; returns the connection's number.
    ///
    /// # Panics
    /// If nobody listens.
    pub fn connects(&mut self, host: &str) -> u64 {
        self.does(&json!({"do": "connect", "host": host}));
        let line = self.next("a connection", |line| {
            line["event"] == "connected" || line["event"] == "refused"
        });
        line["id"].as_u64().unwrap_or_else(|| panic!("{host}: {line}"))
    }

    /// Waits for somebody to connect; returns the connection's number.
    ///
    /// # Panics
    /// If nobody does.
    pub fn accepts(&mut self) -> u64 {
        loop {
            let mut accepted = self.heard().iter().filter(|line| line["event"] == "accepted");
            if let Some(line) = accepted.nth(self.accepted) {
                let id = line["id"].as_u64().expect("a number");
                self.accepted += 1;
                return id;
            }
            self.next("somebody to connect", |line| line["event"] == "accepted");
        }
    }

    /// Writes to a connection.
    pub fn writes(&mut self, id: u64, text: &str) {
        self.does(&json!({"do": "write", "id": id, "text": text}));
    }

    /// Opens a stream on a connection, in its own words.
    pub fn opens(&mut self, id: u64, attributes: &str) {
        self.writes(
            id,
            &format!(
                "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
                 xmlns:stream='http://etherx.jabber.org/streams' {attributes}>"
            ),
        );
    }

    /// Goes on under TLS as the client, with a certificate of its own (or none).
    ///
    /// # Panics
    /// If the other side does not let it.
    pub fn secures(&mut self, id: u64, identity: Option<(&Path, &Path)>) -> Value {
        let mut words = json!({"do": "tls", "id": id});
        if let Some((certificate, key)) = identity {
            words["certificate"] = json!(certificate);
            words["key"] = json!(key);
        }
        self.does(&words);
        let line = self.next("TLS", |line| {
            line["id"] == id && (line["event"] == "secured" || line["event"] == "refused")
        });
        assert_eq!(line["event"], "secured", "{line}");
        line
    }

    /// Reads from a connection until `text` has come since it was opened, and returns all of it.
    ///
    /// # Panics
    /// If the connection ends before, or it does not come in time.
    pub fn reads(&mut self, id: u64, text: &str) -> String {
        self.reads_either(id, text).unwrap_or_else(|said| {
            panic!("the connection ended before {text:?}: {said}");
        })
    }

    /// Reads from a connection to its end, and returns all that was read since it was opened.
    ///
    /// # Panics
    /// If it does not end in time.
    pub fn reads_to_end(&mut self, id: u64) -> String {
        if !self.heard().iter().any(|line| is_end(line, id)) {
            self.expect("the end of a connection", |line| is_end(line, id));
        }
        said(self.heard(), id)
    }

    fn reads_either(&mut self, id: u64, text: &str) -> Result<String, String> {
        loop {
            let said = said(self.heard(), id);
            if said.contains(text) {
                return Ok(said);
            }
            if self.heard().iter().any(|line| is_end(line, id)) {
                return Err(said);
            }
            let of_it = |line: &Value| line["id"] == id;
            self.next(&format!("{text:?} after {said:?}"), of_it);
        }
    }
}

fn is_end(line: &Value, id: u64) -> bool {
    line["id"] == id && line["event"] == "closed"
}

fn said(heard: &[Value], id: u64) -> String {
    let read = heard.iter().filter(|line| line["id"] == id && line["event"] == "read");
    read.filter_map(|line| line["text"].as_str()).collect()
}
