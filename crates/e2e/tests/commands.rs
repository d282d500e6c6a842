//! A stock client carries out the receiver's commands, and an owner's.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use televisor_e2e::pairing::{Paired, pair};
use televisor_e2e::program::rig;
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;

const DOMAIN: &str = "test-set-top-box.local";
const ADMIN: &str = "http://jabber.org/protocol/admin";

fn log_in(python: &Path, receiver: &Receiver, device: &Paired) -> Script {
    let mut client = Script::start(
        Command::new(python)
            .arg(rig("commands_slixmpp.py"))
            .args([&format!("{}@{DOMAIN}", device.uuid), &device.code])
            .args(["127.0.0.1", &receiver.xmpp().to_string()]),
    );
    client.expect("a session", |line| line["event"] == "started");
    client
}

fn run(client: &mut Script, words: &str) -> Value {
    client.tell(&format!("run {words}"));
    client.expect("an answer", |line| {
        line["event"] == "error"
            || (line["event"] == "command" && words.contains(line["node"].as_str().unwrap()))
    })
}

#[test]
fn slixmpp_sees_the_verbs_and_asks_how_the_receiver_is() {
    let test = "slixmpp_sees_the_verbs";
    if skip::without(test, "curl") {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let uuid = receiver.ask("status")["uuid"].as_str().unwrap().to_owned();
    let tv = format!("{uuid}@{DOMAIN}");
    let device = pair(&receiver, "Joe's phone");
    let mut client = log_in(&python, &receiver, &device);
    client.tell(&format!("list {tv}"));
    let listed = client.expect("the commands", |line| line["event"] == "commands");
    for verb in ["whats-on", "record", "timers", "recordings", "pair"] {
        assert!(listed["nodes"].as_array().unwrap().iter().any(|node| node == verb), "{listed}");
    }
    let status = run(&mut client, &format!("{tv} status"));
    assert_eq!(status["status"], "completed", "{status}");
    assert!(status["notes"][0].as_str().unwrap().contains("Televisor"), "{status}");
    let form = run(&mut client, &format!("{tv} record"));
    assert_eq!(form["status"], "executing", "{form}");
    assert_eq!(form["title"], "Record a programme", "{form}");
    let answer = r#"[{"title": "the man with the flower"}]"#;
    let recorded = run(&mut client, &format!("{tv} record {answer}"));
    assert_ne!(recorded["event"], "error", "{recorded}");
    assert!(
        receiver.ask("timers").as_array().unwrap().is_empty(),
        "there is no guide to find it in"
    );
}

#[test]
fn an_owner_administers_by_slixmpp_and_others_may_not() {
    let test = "an_owner_administers_by_slixmpp";
    if skip::without(test, "curl") {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let (first, second) = (pair(&receiver, "Joe's phone"), pair(&receiver, "Dan's laptop"));
    let mut member = log_in(&python, &receiver, &second);
    let refused = run(&mut member, &format!("{DOMAIN} {ADMIN}#get-registered-users-num"));
    assert_eq!(refused["condition"], "forbidden", "{refused}");
    // A device that has only its passcode asks and records; it administers nobody.
    let mut owner = log_in(&python, &receiver, &first);
    let refused = run(&mut owner, &format!("{DOMAIN} {ADMIN}#get-registered-users-num"));
    assert_eq!(refused["condition"], "forbidden", "{refused}");
    let opened = run(
        &mut owner,
        &format!("{}@{DOMAIN} pair", receiver.ask("status")["uuid"].as_str().unwrap()),
    );
    assert_eq!(opened["status"], "completed", "{opened}");
    assert_eq!(receiver.ask("status")["pairing_open"], true);
}
