//! `televisor nearby` and `televisor chat --nearby`: without a receiver, and without a pairing.

use serde_json::{Value, json};
use televisor_e2e::nearby::{Device, Segment};
use televisor_e2e::program::televisor;
use televisor_e2e::script::Script;

#[test]
fn the_program_lists_who_is_there_and_chats_with_them() {
    if Segment::skipped("the_program_lists_who_is_there", &[]) {
        return;
    }
    let segment = Segment::of(&["laptop", "phone"]);
    let home = tempfile::tempdir().expect("a folder");
    let mut joe = Device::start(&segment, "phone", "joe@phone", None);
    joe.does(&json!({"do": "presence", "status": "away", "msg": "in the garden"}));

    let listed = segment
        .inside("laptop", televisor())
        .args(["nearby", "--json"])
        .env("HOME", home.path())
        .output()
        .expect("televisor runs");
    let error = String::from_utf8_lossy(&listed.stderr);
    let rows: Value = serde_json::from_slice(&listed.stdout).unwrap_or_else(|_| panic!("{error}"));
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    let told = ["name", "nick", "status", "msg"].map(|key| rows[0][key].clone());
    assert_eq!(told, ["joe@phone", "joe", "away", "in the garden"], "{rows}");

    let mut chat = Script::start(
        segment
            .inside("laptop", televisor())
            .args(["chat", "--nearby", "--to", "joe"])
            .env("HOME", home.path())
            .env("USER", "ann"),
    );
    chat.tell("dinner is ready");
    let heard = joe.hears("dinner is ready");
    assert!(heard["from"].as_str().is_some_and(|from| from.starts_with("ann@")), "{heard}");
    joe.says(heard["from"].as_str().unwrap_or_default(), "five minutes");
    chat.expect("the answer", |line| {
        line.as_str().is_some_and(|line| line.contains("five minutes"))
    });
}
