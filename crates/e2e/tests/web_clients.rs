//! Clients written in JavaScript, in a browser and out of it, over WebSocket and TCP.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::process::Command;

use televisor_e2e::pairing::{Paired, pair};
use televisor_e2e::program::{rig, root};
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;

const DOMAIN: &str = "test-set-top-box.local";

fn resident(receiver: &Receiver) -> String {
    format!("{}@{DOMAIN}", receiver.ask("status")["uuid"].as_str().unwrap_or_default())
}

/// Talks to the receiver with xmpp.js, by this way in.
fn xmpp_js_talks(receiver: &Receiver, device: &Paired, service: &str) {
    let mut client = Script::start(
        Command::new("node")
            .arg(rig("node/xmpp.mjs"))
            .args([service, DOMAIN, &device.uuid, &device.code])
            .args([&resident(receiver), "what's on"]),
    );
    client.expect(&format!("a session by {service}"), |line| line["event"] == "online");
    let answer = client.expect("an answer", |line| line["event"] == "message");
    assert!(answer["body"].as_str().is_some_and(|body| body.contains("channels")), "{answer}");
    client.tell("end");
    client.expect("the end of the stream", |line| line["event"] == "offline");
}

#[test]
fn xmpp_js_talks_over_websocket_and_tcp_and_through_the_one_open_port() {
    let test = "xmpp_js_talks_over_websocket_and_tcp";
    if skip::without(test, "curl") || skip::without_node(test) {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    let device = pair(&receiver, "Joe's laptop");
    let (web, xmpp) = (receiver.web(), receiver.xmpp());
    for service in [
        format!("ws://{web}/xmpp-websocket"),
        format!("wss://{web}/xmpp-websocket"),
        format!("xmpp://127.0.0.1:{xmpp}"),
        format!("xmpps://127.0.0.1:{xmpp}"),
        format!("wss://127.0.0.1:{xmpp}/xmpp-websocket"),
    ] {
        xmpp_js_talks(&receiver, &device, &service);
    }
}

#[test]
fn converse_js_in_a_browser_logs_in_and_is_answered() {
    let test = "converse_js_in_a_browser_logs_in";
    let missing = skip::without(test, "curl") || skip::without(test, "chromium");
    if missing || skip::without_node(test) {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    let device = pair(&receiver, "Joe's browser");
    let folder = root().join("target/e2e");
    std::fs::create_dir_all(&folder).expect("the output folder");
    let picture = folder.join("converse.png");
    let mut browser = Script::start(
        Command::new("node")
            .arg(rig("node/converse.mjs"))
            .arg(format!("ws://{}/xmpp-websocket", receiver.web()))
            .arg(format!("{}@{DOMAIN}", device.uuid))
            .args([&device.code, &resident(&receiver), "what's on"])
            .arg(&picture),
    );
    let answer = browser
        .expect("an answer", |line| line["event"] == "answered" || line["event"] == "failed");
    assert!(answer["body"].as_str().is_some_and(|body| body.contains("channels")), "{answer}");
    browser.expect("a picture of it", |line| line["event"] == "pictured");
    assert!(picture.metadata().is_ok_and(|file| file.len() > 10_000), "{}", picture.display());
}
