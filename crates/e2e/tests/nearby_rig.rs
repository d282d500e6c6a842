//! The link itself, before any of our programs joins it: the stock peer and the one by hand.

use serde_json::json;
use televisor_e2e::nearby::{Finch, Hand, Segment, finch};

#[test]
fn finch_and_a_peer_by_hand_see_and_hear_each_other() {
    if Segment::skipped("finch_and_a_peer_by_hand_see_each_other", &finch::PROGRAMS) {
        return;
    }
    let segment = Segment::of(&["phone", "laptop"]);
    let finch = Finch::start(&segment, "phone");
    let mut ann = Hand::start(&segment, "laptop");
    ann.does(&json!({"do": "browse"}));
    ann.listens();
    ann.announces("ann@laptop", &json!({"txtvers": "1", "nick": "Ann", "status": "avail"}));
    ann.expect("Finch on the link", |line| line["name"] == "joe@phone");
    finch.sees("Ann");

    finch.opens("Ann");
    finch.says("is anybody there");
    let stream = ann.accepts();
    ann.reads(stream, "to=\"ann@laptop\">");
    ann.opens(stream, "from='ann@laptop' to='joe@phone' version='1.0'");
    ann.reads(stream, "<body>is anybody there</body>");
    ann.writes(stream, "<message from='ann@laptop' type='chat'><body>I am</body></message>");
    finch.hears("Ann: I am");
    finch.closes();
    assert!(ann.reads_to_end(stream).ends_with("</stream:stream>"));

    ann.does(&json!({"do": "txt", "name": "ann@laptop",
        "txt": {"txtvers": "1", "nick": "Ann", "status": "away", "msg": "gone fishing"}}));
    finch.is_told("gone fishing");
    ann.does(&json!({"do": "goodbye", "name": "ann@laptop"}));
    finch.sees_go("Ann");
    finch.quits();
    ann.expect("Finch's goodbye", |line| line["event"] == "removed" && line["name"] == "joe@phone");
}
