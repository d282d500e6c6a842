//! Stock XMPP clients log in with what pairing gave them, and talk.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::process::Command;

use serde_json::Value;
use televisor_e2e::broadcaster::{Broadcaster, FEATURE};
use televisor_e2e::pairing::{Paired, pair};
use televisor_e2e::program::rig;
use televisor_e2e::receiver::{Receiver, Setup, wait_for};
use televisor_e2e::script::Script;
use televisor_e2e::skip;
use televisor_e2e::stock::{DOMAIN, profanity};

fn log_in(python: &std::path::Path, receiver: &Receiver, device: &Paired) -> Script {
    let jid = format!("{}@{DOMAIN}", device.uuid);
    let mut client = Script::start(
        Command::new(python)
            .arg(rig("chat_slixmpp.py"))
            .args([&jid, &device.code])
            .args(["127.0.0.1", &receiver.xmpp().to_string()]),
    );
    let started = client.expect("a session", |line| line["event"] == "started");
    assert_eq!(started["tls"], true, "{started}");
    client
}

fn has_item(line: &Value, jid: &str) -> bool {
    line["event"] == "roster" && line["items"][jid]["subscription"] == "both"
}

#[test]
fn slixmpp_sees_the_household_come_and_talks_to_the_receiver() {
    let test = "slixmpp_sees_the_household_come";
    if ["curl", "ffmpeg"].iter().any(|program| skip::without(test, program)) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let broadcaster = Broadcaster::on_air(600, 60);
    let mut setup = Setup::quiet();
    setup.extra.push_str(&broadcaster.tables());
    let receiver = Receiver::start(setup);
    let uuid = receiver.ask("status")["uuid"].as_str().unwrap().to_owned();
    let (joe, dan) = (pair(&receiver, "Joe's phone"), pair(&receiver, "Dan's laptop"));
    let receiver_jid = format!("{uuid}@{DOMAIN}");

    let mut first = log_in(&python, &receiver, &joe);
    first.expect("the receiver on the roster", |line| has_item(line, &receiver_jid));
    let mut second = log_in(&python, &receiver, &dan);
    let dan_jid = format!("{}@{DOMAIN}", dan.uuid);
    let pushed = first.expect("a push of the other device", |line| {
        line["kind"] == "set" && has_item(line, &dan_jid)
    });
    assert_eq!(pushed["items"][&dan_jid]["name"], "Dan's laptop");
    second.expect("both on the roster", |line| {
        has_item(line, &format!("{}@{DOMAIN}", joe.uuid)) && has_item(line, &receiver_jid)
    });

    first.tell(&format!("vcard {receiver_jid}"));
    let card = first.expect("a vCard", |line| line["event"] == "vcard");
    assert_eq!(card["fn"], "Test Set-top Box", "{card}");

    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    first.tell(&format!("say {receiver_jid} what's on"));
    let answer = first.expect("an answer", |line| line["event"] == "message");
    assert!(answer["body"].as_str().unwrap().contains("Baird One"), "{answer}");
    first.tell(&format!("say {receiver_jid} record the man with the flower"));
    let answer = first.expect("an answer", |line| line["event"] == "message");
    assert!(answer["body"].as_str().unwrap().contains(FEATURE), "{answer}");
    let timers = receiver.ask("timers");
    assert_eq!(timers[0]["title"], FEATURE, "{timers}");
    assert_eq!(timers[0]["set_by"], "Joe's phone", "{timers}");

    first.tell(&format!("say {dan_jid} did you see that"));
    let heard = second.expect("a message", |line| line["event"] == "message");
    assert_eq!(heard["body"], "did you see that");
}

#[test]
fn a_forgotten_device_is_thrown_out_at_once() {
    let test = "a_forgotten_device_is_thrown_out";
    if skip::without(test, "curl") {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let device = pair(&receiver, "Lost phone");
    let mut client = log_in(&python, &receiver, &device);
    wait_for("the session", || receiver.ask("devices")[0]["connected"] == true);
    assert!(receiver.control(&["forget", &device.uuid]).status.success());
    client.expect("the end", |line| {
        line["event"] == "stream-error" || line["event"] == "disconnected"
    });
}

#[test]
fn profanity_logs_in_and_is_answered() {
    let test = "profanity_logs_in_and_is_answered";
    if ["curl", "tmux", "profanity"].iter().any(|p| skip::without(test, p)) {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    let uuid = receiver.ask("status")["uuid"].as_str().unwrap().to_owned();
    let device = pair(&receiver, "Terminal");
    let terminal = profanity(&receiver, &device, &[]);
    terminal.types(&format!("/msg {uuid}@{DOMAIN} help"));
    terminal.shows("record");
}
