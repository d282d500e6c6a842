//! How somebody with an account out there and a receiver at home become acquainted.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::World;
use crate::pairing::Paired;
use crate::program::rig;
use crate::receiver::{Receiver, wait_up_to};
use crate::script::Script;

/// The longest that a door, DNS and a certificate take together.
pub const DOOR: Duration = Duration::from_secs(60);

/// Waits until the receiver can be reached from outside; returns `external` of its status.
///
/// # Panics
/// If it cannot.
#[must_use]
pub fn reachable(receiver: &Receiver) -> Value {
    let mut status = Value::Null;
    wait_up_to(DOOR, "the receiver to be reachable", || {
        status = receiver.ask("status");
        !status["external"].is_null()
    });
    status["external"].clone()
}

/// Returns the receiver's address at `domain`.
///
/// # Panics
/// If its status has no UUID.
#[must_use]
pub fn address(receiver: &Receiver, domain: &str) -> String {
    format!("{}@{domain}", receiver.ask("status")["uuid"].as_str().expect("a UUID"))
}

/// Returns how far the household has let an account in ("invited", "accepted", ...).
#[must_use]
pub fn state(receiver: &Receiver, jid: &str) -> Option<String> {
    let accounts = receiver.ask("accounts");
    let account = accounts.as_array()?.iter().find(|account| account["jid"] == jid)?.clone();
    account["state"].as_str().map(str::to_owned)
}

/// Waits until an account is in a state.
///
/// # Panics
/// If it does not get there.
pub fn wait_for_state(receiver: &Receiver, jid: &str, wanted: &str) {
    let what = format!("{jid} to be {wanted}");
    wait_up_to(DOOR, &what, || state(receiver, jid).as_deref() == Some(wanted));
}

/// The household invites an account and its person says yes; returns the address it was invited by.
/// The household has not allowed anything yet.
///
/// # Panics
/// If one of them does not hear the other.
pub fn invite(receiver: &Receiver, person: &mut Script, jid: &str) -> String {
    let invited = receiver.control(&["invite", jid]);
    assert!(invited.status.success(), "{}", String::from_utf8_lossy(&invited.stderr));
    let asked = person.expect("an invitation", |line| line["event"] == "asked");
    assert_eq!(asked["nick"], "Test Set-top Box", "{asked}");
    let address = asked["jid"].as_str().expect("who asks").to_owned();
    person.tell(&format!("accept {address}"));
    wait_for_state(receiver, jid, "accepted");
    address
}

/// All of it: invited, accepted, allowed, and the receiver's presence seen. Returns its address.
///
/// # Panics
/// If any of it does not happen.
pub fn befriend(receiver: &Receiver, person: &mut Script, jid: &str) -> String {
    let address = invite(receiver, person, jid);
    let allowed = receiver.control(&["allow", jid]);
    assert!(allowed.status.success(), "{}", String::from_utf8_lossy(&allowed.stderr));
    wait_for_state(receiver, jid, "allowed");
    address
}

/// Says something to the receiver, and returns the first of its answers that has `wanted` in it.
///
/// # Panics
/// If it does not answer so.
pub fn ask(person: &mut Script, address: &str, text: &str, wanted: &str) -> String {
    person.tell(&format!("say {address} {text}"));
    let answer = person.expect(&format!("an answer to {text:?} with {wanted:?}"), |line| {
        let body = line["body"].as_str().unwrap_or_default();
        line["event"] == "message" && from(line, address) && body.contains(wanted)
    });
    answer["body"].as_str().unwrap_or_default().to_owned()
}

/// Returns whether a line is from a bare address.
#[must_use]
pub fn from(line: &Value, address: &str) -> bool {
    let sender = line["sender"].as_str().or_else(|| line["jid"].as_str()).unwrap_or_default();
    sender.split('/').next() == Some(address)
}

/// Logs a paired device in from the phone's namespace, at home, and waits until it is there.
///
/// # Panics
/// If it cannot log in.
#[must_use]
pub fn at_home(world: &World, python: &Path, device: &Paired) -> Script {
    let mut command = world.house.inside("phone", python);
    let jid = format!("{}@test-set-top-box.local", device.uuid);
    command.arg(rig("friend_slixmpp.py")).args([&jid, &device.code, "192.168.77.10", "5222"]);
    let mut device = Script::start(&mut command);
    device.expect("a session at home", |line| line["event"] == "started");
    device
}
