//! A device with the SDK on it, driven line by line by a test: JSON objects with "do" come in, ones
//! with "event" go out. It ends with its input, without a goodbye.
//!
//! usage: nearby-device '{"user": ..., "machine": ..., ...}'
//!
//! It shows the certificate in the folder `identity`, or is the device whose pairings are in the folder
//! `store`; with neither, its streams are plain. With `pair` (the root of a receiver's pairing routes)
//! it pairs first, printing `pairing` and reading the code as a line; with `session` it logs in.
//!
//! | do | with | event |
//! | --- | --- | --- |
//! | `here` | | `here`: name (after collisions), jid |
//! | `peers` | | `peers`: list |
//! | `presence` | status, msg | |
//! | `say` | to or device, body | `sent` (way, proven, encrypted) or `failed` |
//! | `ask` | to or device, text | `answered`: text, or `failed` |
//! | `pour` | to or device, count, size | `sent` when all is written, or `failed` |
//! | `prove` | to | `proof`: jid or null, or `failed` |
//! | `time` | to or device, count | nothing; the other side tells `timed`: sent (microseconds) |
//! | `household` | | `household`: whether the address `device` can be known by a certificate |
//! | `close` | | `closed`: streams ended, goodbye said |
//!
//! Every event has `at`, in microseconds. `to` is a name on the link, `device` a bare address of the household. By itself it tells
//! `appeared`, `changed`, `gone`, `message` (from, proven, way, encrypted, body), `received`,
//! `poured` (count, bytes, whole: all of it, in order), and answers what `ask` asks.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program of tests: what goes wrong ends it"
)]

mod arriving;
mod doing;
mod identity;
mod pairing;
mod poured;

use std::sync::Arc;

use serde_json::{Value, json};
use televisor_client::{Answers, Nearby, NearbyOptions, Options, ProfileStore, Session};
use televisor_clock::Clock;
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words = std::env::args().nth(1).expect("one argument");
    let setup: Value = serde_json::from_str(&words).expect("JSON");
    let mut lines = lines_told();
    let store = setup["store"].as_str().map(ProfileStore::new);
    if let (Some(root), Some(store)) = (setup["pair"].as_str(), &store) {
        let name = setup["user"].as_str().expect("a user");
        pairing::pair(root, name, store, &mut lines).await;
    }
    let mut options = options(&setup, store.as_ref());
    if let (Some(true), Some(store)) = (setup["session"].as_bool(), store.clone()) {
        let profile = store.find(None).expect("one pairing");
        let session = Session::connect(profile, Options::keeping(store)).await;
        options = options.with_session(session.expect("a session"));
    }
    let presence = options.me.clone().expect("somebody").presence;
    let jid = presence.jid.clone();
    let (nearby, arrivals) = Nearby::start(options).await.expect("the link is there");
    tokio::spawn(arriving::follow(nearby.clone()));
    tokio::spawn(arriving::take(arrivals));
    let mut device = doing::Device { nearby: Some(nearby), presence, jid, store };
    device.tell_where().await;
    while let Some(line) = lines.recv().await {
        device.obey(&serde_json::from_str(&line).expect("JSON")).await;
    }
    // Whoever wants a goodbye closes first.
    std::process::exit(0)
}

fn options(setup: &Value, store: Option<&ProfileStore>) -> NearbyOptions {
    let text = |key: &str| setup[key].as_str();
    let (user, machine) = (text("user").expect("a user"), text("machine").expect("a machine"));
    let mut options = NearbyOptions::named(user, machine);
    options.answers = Answers::new(vec![Arc::new(arriving::Echo)]);
    if let Some(me) = &mut options.me {
        me.presence.nick = text("nick").map(str::to_owned);
    }
    if let Some(store) = store {
        return options.keeping(store).expect("the store is there");
    }
    if let Some(jid) = text("jid") {
        options = options.with_addresses(&[jid.to_owned()]);
    }
    match text("identity") {
        Some(folder) => options.with_credentials(identity::load(folder.as_ref())),
        None => options,
    }
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

/// Prints an event, with the time of the machine's clock.
fn tell(event: &str, mut with: Value) {
    with["event"] = json!(event);
    with["at"] = json!(micros());
    println!("{with}");
}

/// Returns the time in microseconds.
fn micros() -> i64 {
    Clock::system().now().as_microsecond()
}
