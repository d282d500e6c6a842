//! What the link costs: from announcement to visible, from send to received, memory with 200 peers.
//!
//! Each device is a process with the SDK, in a network namespace of its own (root is needed). Run it
//! against optimised programs:
//! `cargo build --release -p televisor -p televisor-e2e --bins && cargo run --release -p televisor-e2e
//! --example nearby_bench`

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measuring program"
)]

use serde_json::{Value, json};
use televisor_e2e::nearby::{Device, Hand, Household, Segment};
use televisor_e2e::receiver::wait_for;

const APPEARANCES: usize = 15;
const MESSAGES: usize = 1000;
const CROWD: usize = 200;
const JOE: &str = "joe@test-set-top-box.local";
const DAN: &str = "dan@test-set-top-box.local";
const TV: &str = "Test Set-top Box@test-set-top-box";

fn main() {
    if Segment::skipped("nearby_bench", &[]) {
        println!("this machine does not permit it");
        return;
    }
    appearances();
    messages();
    crowd();
}

/// A device comes and goes; another one watches.
fn appearances() {
    let segment = Segment::of(&["one", "two"]);
    let mut joe = Device::start(&segment, "one", "joe@phone", None);
    let (mut visible, mut changed, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..APPEARANCES {
        let name = format!("dan-{number}@laptop");
        let mut dan = Device::start(&segment, "two", &name, None);
        let here = at(&dan.expect("its announcement", |line| line["event"] == "here"));
        visible.push(at(&joe.sees(&name)) - here);
        // Caches have taken it in, and both announcements are over.
        std::thread::sleep(std::time::Duration::from_secs(4));
        let told = dan.asked(&json!({"do": "peers"}), "peers");
        dan.does(&json!({"do": "presence", "status": "away", "msg": "gone fishing"}));
        let seen =
            joe.expect("the change", |line| line["name"] == *name && line["status"] == "away");
        changed.push(at(&seen) - at(&told));
        let told = dan.asked(&json!({"do": "peers"}), "peers");
        dan.does(&json!({"do": "close"}));
        let seen = joe.expect("the end", |line| line["event"] == "gone" && line["name"] == *name);
        gone.push(at(&seen) - at(&told));
    }
    print("announced to visible", visible);
    print("presence told to seen", changed);
    print("closed to gone", gone);
}

/// Small messages one after another, with and without certificates.
fn messages() {
    let segment = Segment::of(&["one", "two"]);
    let household = Household::of(&[JOE, DAN]);
    for (what, secure) in [("TLS, proven", true), ("plain", false)] {
        let identity = |jid: &str| secure.then(|| household.at(jid));
        let mut joe = Device::start(&segment, "one", "joe@phone", identity(JOE).as_deref());
        let mut dan = Device::start(&segment, "two", "dan@laptop", identity(DAN).as_deref());
        joe.sees("dan@laptop");
        let told = at(&joe.asked(&json!({"do": "peers"}), "peers"));
        assert_eq!(joe.says("dan@laptop", "the first")["encrypted"], secure);
        let first = at(&dan.hears("the first")) - told;
        println!("first message, stream opened ({what}): {:.1} ms", milliseconds(first));
        joe.does(&json!({"do": "time", "to": "dan@laptop", "count": MESSAGES}));
        let mut taken = Vec::new();
        for number in 0..MESSAGES {
            let line = dan.next("a message", |line| line["event"] == "timed");
            assert_eq!(line["encrypted"], secure, "message {number}");
            taken.push(at(&line) - line["sent"].as_i64().expect("a time"));
        }
        print(&format!("sent to received ({what})"), taken);
        let told = at(&joe.asked(&json!({"do": "peers"}), "peers"));
        joe.does(&json!({"do": "pour", "to": "dan@laptop", "count": 32, "size": 32 * 1024}));
        let poured = dan.expect("1 MiB", |line| line["event"] == "poured");
        println!("1 MiB in 32 stanzas ({what}): {:.0} ms", milliseconds(at(&poured) - told));
    }
}

/// A receiver and a device beside 200 others.
fn crowd() {
    let segment = Segment::of(&["tv", "phone", "crowd", "late"]);
    let receiver = segment.receiver("tv", "");
    let mut joe = Device::start(&segment, "phone", "joe@phone", None);
    joe.sees(TV);
    let before = (receiver.memory(), joe.memory());
    let mut crowd = Hand::start(&segment, "crowd");
    crowd.announces_many("one@crowd", CROWD);
    wait_for("all of them", || receiver.ask("status")["nearby"]["peers"] == CROWD + 1);
    crowd.next("the end of it", |line| line["event"] == "announced");
    wait_for("all of them", || count(&mut joe) == CROWD);
    let after = (receiver.memory(), joe.memory());
    for (what, before, after) in [("receiver", before.0, after.0), ("device", before.1, after.1)] {
        let grown = after.saturating_sub(before) / 1024;
        let (before, after) = (before / 1024, after / 1024);
        println!("{what}: {before} kB alone, {after} kB beside {CROWD}: {grown} kB more");
    }
    let mut late = Device::start(&segment, "late", "late@laptop", None);
    let here = at(&late.expect("its announcement", |line| line["event"] == "here"));
    wait_for("all of them", || count(&mut late) == CROWD);
    let crowd = late.heard().iter().filter(|line| line["event"] == "appeared");
    let last = crowd.map(at).max().expect("a crowd");
    println!(
        "all {CROWD} seen by one that comes later, after its own announcement: {:.0} ms",
        milliseconds(last - here)
    );
}

fn count(device: &mut Device) -> usize {
    let peers = device.asked(&json!({"do": "peers"}), "peers");
    let list = peers["list"].as_array().into_iter().flatten();
    list.filter(|peer| peer["nick"] == "One of many").count()
}

fn at(line: &Value) -> i64 {
    line["at"].as_i64().expect("a time")
}

fn milliseconds(micros: i64) -> f64 {
    let micros = i32::try_from(micros).expect("less than half an hour");
    f64::from(micros) / 1000.0
}

fn print(what: &str, mut micros: Vec<i64>) {
    micros.sort_unstable();
    let nth = |percent: usize| {
        let last = micros.len().saturating_sub(1);
        milliseconds(micros.get(last * percent / 100).copied().unwrap_or_default())
    };
    println!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms, of {}",
        nth(50),
        nth(99),
        nth(100),
        micros.len()
    );
}
