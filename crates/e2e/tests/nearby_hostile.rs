//! Peers that mean no good: each is thrown out or ignored, and everybody else is served as before.

use std::time::Duration;

use serde_json::json;
use televisor_e2e::nearby::{Device, Hand, Segment};
use televisor_e2e::receiver::wait_up_to;

const TV: &str = "Test Set-top Box@test-set-top-box";
const HEADER: &str = "from='eve@crowd' to='Test Set-top Box@test-set-top-box' version='1.0'";
const CLOSE: &str = "</stream:stream>";

/// Opens a plain stream, says one thing, and returns all that is answered until the end.
fn thrown_out(eve: &mut Hand, host: &str, says: &str) -> String {
    let stream = eve.connects(host);
    eve.opens(stream, HEADER);
    eve.writes(stream, says);
    eve.reads_to_end(stream)
}

#[test]
fn hostile_streams_are_thrown_out_and_everybody_else_is_served() {
    if Segment::skipped("hostile_streams_are_thrown_out", &[]) {
        return;
    }
    let segment = Segment::of(&["tv", "phone", "eve"]);
    let receiver = segment.receiver("tv", "");
    let tv = segment.address("tv");
    let mut joe = Device::start(&segment, "phone", "joe@phone", None);
    let mut eve = Hand::start(&segment, "eve");
    eve.announces("eve@crowd", &json!({"txtvers": "1", "nick": "Eve"}));
    joe.sees(TV);
    let before = receiver.memory();

    // What is no XML, no XMPP, or more than anybody may say.
    let deep = "<a>".repeat(100);
    let large = format!("<message><body>{}</body></message>", "x".repeat(100 * 1024));
    let open_ended = format!("<message><body>{}", "x".repeat(300 * 1024));
    for (says, condition) in [
        ("<message", ""),
        ("<?php evil ?><message/>", "restricted-xml"),
        ("<!-- a comment --><message/>", "restricted-xml"),
        ("<message><body>&lol;</body></message>", "xml"),
        ("<message></iq>", "not-well-formed"),
        ("<x xmlns='urn:example:none'/>", "unsupported-stanza-type"),
        (deep.as_str(), "policy-violation"),
        (large.as_str(), "policy-violation"),
        (open_ended.as_str(), "policy-violation"),
    ] {
        if condition.is_empty() {
            // Half a stanza, and gone.
            let stream = eve.connects(&tv);
            eve.opens(stream, HEADER);
            eve.writes(stream, says);
            eve.does(&json!({"do": "close", "id": stream}));
            eve.reads_to_end(stream);
            continue;
        }
        let said = thrown_out(&mut eve, &tv, says);
        let shown = says.get(..60).unwrap_or(says);
        assert!(said.contains("<stream:error"), "{shown}: {said}");
        assert!(said.contains(condition) && said.ends_with(CLOSE), "{shown}: {said}");
    }
    let bomb = "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>\
                <stream:stream xmlns='jabber:client' \
                xmlns:stream='http://etherx.jabber.org/streams'>";
    for first in [bomb, "GET / HTTP/1.1\r\nHost: tv\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}", "<a/>"] {
        let stream = eve.connects(&tv);
        eve.writes(stream, first);
        let said = eve.reads_to_end(stream);
        assert!(!said.contains("<message"), "{first:?}: {said}");
    }

    // Commands in every dress: a stanza's own addresses, an iq, presence.
    let stream = eve.connects(&tv);
    eve.opens(stream, HEADER);
    eve.reads(stream, "</stream:features>");
    eve.writes(
        stream,
        "<presence type='subscribe'/><presence/><message type='error'><body>x</body></message>\
         <iq type='set' id='q1'><query xmlns='jabber:iq:roster'/></iq>\
         <iq type='set' id='q2'><append xmlns='urn:xmpp:saslcert:1'><name>eve</name></append></iq>\
         <iq type='get' id='q3'><household xmlns='urn:televisor:household:0'/></iq>\
         <iq type='result' id='q4'/><iq type='get' id='q5'><ping xmlns='urn:xmpp:ping'/></iq>",
    );
    for id in ["q1", "q2", "q3"] {
        eve.reads(stream, &format!("id='{id}'"));
    }
    let said = eve.reads(stream, "id='q5'");
    assert!(!said.contains("<device") && !said.contains("<message"), "{said}");
    let refused = said.matches("service-unavailable").count() + said.matches("forbidden").count();
    assert_eq!(refused, 3, "{said}");
    eve.writes(stream, CLOSE);
    assert!(eve.reads_to_end(stream).ends_with(CLOSE));

    joe.says(TV, "help");
    joe.hears("what's next");
    let grown = receiver.memory().saturating_sub(before);
    assert!(grown < 16 * 1024 * 1024, "{grown} bytes");
}

#[test]
fn a_flood_and_a_crowd_of_silent_connections_keep_nobody_waiting() {
    if Segment::skipped("a_flood_keeps_nobody_waiting", &[]) {
        return;
    }
    let segment = Segment::of(&["tv", "phone", "eve"]);
    let receiver = segment.receiver("tv", "");
    let tv = segment.address("tv");
    let mut joe = Device::start(&segment, "phone", "joe@phone", None);
    let mut eve = Hand::start(&segment, "eve");
    joe.sees(TV);
    joe.says(TV, "help");
    joe.hears("what's next");
    let before = receiver.memory();

    // Half-open streams: those over the limit of one address are closed at once, the rest in time.
    let silent: Vec<u64> = (0..24).map(|_| eve.connects(&tv)).collect();
    joe.says(TV, "thanks");
    joe.hears("welcome");
    for stream in silent {
        eve.reads_to_end(stream);
    }

    // As fast as it can, and never reading: it is slowed down, and then thrown out or kept waiting.
    let stream = eve.connects(&tv);
    eve.opens(stream, HEADER);
    eve.reads(stream, "</stream:features>");
    let word = "<message type='chat' id='m'><body>what is on</body></message>".repeat(100);
    eve.does(&json!({"do": "write", "id": stream, "text": word, "times": 400}));
    for number in 0..5 {
        joe.says(TV, "hello");
        wait_up_to(Duration::from_secs(5), "an answer", || {
            joe.asked(&json!({"do": "peers"}), "peers");
            let hellos = joe.heard().iter().filter(|line| {
                line["event"] == "message" && line["body"].to_string().contains("Hello")
            });
            hellos.count() > number
        });
    }
    eve.next("the flood's end", |line| line["event"] == "wrote" || line["event"] == "closed");
    let grown = receiver.memory().saturating_sub(before);
    assert!(grown < 24 * 1024 * 1024, "{grown} bytes");
}
