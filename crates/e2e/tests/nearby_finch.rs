//! Finch (libpurple's Bonjour, as in Pidgin) in a namespace of its own: the receiver is a peer like any
//! other, and talks.

use televisor_e2e::away::acquaintance::address;
use televisor_e2e::broadcaster::{Broadcaster, FEATURE};
use televisor_e2e::nearby::{Device, Finch, Segment, finch};
use televisor_e2e::receiver::wait_for;

const NAME: &str = "Test Set-top Box";
const HOST: &str = "test-set-top-box.local";

#[test]
fn finch_sees_the_receiver_come_change_and_go() {
    if Segment::skipped("finch_sees_the_receiver_come_change_and_go", &finch::PROGRAMS) {
        return;
    }
    let segment = Segment::of(&["tv", "phone", "tablet"]);
    let broadcaster = Broadcaster::on_air_in(&segment.namespace("tv"), 600, 20);
    let finch = Finch::start(&segment, "phone");
    let mut receiver = segment.receiver("tv", &broadcaster.tables());
    finch.sees(NAME);
    finch.is_told("Ready.");

    let store = tempfile::tempdir().expect("a folder");
    let mut dan = Device::paired(&segment, "tablet", "dan@tablet", &receiver, store.path());
    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    dan.tells(&address(&receiver, HOST), "record baird one");
    finch.is_told("Recording");
    assert_eq!(receiver.stop(), Some(0));
    finch.sees_go(NAME);
}

#[test]
fn finch_chats_with_the_receiver_and_learns_what_is_on_but_commands_nothing() {
    if Segment::skipped("finch_chats_with_the_receiver", &finch::PROGRAMS) {
        return;
    }
    let segment = Segment::of(&["tv", "phone"]);
    let broadcaster = Broadcaster::on_air_in(&segment.namespace("tv"), 600, 20);
    let receiver = segment.receiver("tv", &broadcaster.tables());
    let finch = Finch::start(&segment, "phone");
    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    finch.sees(NAME);
    finch.opens(NAME);
    finch.says("what's on");
    finch.hears("Baird One");
    finch.says(&format!("record {FEATURE}"));
    finch.hears("pair");
    assert_eq!(receiver.ask("timers").as_array().map(Vec::len), Some(0));

    // The window closed, and opened again: another stream, and the same answers.
    finch.closes();
    finch.opens(NAME);
    finch.says("help");
    finch.hears("what's next");
}
