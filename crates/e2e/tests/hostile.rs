//! Strangers who mean harm, before they have logged in: they get an orderly end, and nobody else
//! notices.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::fmt::Write as _;

use televisor_e2e::raw::Raw;
use televisor_e2e::receiver::{Receiver, Setup};

/// What an attack may cost in resident memory: room for noise, not for what was sent.
const GROWTH: u64 = 16 * 1024 * 1024;

fn is_orderly_end(heard: &str) -> bool {
    heard.contains("<stream:error") && heard.trim_end().ends_with("</stream:stream>")
}

/// Runs an attack beside a stranger who minds their own business, and says what the attacker heard.
fn attack(with: impl FnOnce(&mut Raw)) -> String {
    let receiver = Receiver::start(Setup::quiet());
    let mut other = Raw::connect(receiver.xmpp());
    other.open("test-set-top-box.local");
    other.until("</stream:features>");
    let before = receiver.memory();
    let mut raw = Raw::connect(receiver.xmpp());
    with(&mut raw);
    let heard = raw.to_end();
    let after = receiver.memory();
    assert!(after < before + GROWTH, "memory went from {before} to {after}");
    other.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    other.until("<proceed");
    assert_eq!(receiver.ask("status")["sessions"], 0);
    heard
}

#[test]
fn five_thousand_nested_elements_end_in_a_stream_error() {
    let heard = attack(|raw| {
        raw.open("test-set-top-box.local");
        let mut nested = String::from("<message>");
        for _ in 0..5000 {
            nested.write_str("<a><a>").unwrap();
        }
        // The receiver may hang up before all of it is sent.
        let _ = raw.try_send(nested.as_bytes());
    });
    assert!(is_orderly_end(&heard) && heard.contains("policy-violation"), "{heard}");
}

#[test]
fn a_text_of_128_mebibytes_ends_in_a_stream_error() {
    let heard = attack(|raw| {
        raw.open("test-set-top-box.local");
        raw.send("<message><body>");
        let block = vec![b'x'; 1024 * 1024];
        for _ in 0..128 {
            if !raw.try_send(&block) {
                break;
            }
        }
    });
    assert!(
        heard.is_empty() || heard.contains("policy-violation") || heard.contains("features"),
        "{heard}"
    );
}

#[test]
fn half_a_header_is_given_up_on() {
    let receiver = Receiver::start(Setup::quiet());
    let mut raw = Raw::connect(receiver.xmpp());
    raw.send("<?xml version='1.0'?><stream:stream xmlns='jabber:cl");
    let heard = raw.to_end();
    assert!(is_orderly_end(&heard), "{heard}");
    let mut other = Raw::connect(receiver.xmpp());
    other.open("test-set-top-box.local");
    other.until("</stream:features>");
}

#[test]
fn a_comment_is_restricted_xml() {
    let heard = attack(|raw| {
        raw.open("test-set-top-box.local");
        raw.send("<!-- hello -->");
    });
    assert!(is_orderly_end(&heard) && heard.contains("restricted-xml"), "{heard}");
}

#[test]
fn another_host_is_unknown_and_another_server_is_told_politely() {
    let heard = attack(|raw| raw.open("somewhere.else"));
    assert!(is_orderly_end(&heard) && heard.contains("host-unknown"), "{heard}");
    let heard = attack(|raw| {
        raw.send(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' \
             xmlns:stream='http://etherx.jabber.org/streams' version='1.0' \
             to='test-set-top-box.local' from='example.org'>",
        );
    });
    assert!(is_orderly_end(&heard) && heard.contains("unsupported-feature"), "{heard}");
}
