//! Programs that are talked to line by line: JSON out, words in.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

use crate::receiver::{PATIENCE, wait_for};

/// A running program. Killed with its value.
#[derive(Debug)]
pub struct Script {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
    /// Everything that it has printed so far.
    pub heard: Vec<Value>,
}

impl Script {
    /// Starts `command`; lines of its output that are no JSON are kept as text.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let input = child.stdin.take();
        let out = child.stdout.take().expect("its output is a pipe");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Self { child, input, lines, heard: Vec::new() }
    }

    /// Tells it a line.
    ///
    /// # Panics
    /// If it does not listen any more.
    pub fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input is open");
        writeln!(input, "{line}").expect("the program listens");
    }

    /// Returns its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Closes its input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Waits until it ends by itself; returns whether it says that all went well.
    ///
    /// # Panics
    /// If it does not end in time.
    #[must_use]
    pub fn ends_well(&mut self) -> bool {
        let mut well = None;
        wait_for("the program to end", || {
            let status = self.child.try_wait().expect("a child can be waited for");
            well = status.map(|status| status.success());
            well.is_some()
        });
        well == Some(true)
    }

    /// Returns the next line that is `wanted`; the others are kept in `heard`.
    ///
    /// # Panics
    /// If it does not come in time.
    pub fn expect(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| {
                panic!("no {what}; what came was {:#?}", self.heard);
            });
            self.heard.push(line.clone());
            if wanted(&line) {
                return line;
            }
        }
    }

    /// Returns the first line that is `wanted`, of those heard already or of those to come: for
    /// lines that come in no order.
    ///
    /// # Panics
    /// If it does not come in time.
    pub fn expect_at_any_time(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let heard = self.heard.iter().find(|line| wanted(line)).cloned();
        heard.unwrap_or_else(|| self.expect(what, wanted))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
