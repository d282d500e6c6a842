//! A link full of peers: an office, a conference, a hall of residence.

use std::time::Duration;

use serde_json::json;
use televisor_e2e::nearby::{Device, Hand, Segment};
use televisor_e2e::receiver::wait_up_to;

const CROWD: usize = 200;
const TV: &str = "Test Set-top Box@test-set-top-box";
/// More than the receiver and its link take for a peer of the crowd, with room to spare.
const MEMORY_FOR_EACH: u64 = 64 * 1024;

#[test]
fn two_hundred_announced_peers_are_all_seen_and_the_receiver_answers_as_ever() {
    if Segment::skipped("two_hundred_announced_peers", &[]) {
        return;
    }
    let segment = Segment::of(&["tv", "phone", "crowd"]);
    let receiver = segment.receiver("tv", "");
    let mut joe = Device::start(&segment, "phone", "joe@phone", None);
    joe.sees(TV);
    let before = receiver.memory();
    let mut crowd = Hand::start(&segment, "crowd");
    crowd.announces_many("one@crowd", CROWD);
    let seen = |joe: &mut Device| {
        let peers = joe.asked(&json!({"do": "peers"}), "peers");
        let names = peers["list"].as_array().into_iter().flatten();
        names.filter(|peer| peer["nick"] == "One of many").count()
    };
    wait_up_to(Duration::from_secs(60), "all of the crowd", || {
        receiver.ask("status")["nearby"]["peers"] == CROWD + 1 && seen(&mut joe) == CROWD
    });
    joe.says(TV, "help");
    joe.hears("what's next");
    let grown = receiver.memory().saturating_sub(before);
    assert!(grown < MEMORY_FOR_EACH * CROWD as u64, "{grown} bytes for {CROWD} peers");

    // One of them goes; the others stay.
    crowd.does(&json!({"do": "goodbye", "name": "one-7@crowd"}));
    joe.sees_go("one-7@crowd");
    assert_eq!(seen(&mut joe), CROWD - 1);
}
