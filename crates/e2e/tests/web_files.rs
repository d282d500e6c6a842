//! Files over HTTP, and how a browser finds the way in: curl, and a stock XMPP library.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::path::Path;
use std::process::Command;

use televisor_e2e::pairing::{Paired, header, pair};
use televisor_e2e::program::rig;
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;

const DOMAIN: &str = "test-set-top-box.local";

/// What curl is answered; the receiver's certificate is its own.
fn curl(words: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--include", "--insecure", "--http1.1", "--max-time", "10"])
        .args(words)
        .output()
        .expect("curl runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Uploads a file as slixmpp does, and returns what came of it and where it is.
fn upload(python: &Path, receiver: &Receiver, device: &Paired, file: &Path) -> (Script, String) {
    let mut client = Script::start(
        Command::new(python)
            .arg(rig("upload_slixmpp.py"))
            .args([&format!("{}@{DOMAIN}", device.uuid), &device.code])
            .args(["127.0.0.1", &receiver.xmpp().to_string()])
            .arg(file),
    );
    let uploaded =
        client.expect("an upload", |line| line["event"] == "uploaded" || line["event"] == "failed");
    let url = uploaded["url"].as_str().unwrap_or_else(|| panic!("{uploaded}")).to_owned();
    (client, url)
}

#[test]
fn slixmpp_uploads_a_picture_and_everybody_fetches_it() {
    let test = "slixmpp_uploads_a_picture";
    if skip::without(test, "curl") {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let device = pair(&receiver, "Joe's phone");
    let file = receiver.folder().join("très cool.jpg");
    std::fs::write(&file, vec![7; 300_000]).expect("a file");
    let (mut client, url) = upload(&python, &receiver, &device, &file);
    assert!(url.ends_with("/tr%C3%A8s%20cool.jpg"), "{url}");
    let fetched = client.expect("it comes back", |line| line["event"] == "fetched");
    assert_eq!((&fetched["status"], &fetched["kind"]), (&200.into(), &"image/jpeg".into()));
    client.expect("what is too big is refused", |line| line["event"] == "too big");

    let part = curl(&["--range", "0-9", &url]);
    assert!(part.starts_with("HTTP/1.1 206"), "{part}");
    let csp = header(&part, "content-security-policy");
    assert_eq!(csp.as_deref(), Some("sandbox; default-src 'none'"));
    assert_eq!(header(&part, "x-content-type-options").as_deref(), Some("nosniff"));
    let path = url.split_once(&receiver.web()).map_or("", |(_, path)| path);
    let world = format!("https://127.0.0.1:{}{path}", receiver.xmpp());
    assert!(curl(&["--head", &world]).starts_with("HTTP/1.1 200"), "through the one open port");
    let again = curl(&["--upload-file", &file.to_string_lossy(), &url]);
    assert!(again.contains("HTTP/1.1 409"), "{again}");
}

#[test]
fn a_file_that_was_taken_survives_a_power_cut() {
    let test = "a_file_survives_a_power_cut";
    if skip::without(test, "curl") {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let mut receiver = Receiver::start(Setup::quiet());
    let device = pair(&receiver, "Joe's phone");
    let file = receiver.folder().join("a.jpg");
    std::fs::write(&file, vec![7; 100_000]).expect("a file");
    let (_client, url) = upload(&python, &receiver, &device, &file);
    receiver.kill();
    receiver.start_again();
    let head = curl(&["--head", &url]);
    assert_eq!(header(&head, "content-length").as_deref(), Some("100000"), "{head}");
}

#[test]
fn host_meta_leads_to_the_websocket_and_the_world_sees_no_more_than_it_may() {
    let test = "host_meta_leads_to_the_websocket";
    if skip::without(test, "curl") {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    let (web, xmpp) = (receiver.web(), receiver.xmpp());
    let xrd = curl(&[&format!("https://{web}/.well-known/host-meta")]);
    assert!(xrd.contains(&format!("href='wss://{web}/xmpp-websocket'")), "{xrd}");
    assert_eq!(header(&xrd, "access-control-allow-origin").as_deref(), Some("*"));
    let jrd = curl(&[&format!("http://{web}/.well-known/host-meta.json")]);
    assert!(jrd.contains(&format!("\"href\":\"ws://{web}/xmpp-websocket\"")), "{jrd}");
    let world = format!("https://127.0.0.1:{xmpp}");
    let jrd = curl(&[&format!("{world}/.well-known/host-meta.json")]);
    assert!(jrd.contains(&format!("wss://127.0.0.1:{xmpp}/xmpp-websocket")), "{jrd}");
    for path in ["/", "/screen", "/screen.json", "/pairing/pair?device-name=x", "/style.css"] {
        let answer = curl(&[&format!("{world}{path}")]);
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    let stranger = curl(&["--header", "Host: evil.example", &format!("{world}/upload/x/y")]);
    assert!(stranger.starts_with("HTTP/1.1 421"), "{stranger}");
}
