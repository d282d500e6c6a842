//! Clients written to the 2010 text (draft-mcroberts-remote-pairing-00): curl and python-requests.

use std::process::Command;

use televisor_e2e::pairing::{begin, code, curl, header, pair};
use televisor_e2e::program::rig;
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;

#[test]
fn curl_pairs_by_digest_and_the_code_shows_only_when_it_is_asked_for() {
    if skip::without("curl_pairs_by_digest", "curl") {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    receiver.open_pairing();
    let url = format!("{}/pair?device-name=Joe%27s%20phone", receiver.pairing());
    let first = curl(&receiver, &[&url]);
    assert!(first.starts_with("HTTP/1.1 302"), "{first}");
    assert_eq!(receiver.ask("screen")["passcode"], serde_json::Value::Null, "no code yet");

    let uuid = begin(&receiver, "Joe's phone");
    let url = format!("{}/{uuid}", receiver.pairing());
    let bare = curl(&receiver, &[&url]);
    assert!(bare.starts_with("HTTP/1.1 401"), "{bare}");
    let realm = receiver.ask("status")["uuid"].as_str().unwrap().to_owned();
    let challenges: Vec<&str> =
        bare.lines().filter(|l| l.to_lowercase().starts_with("www-authenticate: digest")).collect();
    assert_eq!(challenges.len(), 2, "{bare}");
    assert!(challenges.iter().all(|c| c.contains(&format!("realm=\"{realm}\""))), "{bare}");
    assert!(challenges[0].contains("SHA-256") && challenges[1].contains("MD5"), "{bare}");
    assert!(!bare.to_lowercase().contains("basic"), "{bare}");

    let code = code(&receiver);
    assert_eq!(receiver.ask("screen")["passcode"]["device_name"], "Joe's phone");
    let done = curl(&receiver, &["--digest", "--user", &format!("{uuid}:{code}"), &url]);
    assert!(done.contains("HTTP/1.1 200"), "{done}");
    assert!(done.contains("rspauth="), "{done}");
    assert_eq!(receiver.ask("devices")[0]["uuid"], uuid.as_str());
    assert_eq!(receiver.ask("screen")["pairing_open"], false, "the window closes on success");
}

#[test]
fn python_requests_pairs_by_digest() {
    let Some(python) = skip::python("python_requests_pairs_by_digest") else { return };
    let receiver = Receiver::start(Setup::quiet());
    receiver.open_pairing();
    let mut client = Script::start(
        Command::new(python).arg(rig("pair_requests.py")).args([&receiver.pairing(), "Old remote"]),
    );
    client.expect("a 401", |line| line["step"] == "bare" && line["status"] == 401);
    client.tell(&code(&receiver));
    let done = client.expect("an end", |line| line["step"] == "done");
    assert_eq!(done["status"], 200, "{done}");
    assert!(done["info"].as_str().unwrap().contains("rspauth="), "{done}");
    assert!(done["link"].as_str().unwrap().contains("rel=\"upgrade\""), "{done}");
}

#[test]
fn a_wrong_code_goes_back_to_the_redirect_with_a_fresh_uuid_and_code() {
    if skip::without("a_wrong_code_goes_back_to_the_redirect", "curl") {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    receiver.open_pairing();
    let uuid = begin(&receiver, "Phone");
    let url = format!("{}/{uuid}", receiver.pairing());
    let _ = curl(&receiver, &[&url]);
    let right = code(&receiver);
    let wrong = if right == "13572468" { "13572469" } else { "13572468" };
    let answer = curl(&receiver, &["--digest", "--user", &format!("{uuid}:{wrong}"), &url]);
    let last = answer.rsplit("HTTP/1.1 ").next().unwrap().to_owned();
    assert!(last.starts_with("302"), "{answer}");
    let fresh = header(&last, "location").unwrap();
    assert!(!fresh.contains(&uuid), "{fresh}");
    assert!(receiver.ask("devices").as_array().unwrap().is_empty());
}

#[test]
fn an_unknown_uuid_and_a_closed_window_are_not_found() {
    if skip::without("an_unknown_uuid_and_a_closed_window", "curl") {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    receiver.open_pairing();
    let unknown =
        curl(&receiver, &[&format!("{}/7c5cf3a8-6a71-4f0b-9d5e-2f9d3e0d2a11", receiver.pairing())]);
    assert!(unknown.starts_with("HTTP/1.1 404"), "{unknown}");
    assert!(receiver.control(&["pairing", "close"]).status.success());
    let closed = curl(&receiver, &[&format!("{}/pair?device-name=x", receiver.pairing())]);
    assert!(closed.starts_with("HTTP/1.1 404"), "{closed}");
}

#[test]
fn a_foreign_host_name_is_refused() {
    if skip::without("a_foreign_host_name_is_refused", "curl") {
        return;
    }
    let receiver = Receiver::start(Setup::quiet());
    receiver.open_pairing();
    let url = format!("{}/pair?device-name=x", receiver.pairing());
    let answer = curl(&receiver, &["--header", "Host: evil.example", &url]);
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[test]
fn a_forgotten_device_is_gone_and_the_code_is_in_no_file() {
    if skip::without("a_forgotten_device_is_gone", "curl") {
        return;
    }
    let mut receiver = Receiver::start(Setup::quiet());
    let paired = pair(&receiver, "Phone");
    assert!(receiver.control(&["forget", &paired.uuid]).status.success());
    assert!(receiver.ask("devices").as_array().unwrap().is_empty());
    assert_eq!(receiver.stop(), Some(0));
    for entry in std::fs::read_dir(receiver.folder()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        let holds = bytes.windows(paired.code.len()).any(|w| w == paired.code.as_bytes());
        assert!(!holds, "{} holds the code", path.display());
    }
}
