//! Devices with nobody's receiver and nobody's server: they see each other, and speak to each other.

use serde_json::json;
use televisor_e2e::nearby::{Device, Household, Segment, device};

const JOE: &str = "joe@test-set-top-box.local";
const DAN: &str = "dan@test-set-top-box.local";

#[test]
fn two_devices_see_each_other_come_change_and_go() {
    if Segment::skipped("two_devices_see_each_other", &[]) {
        return;
    }
    let segment = Segment::of(&["one", "two"]);
    let mut joe = Device::start(&segment, "one", "joe@phone", None);
    let mut dan = Device::start(&segment, "two", "dan@laptop", None);
    let seen = joe.sees("dan@laptop");
    assert_eq!((&seen["nick"], &seen["status"]), (&json!("dan"), &json!("avail")), "{seen}");
    dan.sees("joe@phone");
    let itself =
        dan.heard().iter().any(|line| line["name"] == "dan@laptop" && line["addresses"].is_array());
    assert!(!itself, "a device does not list itself: {:#?}", dan.heard());

    dan.does(&json!({"do": "presence", "status": "dnd", "msg": "Watching the film; don't ring"}));
    let changed =
        joe.expect("the change", |line| line["event"] == "changed" && line["status"] == "dnd");
    assert_eq!(changed["msg"], "Watching the film; don't ring", "{changed}");

    dan.asked(&json!({"do": "close"}), "closed");
    joe.sees_go("dan@laptop");
}

#[test]
fn paired_devices_prove_each_other_chat_and_exchange_a_megabyte_in_order() {
    if Segment::skipped("paired_devices_chat_and_exchange_a_megabyte", &[]) {
        return;
    }
    let segment = Segment::of(&["one", "two"]);
    let household = Household::of(&[JOE, DAN]);
    let mut joe = Device::start(&segment, "one", "joe@phone", Some(&household.at(JOE)));
    let mut dan = Device::start(&segment, "two", "dan@laptop", Some(&household.at(DAN)));
    joe.sees("dan@laptop");
    dan.sees("joe@phone");
    let sent = joe.says("dan@laptop", "is the film any good");
    assert_eq!((&sent["proven"], &sent["encrypted"]), (&json!(DAN), &json!(true)), "{sent}");
    let heard = dan.hears("is the film any good");
    assert_eq!(heard["from"], "joe@phone", "{heard}");
    assert_eq!((&heard["proven"], &heard["encrypted"]), (&json!(JOE), &json!(true)), "{heard}");
    dan.says("joe@phone", "it is long");
    assert_eq!(joe.hears("it is long")["proven"], DAN);

    // 1 MiB each way at the same time, and a question in between.
    let pour = |to: &str| json!({"do": "pour", "to": to, "count": 32, "size": 32 * 1024});
    dan.does(&pour("joe@phone"));
    assert_eq!(joe.asked(&pour("dan@laptop"), "sent")["proven"], DAN);
    let answer =
        joe.asked(&json!({"do": "ask", "to": "dan@laptop", "text": "all there"}), "answered");
    assert_eq!(answer["text"], format!("all there: {JOE} asks"), "{answer}");
    for (device, other) in [(&mut joe, DAN), (&mut dan, JOE)] {
        let poured = device.expect("a megabyte", |line| line["event"] == "poured");
        assert_eq!(poured["whole"], true, "{poured}");
        assert_eq!(poured["count"], 32, "{poured}");
        assert!(poured["bytes"].as_u64() >= Some(1 << 20), "{poured}");
        assert_eq!(poured["proven"], other, "{poured}");
    }
}

#[test]
fn a_device_without_a_certificate_chats_and_proves_nothing() {
    if Segment::skipped("a_device_without_a_certificate_chats", &[]) {
        return;
    }
    let segment = Segment::of(&["one", "two"]);
    let household = Household::of(&[JOE]);
    let mut joe = Device::start(&segment, "one", "joe@phone", Some(&household.at(JOE)));
    let mut ann = Device::start(&segment, "two", "ann@tablet", None);
    joe.sees("ann@tablet");
    ann.sees("joe@phone");
    let sent = ann.says("joe@phone", "hello from a plain one");
    assert_eq!((&sent["proven"], &sent["encrypted"]), (&json!(null), &json!(false)), "{sent}");
    let heard = joe.hears("hello from a plain one");
    assert_eq!((&heard["proven"], &heard["encrypted"]), (&json!(null), &json!(false)), "{heard}");
}

