//! The certificate for the public name: had by dns-01, renewed under an open session, kept; and what
//! is said when it cannot be had.

#![expect(clippy::expect_used, reason = "a test may panic")]

use std::process::Command;

use televisor_e2e::away::acquaintance::DOOR;
use televisor_e2e::away::{Wanted, World, knot};
use televisor_e2e::pairing::code;
use televisor_e2e::program::televisor;
use televisor_e2e::receiver::{Receiver, wait_for, wait_up_to};
use televisor_e2e::script::Script;

const NAME: &str = "tv.example.com";
const HOME: &str = "192.168.77.10";

/// The SHA-256 of the certificate that the receiver shows on 5222 to whoever asks for `name`.
fn shown(world: &World, name: &str) -> String {
    let look = format!(
        "import socket, ssl, hashlib; c = ssl.create_default_context(); c.check_hostname = False; \
         c.verify_mode = ssl.CERT_NONE; c.set_alpn_protocols(['xmpp-client']); \
         t = c.wrap_socket(socket.create_connection(('{HOME}', 5222), 5), server_hostname='{name}'); \
         print(hashlib.sha256(t.getpeercert(True)).hexdigest())"
    );
    let output = world.house.inside("phone", "python3").args(["-c", &look]).output();
    String::from_utf8_lossy(&output.expect("python3 runs").stdout).trim().to_owned()
}

/// The SHA-256 of the certificate that paired devices pin.
fn pinned(receiver: &Receiver) -> String {
    let file = receiver.folder().join("tls/certificate.pem");
    let hash = "import ssl, sys, hashlib; \
                print(hashlib.sha256(ssl.PEM_cert_to_DER_cert(open(sys.argv[1]).read())).hexdigest())";
    let output = Command::new("python3").args(["-c", hash]).arg(file).output();
    String::from_utf8_lossy(&output.expect("python3 runs").stdout).trim().to_owned()
}

/// Pairs the phone by our own client, which pins, and opens a chat with it.
fn chat(world: &World, receiver: &Receiver) -> Script {
    let profile = world.folder().join("phone");
    receiver.open_pairing();
    let mut pair = world.house.inside("phone", televisor());
    pair.args(["pair", &format!("http://{HOME}:8010"), "--device-name", "phone", "--profile"]);
    let mut pair = Script::start(pair.arg(&profile));
    pair.tell(&code(receiver));
    pair.expect("to be paired", |line| line.as_str().unwrap_or_default().starts_with("paired"));
    let mut chat = world.house.inside("phone", televisor());
    let mut chat = Script::start(chat.args(["chat", "--profile"]).arg(&profile));
    say_help(&mut chat);
    chat
}

fn say_help(chat: &mut Script) {
    chat.tell("help");
    chat.expect("help", |line| line.as_str().unwrap_or_default().contains("record"));
}

/// The other ends of the XMPP connections that the receiver has.
fn connections(world: &World) -> Vec<String> {
    let mut ss = world.house.inside("receiver", "ss");
    let output = ss.args(["-Htn", "state", "established", "sport = :5222"]).output();
    let text = String::from_utf8_lossy(&output.expect("ss runs").stdout).into_owned();
    let mut ends: Vec<_> =
        text.lines().filter_map(|line| line.split_whitespace().last().map(str::to_owned)).collect();
    ends.sort();
    ends
}

#[test]
fn a_certificate_is_renewed_under_an_open_session_of_a_device_that_pins() {
    let wanted =
        Wanted { door: true, pebble: true, short_certificates: Some(45), ..Wanted::nothing() };
    if World::skipped("a_certificate_is_renewed_under_an_open_session", &wanted) {
        return;
    }
    let mut world = World::build(&wanted);
    let mut receiver = world.receiver(&world.named(NAME));
    let own = pinned(&receiver);
    wait_up_to(DOOR, "the certificate", || world.trusts("phone", HOME, NAME));
    let mut chat = chat(&world, &receiver);
    let open = connections(&world);
    assert_eq!(open.len(), 1, "the chat and nothing else: {open:?}");
    let first = shown(&world, NAME);
    assert_ne!(first, own);
    assert_eq!(shown(&world, "test-set-top-box.local"), own);
    assert_eq!(shown(&world, "televisor.invalid"), own);

    wait_up_to(DOOR, "the next certificate", || shown(&world, NAME) != first);
    assert!(world.trusts("phone", HOME, NAME), "the new one is as good");
    assert_eq!(shown(&world, "televisor.invalid"), own, "the pinned one has not changed");
    say_help(&mut chat);
    assert_eq!(connections(&world), open, "it is still the same connection");
    assert_eq!(knot::ask(&world.house, &format!("_acme-challenge.{NAME}"), "TXT"), "");

    // The authority may be gone: what was had is kept.
    drop(world.pebble.take());
    let second = shown(&world, NAME);
    receiver.kill();
    receiver.start_again();
    wait_for("the certificate that was kept", || shown(&world, NAME) == second);
}

#[test]
fn a_wrong_key_is_said_in_status_and_once_it_is_put_right_all_follows() {
    let wanted = Wanted { door: true, pebble: true, ..Wanted::nothing() };
    if World::skipped("a_wrong_key_is_said_in_status", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let secret = std::fs::read_to_string(world.knot.secret()).expect("the secret");
    std::fs::write(world.knot.secret(), "bm90IHRoZSBzZWNyZXQ=").expect("another secret");
    let receiver = world.receiver(&world.named(NAME));
    let status = || String::from_utf8_lossy(&receiver.control(&["status"]).stdout).into_owned();
    wait_up_to(DOOR, "the reason", || status().contains("BADSIG"));
    assert_eq!(knot::ask(&world.house, NAME, "A"), "");
    std::fs::write(world.knot.secret(), secret).expect("the secret");
    wait_up_to(DOOR, "the records", || knot::ask(&world.house, NAME, "A") == "11.22.33.1\n");
    wait_up_to(DOOR, "the certificate", || world.trusts("phone", HOME, NAME));
    assert!(!status().contains("BADSIG"), "{}", status());
}

#[test]
fn challenges_that_need_other_ports_are_refused_before_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("televisor.toml");
    for (challenge, port) in [("http-01", "80"), ("tls-alpn-01", "443")] {
        let text = format!(
            "[reach]\npublic_name = \"{NAME}\"\n[reach.dns]\nserver = \"192.0.2.53\"\n\
             zone = \"example.com\"\ntsig_name = \"x\"\ntsig_secret_file = \"/nowhere\"\n\
             [reach.acme]\ndirectory = \"https://ca.example/dir\"\nchallenge = \"{challenge}\"\n"
        );
        std::fs::write(&file, text).expect("a configuration");
        let checked = Command::new(televisor())
            .args(["check-config", "--config"])
            .arg(&file)
            .output()
            .expect("televisor runs");
        let said = String::from_utf8_lossy(&checked.stderr);
        assert_eq!(checked.status.code(), Some(2), "{said}");
        for word in ["reach.acme.challenge", port, "dns-01"] {
            assert!(said.contains(word), "no {word:?} in: {said}");
        }
    }
}
