//! Somebody out there with a stock client (slixmpp), talked to line by line: see
//! `rigs/friend_slixmpp.py` for what can be told and what is heard.

use std::path::Path;

use super::PASSWORD;
use super::house::House;
use crate::program::rig;
use crate::script::Script;

/// Logs `jid` in at a server of the world, from the world, and waits until it is there.
///
/// # Panics
/// If it cannot log in.
#[must_use]
pub fn log_in(house: &House, python: &Path, jid: &str, server: &str) -> Script {
    let mut command = house.inside("world", python);
    command.arg(rig("friend_slixmpp.py")).args([jid, PASSWORD, server, "5222"]);
    let mut person = Script::start(&mut command);
    person.expect("a session", |line| line["event"] == "started");
    person
}
