//! The power goes, at the worst moments.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use televisor_e2e::broadcaster::{Broadcaster, FEATURE};
use televisor_e2e::pairing::pair;
use televisor_e2e::program::rig;
use televisor_e2e::receiver::{Receiver, Setup, wait_for};
use televisor_e2e::script::Script;
use televisor_e2e::skip;

const DOMAIN: &str = "test-set-top-box.local";

/// Seconds that ffprobe says a file plays; anything fatal fails the test.
fn seconds(file: &Path) -> f64 {
    let output = Command::new("ffprobe")
        .args(["-v", "fatal", "-show_entries", "format=duration", "-of", "csv=p=0"])
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text.trim().parse().unwrap()
}

#[test]
fn a_recording_goes_on_in_the_same_file_after_kill_9() {
    let test = "a_recording_goes_on_in_the_same_file";
    if ["curl", "ffmpeg", "ffprobe"].iter().any(|p| skip::without(test, p)) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let broadcaster = Broadcaster::on_air(12, 20);
    let mut setup = Setup::quiet();
    setup.extra.push_str(&broadcaster.tables());
    let mut receiver = Receiver::start(setup);
    let uuid = receiver.ask("status")["uuid"].as_str().unwrap().to_owned();
    let device = pair(&receiver, "Phone");
    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    let mut client = Script::start(
        Command::new(&python)
            .arg(rig("chat_slixmpp.py"))
            .args([&format!("{}@{DOMAIN}", device.uuid), &device.code])
            .args(["127.0.0.1", &receiver.xmpp().to_string()]),
    );
    client.expect("a session", |line| line["event"] == "started");
    client.tell(&format!("say {uuid}@{DOMAIN} record the man with the flower"));
    client.expect("an answer", |line| line["event"] == "message");
    // The command was acknowledged: from here on nothing may lose it.
    receiver.kill();
    receiver.start_again();
    assert_eq!(receiver.ask("timers")[0]["title"], FEATURE);

    wait_for("the recording", || receiver.ask("recordings")[0]["state"] == "recording");
    let path = receiver.ask("recordings")[0]["path"].as_str().unwrap().to_owned();
    wait_for("some of it on disk", || {
        std::fs::metadata(&path).is_ok_and(|file| file.len() > 500_000)
    });
    receiver.kill();
    let kept = std::fs::metadata(&path).unwrap().len();
    sleep(Duration::from_secs(2));
    receiver.start_again();
    wait_for("the end of it", || receiver.ask("recordings")[0]["state"] == "completed");

    let recordings = receiver.ask("recordings");
    assert_eq!(recordings.as_array().unwrap().len(), 1, "{recordings}");
    assert_eq!(recordings[0]["path"], path.as_str(), "{recordings}");
    let gaps = recordings[0]["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 1, "{recordings}");
    assert!(std::fs::metadata(&path).unwrap().len() > kept);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len() % 188, 0);
    assert!(bytes.chunks(188).all(|packet| packet[0] == 0x47), "every packet is whole");
    let length = seconds(Path::new(&path));
    assert!((13.0..22.0).contains(&length), "it plays for {length} s");
}

#[test]
fn what_was_accepted_is_there_after_kill_9_at_any_moment() {
    let test = "what_was_accepted_is_there_after_kill_9";
    if skip::without(test, "curl") {
        return;
    }
    let mut receiver = Receiver::start(Setup::quiet());
    let uuid = receiver.ask("status")["uuid"].clone();
    let mut names = Vec::new();
    for round in 0..5 {
        let name = format!("Device {round}");
        // The 2xx answer is the acknowledgement; the power goes with it.
        let device = pair(&receiver, &name);
        receiver.kill();
        receiver.start_again();
        names.push((device.uuid, name));
        let devices = receiver.ask("devices");
        let kept: Vec<(String, String)> = devices
            .as_array()
            .unwrap()
            .iter()
            .map(|d| {
                (d["uuid"].as_str().unwrap().to_owned(), d["name"].as_str().unwrap().to_owned())
            })
            .collect();
        assert_eq!(kept, names);
    }
    assert_eq!(receiver.ask("status")["uuid"], uuid, "it is still the same receiver");
}
