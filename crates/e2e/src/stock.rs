//! Stock clients, logged in with what pairing gave.
//!
//! | function | client |
//! | --- | --- |
//! | [`slixmpp`] | a Python library, with what today's clients use switched on |
//! | [`profanity`] | in a terminal |
//! | [`go_sendxmpp`] | sends a line, or listens |

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::pairing::Paired;
use crate::program::rig;
use crate::receiver::Receiver;
use crate::script::Script;
use crate::terminal::Terminal;

/// The domain of a receiver that is called "Test Set-top Box".
pub const DOMAIN: &str = "test-set-top-box.local";

/// Returns a device's bare address.
#[must_use]
pub fn jid(device: &Paired) -> String {
    format!("{}@{DOMAIN}", device.uuid)
}

/// Returns a receiver's bare address.
///
/// # Panics
/// If its status has no UUID.
#[must_use]
pub fn receiver_jid(receiver: &Receiver) -> String {
    format!("{}@{DOMAIN}", receiver.ask("status")["uuid"].as_str().expect("a UUID"))
}

/// Logs slixmpp in, and waits until it is there; returns it with its full address.
///
/// # Panics
/// If it cannot log in.
#[must_use]
pub fn slixmpp(python: &Path, receiver: &Receiver, device: &Paired) -> (Script, String) {
    slixmpp_by(&mut Command::new(python), "127.0.0.1", receiver.xmpp(), device)
}

/// The same with a command that runs Python, and a server's address.
///
/// # Panics
/// If it cannot log in.
#[must_use]
pub fn slixmpp_by(
    python: &mut Command,
    host: &str,
    port: u16,
    device: &Paired,
) -> (Script, String) {
    let mut client = Script::start(
        python
            .arg(rig("device_slixmpp.py"))
            .args([&jid(device), &device.code])
            .args([host, &port.to_string()]),
    );
    let started = client.expect("a session", |line| line["event"] == "started");
    let full = started["jid"].as_str().expect("its address").to_owned();
    (client, full)
}

/// Logs Profanity in, in a terminal of its own, having typed `first`.
///
/// # Panics
/// If it cannot log in.
#[must_use]
pub fn profanity(receiver: &Receiver, device: &Paired, first: &[&str]) -> Terminal {
    let home = receiver.folder().display();
    let command = format!(
        "env HOME={home} XDG_CONFIG_HOME={home}/config XDG_DATA_HOME={home}/data \
         TERM=screen LC_ALL=C.UTF-8 profanity"
    );
    let terminal = Terminal::open(&receiver.folder().join("tmux.sock"), &command);
    terminal.shows("Profanity");
    for line in first {
        terminal.types(line);
    }
    let (jid, port) = (jid(device), receiver.xmpp());
    terminal.types(&format!("/connect {jid} server 127.0.0.1 port {port} tls trust"));
    terminal.shows("Enter password");
    terminal.types(&device.code);
    terminal.shows("logged in successfully");
    terminal
}

/// Has go-sendxmpp log in with `words` behind the account: a recipient, or `--listen`. Its home is
/// `folder`.
#[must_use]
pub fn go_sendxmpp(
    mut command: Command,
    folder: &Path,
    server: &str,
    device: &Paired,
    words: &[&str],
) -> Command {
    command
        .env("HOME", folder)
        .args(["--no-tls-verify", "--username", &jid(device), "--password", &device.code])
        .args(["--jserver", server])
        .args(words)
        .stderr(Stdio::null());
    command
}

/// Returns whether a line is a message with this body.
#[must_use]
pub fn says(line: &Value, body: &str) -> bool {
    line["event"] == "message" && line["body"] == body
}

/// Returns whether a line is another device's message, `sent` or `received`, with this body.
#[must_use]
pub fn copies(line: &Value, direction: &str, body: &str) -> bool {
    line["event"] == "carbon" && line["direction"] == direction && line["body"] == body
}

/// Returns the bodies of all messages so far that begin so.
#[must_use]
pub fn heard(client: &Script, beginning: &str) -> Vec<String> {
    let messages = client.heard.iter().filter(|line| line["event"] == "message");
    let bodies = messages.filter_map(|line| line["body"].as_str());
    bodies.filter(|body| body.starts_with(beginning)).map(str::to_owned).collect()
}

/// Returns what `burst` sends: a text with numbers from 1.
#[must_use]
pub fn numbered(text: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{text} {number}")).collect()
}
