//! A device on the link, driven line by line by a test: JSON objects with "do" come in, ones with
//! "event" go out. It ends with its input, without a goodbye.
//!
//! usage: nearby-device '{"folder": ..., "user": ..., "machine": ..., "nick": ..., "jid": ...}'
//!
//! | do | with | event |
//! | --- | --- | --- |
//! | `here` | | `here`: name (after collisions), port |
//! | `peers` | | `peers`: list |
//! | `presence` | status, msg | |
//! | `say` | to, body | `sent` or `failed` |
//! | `ask` | to, text | `answered`: text, or `failed` |
//! | `pour` | to, count, size | `sent` when all is written, or `failed` |
//! | `prove` | to | `proof`: jid or null, or `failed` |
//! | `close` | | `closed`: streams ended, goodbye said |
//!
//! By itself it tells `appeared`, `changed`, `gone`, `message` (from, proven, encrypted, body),
//! `poured` (count, bytes, whole: all of it, in order), and answers what `ask` asks.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program of tests: what goes wrong ends it"
)]

mod arriving;
mod doing;
mod identity;
mod poured;

use serde_json::{Value, json};
use televisor_serverless::{Config, Link, Me, Presence};
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words = std::env::args().nth(1).expect("one argument");
    let setup: Value = serde_json::from_str(&words).expect("JSON");
    let text = |key: &str| setup[key].as_str().map(str::to_owned);
    let presence = Presence { nick: text("nick"), jid: text("jid"), ..Presence::default() };
    let me = Me {
        user: text("user").expect("a user"),
        machine: text("machine").expect("a machine"),
        presence: presence.clone(),
    };
    let credentials = text("folder").map(|folder| identity::load(folder.as_ref()));
    let started = Link::start(Config::default(), Some(me), credentials).await;
    let (link, incoming) = started.expect("the link starts");
    tokio::spawn(arriving::follow(link.clone()));
    tokio::spawn(arriving::take(link.clone(), incoming));
    let mut device = doing::Device { link: Some(link), presence };
    device.tell_where().await;
    let mut lines = lines_told();
    while let Some(line) = lines.recv().await {
        device.obey(&serde_json::from_str(&line).expect("JSON")).await;
    }
    // Whoever wants a goodbye closes first.
    std::process::exit(0)
}

/// Reads what the test tells, on a thread of its own.
fn lines_told() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Prints an event.
fn tell(event: &str, mut with: Value) {
    with["event"] = json!(event);
    println!("{with}");
}
