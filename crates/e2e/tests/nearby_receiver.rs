//! The receiver on the link: paired devices command it with no session, others look, and an impostor
//! gets nothing whatever it takes.

use std::path::Path;

use serde_json::json;
use televisor_e2e::away::acquaintance::address;
use televisor_e2e::broadcaster::{Broadcaster, FEATURE};
use televisor_e2e::nearby::{Device, Hand, Segment, device};
use televisor_e2e::receiver::{Receiver, wait_for};

const TV: &str = "Test Set-top Box@test-set-top-box";
const HOST: &str = "test-set-top-box.local";

/// A device that has paired and logged in once, and now is on the link alone.
fn paired_before(
    segment: &Segment,
    place: &str,
    name: &str,
    receiver: &Receiver,
    store: &Path,
) -> Device {
    let mut device = Device::paired(segment, place, name, receiver, store);
    device.can_know(&address(receiver, HOST));
    let jid = device.jid.clone();
    device.can_know(&jid);
    device.asked(&json!({"do": "close"}), "closed");
    drop(device);
    Device::with(segment, place, name, &json!({"store": store}))
}

fn timers(receiver: &Receiver) -> usize {
    receiver.ask("timers").as_array().map_or(0, Vec::len)
}

#[test]
fn a_paired_device_commands_the_receiver_on_the_link_until_it_is_forgotten() {
    if Segment::skipped("a_paired_device_commands_the_receiver_on_the_link", &["curl"]) {
        return;
    }
    let segment = Segment::of(&["tv", "phone"]);
    let broadcaster = Broadcaster::on_air_in(&segment.namespace("tv"), 600, 20);
    let receiver = segment.receiver("tv", &broadcaster.tables());
    let tv = address(&receiver, HOST);
    let store = tempfile::tempdir().expect("a folder");
    let mut joe = paired_before(&segment, "phone", "joe@phone", &receiver, store.path());
    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    joe.sees(TV);
    assert_eq!(receiver.ask("status")["nearby"]["name"], TV);
    let sent = joe.tells(&tv, &format!("record {FEATURE}"));
    assert_eq!((&sent["way"], &sent["proven"]), (&json!("link"), &json!(tv)), "{sent}");
    let answer = joe.hears("Will record");
    assert_eq!((&answer["proven"], &answer["encrypted"]), (&json!(tv), &json!(true)), "{answer}");
    let timer = receiver.ask("timers")[0].clone();
    assert_eq!((&timer["title"], &timer["set_by"]), (&json!(FEATURE), &json!("joe")), "{timer}");

    // Forgotten with its stream open: its next word is that of anybody on the link.
    let uuid = joe.jid.split('@').next().unwrap_or_default().to_owned();
    assert!(receiver.control(&["forget", &uuid]).status.success());
    joe.says(TV, "cancel it");
    joe.hears("household's own devices");
    joe.says(TV, "what's on");
    joe.hears("Baird One");
    assert_eq!(timers(&receiver), 1);
}

