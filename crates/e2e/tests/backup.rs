//! A copy made while messages flow is a receiver of its own.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use televisor_e2e::pairing::{Paired, pair};
use televisor_e2e::program::rig;
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;

const DOMAIN: &str = "test-set-top-box.local";

fn log_in(python: &Path, receiver: &Receiver, device: &Paired) -> Script {
    let mut client = Script::start(
        Command::new(python)
            .arg(rig("chat_slixmpp.py"))
            .args([&format!("{}@{DOMAIN}", device.uuid), &device.code])
            .args(["127.0.0.1", &receiver.xmpp().to_string()]),
    );
    client.expect("a session", |line| line["event"] == "started");
    client
}

fn on_roster(line: &Value, jid: &str) -> bool {
    line["event"] == "roster" && line["items"][jid]["subscription"] == "both"
}

#[test]
fn a_backup_made_while_messages_flow_is_restored_elsewhere() {
    let test = "a_backup_made_while_messages_flow";
    if skip::without(test, "curl") {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let (joe, dan) = (pair(&receiver, "Joe's phone"), pair(&receiver, "Dan's laptop"));
    let dan_jid = format!("{}@{DOMAIN}", dan.uuid);
    drop(log_in(&python, &receiver, &dan));
    let mut client = log_in(&python, &receiver, &joe);
    for number in 0..100 {
        client.tell(&format!("say {dan_jid} message {number}"));
    }
    let copy = tempfile::tempdir().unwrap();
    let file = copy.path().join("household.db");
    let name = file.to_str().unwrap();
    let done = receiver.control(&["backup", name]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let again = receiver.control(&["backup", name]);
    assert_eq!(again.status.code(), Some(1));
    let error = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(error.contains("is there already") && error.contains("\nhint: "), "{error}");
    assert!(receiver.control(&["backup", name, "--force"]).status.success());
    let own = receiver.folder().join("household.db");
    assert_eq!(
        receiver.control(&["backup", own.to_str().unwrap(), "--force"]).status.code(),
        Some(1)
    );

    let (before, uuid) = (receiver.ask("devices"), receiver.ask("status")["uuid"].clone());
    let restored = Receiver::start_in(copy, Setup::quiet());
    assert_eq!(restored.ask("status")["uuid"], uuid, "it is the same receiver");
    let names = |devices: &Value| -> Vec<Value> {
        devices.as_array().unwrap().iter().map(|device| device["name"].clone()).collect()
    };
    assert_eq!(names(&restored.ask("devices")), names(&before));
    let mut client = log_in(&python, &restored, &joe);
    client.expect("the other device on the roster", |line| on_roster(line, &dan_jid));
}