#[test]
fn a_third_joins_two_that_are_talking() {
    if Segment::skipped("a_third_joins_two_that_are_talking", &[]) {
        return;
    }
    let segment = Segment::of(&["one", "two", "three"]);
    let household = Household::of(&[JOE, DAN]);
    let stranger = device::certificate();
    let mut joe = Device::start(&segment, "one", "joe@phone", Some(&household.at(JOE)));
    let mut dan = Device::start(&segment, "two", "dan@laptop", Some(&household.at(DAN)));
    joe.sees("dan@laptop");
    joe.says("dan@laptop", "is anybody else here");
    dan.hears("is anybody else here");

    // It has a certificate, which nobody knows.
    let mut eve = Device::start(&segment, "three", "eve@watch", Some(stranger.path()));
    joe.sees("eve@watch");
    dan.sees("eve@watch");
    for name in ["joe@phone", "dan@laptop"] {
        eve.sees(name);
        eve.says(name, "hello under TLS");
    }
    for device in [&mut joe, &mut dan] {
        let heard = device.hears("hello under TLS");
        let how = (&heard["proven"], &heard["encrypted"]);
        assert_eq!(how, (&json!(null), &json!(true)), "{heard}");
    }
    joe.says("dan@laptop", "who is that");
    assert_eq!(dan.hears("who is that")["proven"], JOE);
    let pour = json!({"do": "pour", "to": "joe@phone", "count": 32, "size": 32 * 1024});
    eve.asked(&pour, "sent");
    let poured = joe.expect("a megabyte", |line| line["event"] == "poured");
    let how = (&poured["whole"], &poured["from"]);
    assert_eq!(how, (&json!(true), &json!("eve@watch")), "{poured}");
}

#[test]
fn one_that_loses_power_is_missed_as_soon_as_it_is_spoken_to() {
    if Segment::skipped("one_that_loses_power_is_missed", &[]) {
        return;
    }
    let segment = Segment::of(&["one", "two"]);
    let household = Household::of(&[JOE, DAN]);
    let mut joe = Device::start(&segment, "one", "joe@phone", Some(&household.at(JOE)));
    let mut dan = Device::start(&segment, "two", "dan@laptop", Some(&household.at(DAN)));
    joe.sees("dan@laptop");
    dan.sees("joe@phone");

    // Nobody hears a goodbye, and no packet refuses anything.
    segment.unplug("two");
    drop(dan);
    let failed = joe.says("dan@laptop", "are you there");
    assert_eq!(failed["event"], "failed", "{failed}");
    joe.sees_go("dan@laptop");
    let failed = joe.says("dan@laptop", "are you there");
    assert!(failed["why"].as_str().is_some_and(|why| why.contains("not on this link")), "{failed}");
}

#[test]
fn two_devices_of_one_name_are_told_apart() {
    if Segment::skipped("two_devices_of_one_name", &[]) {
        return;
    }
    let segment = Segment::of(&["one", "two", "three"]);
    let mut ann = Device::start(&segment, "three", "ann@tablet", None);
    let mut first = Device::start(&segment, "one", "joe@phone", None);
    ann.sees("joe@phone");
    let mut second = Device::start(&segment, "two", "joe@phone", None);
    assert_eq!(first.name, "joe@phone");
    // The name is another machine's: the machine's name is numbered (XEP-0174 section 3).
    assert_eq!(second.name, "joe@phone-1");
    ann.sees("joe@phone-1");
    first.sees("joe@phone-1");
    second.sees("joe@phone");
    ann.says("joe@phone-1", "you are the second");
    ann.says("joe@phone", "you are the first");
    second.hears("you are the second");
    first.hears("you are the first");
    first.says("joe@phone-1", "so there are two of us");
    assert_eq!(second.hears("so there are two of us")["from"], "joe@phone");
}