#[test]
fn an_impostor_with_a_paired_devices_name_jid_and_a_certificate_gets_nothing() {
    if Segment::skipped("an_impostor_gets_nothing", &["curl"]) {
        return;
    }
    let segment = Segment::of(&["tv", "phone", "tablet", "eve"]);
    let broadcaster = Broadcaster::on_air_in(&segment.namespace("tv"), 600, 20);
    let receiver = segment.receiver("tv", &broadcaster.tables());
    let (tv, address_of_eve) = (address(&receiver, HOST), segment.address("eve"));
    let stores = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let joe = paired_before(&segment, "phone", "joe@phone", &receiver, stores[0].path());
    let mut dan = paired_before(&segment, "tablet", "dan@tablet", &receiver, stores[1].path());
    dan.can_know(&joe.jid);
    let jid = joe.jid.clone();
    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    dan.sees("joe@phone");

    // The phone loses power, and somebody takes its name and its address, with a certificate of its
    // own.
    segment.unplug("phone");
    drop(joe);
    let own = device::certificate();
    let setup = json!({"identity": own.path(), "jid": jid, "nick": "joe"});
    let mut taker = Device::with(&segment, "eve", "joe@phone", &setup);
    assert_eq!(taker.name, "joe@phone");
    let mut eve = Hand::start(&segment, "eve");
    let stream = eve.connects(&segment.address("tv"));
    let opening = format!("from='joe@phone' to='{TV}' version='1.0'");
    eve.opens(stream, &opening);
    eve.reads(stream, "</stream:features>");
    eve.writes(stream, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    eve.reads(stream, "<proceed");
    eve.secures(stream, Some((&own.path().join("device.crt"), &own.path().join("device.key"))));
    eve.opens(stream, &opening);
    let says = |body: &str| {
        format!("<message from='{jid}' to='{tv}' type='chat'><body>{body}</body></message>")
    };
    eve.writes(stream, &says(&format!("record {FEATURE}")));
    eve.reads(stream, "own devices");
    eve.writes(stream, &says("what's on"));
    eve.reads(stream, "Baird One");
    eve.writes(
        stream,
        &format!(
            "<iq type='get' id='h1' from='{jid}' to='{tv}'>\
             <household xmlns='urn:televisor:household:0'/></iq>"
        ),
    );
    let said = eve.reads(stream, "h1");
    assert!(!said.contains("<device"), "{said}");
    assert_eq!(timers(&receiver), 0);

    // Nor does anything for the phone go to whoever has its name now.
    dan.expect("the other one", |line| {
        line["name"] == "joe@phone" && line["addresses"].to_string().contains(&address_of_eve)
    });
    let failed = dan.tells(&jid, "the code of the safe is 1234");
    assert_eq!(failed["event"], "failed", "{failed}");
    let failed = dan.asked(&json!({"do": "ask", "device": jid, "text": "the code"}), "answered");
    assert_eq!(failed["event"], "failed", "{failed}");
    let proof = dan.asked(&json!({"do": "prove", "to": "joe@phone"}), "proof");
    assert_eq!(proof["jid"], json!(null), "{proof}");
    // Said to a name, it is said to whoever has it, and is marked so.
    let sent = dan.says("joe@phone", "who are you");
    assert_eq!((&sent["encrypted"], &sent["proven"]), (&json!(true), &json!(null)), "{sent}");
    taker.hears("who are you");
    let heard = format!("{:?}", taker.heard());
    assert!(!heard.contains("code"), "{heard}");
}

#[test]
fn devices_prefer_the_receiver_and_find_each_other_when_it_is_off() {
    if Segment::skipped("devices_prefer_the_receiver", &["curl"]) {
        return;
    }
    let segment = Segment::of(&["tv", "phone", "tablet"]);
    let mut receiver = segment.receiver("tv", "");
    let stores = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let mut joe = Device::paired(&segment, "phone", "joe@phone", &receiver, stores[0].path());
    let mut dan = Device::paired(&segment, "tablet", "dan@tablet", &receiver, stores[1].path());
    let (joes, dans) = (joe.jid.clone(), dan.jid.clone());
    joe.can_know(&dans);
    dan.can_know(&joes);
    joe.sees("dan@tablet");
    dan.sees("joe@phone");
    let sent = joe.tells(&dans, "by the receiver");
    assert_eq!(sent["way"], "receiver", "{sent}");
    let heard = dan.hears("by the receiver");
    assert_eq!((&heard["way"], &heard["proven"]), (&json!("receiver"), &json!(joes)), "{heard}");

    assert_eq!(receiver.stop(), Some(0));
    joe.sees_go(TV);
    let sent = joe.tells(&dans, "by ourselves");
    assert_eq!((&sent["way"], &sent["proven"]), (&json!("link"), &json!(dans)), "{sent}");
    let heard = dan.hears("by ourselves");
    assert_eq!((&heard["way"], &heard["proven"]), (&json!("link"), &json!(joes)), "{heard}");
    let answer = dan.asked(&json!({"do": "ask", "device": joes, "text": "still here"}), "answered");
    assert_eq!(answer["text"], format!("still here: {dans} asks"), "{answer}");

    receiver.start_again();
    wait_for("the receiver's way again", || joe.tells(&dans, "and again")["way"] == "receiver");
}
