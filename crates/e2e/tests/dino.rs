//! Dino, as a person uses it: logs in, shows the household, talks with the receiver.

use std::fs;

use televisor_e2e::nearby::Segment;
use televisor_e2e::pairing::pair;
use televisor_e2e::program::{rig, root};
use televisor_e2e::script::Script;
use televisor_e2e::skip;
use televisor_e2e::stock::{DOMAIN, jid, receiver_jid};

#[test]
fn dino_shows_the_receiver_and_is_answered() {
    let test = "dino_shows_the_receiver_and_is_answered";
    let needed = ["curl", "dino-im", "Xvfb", "dbus-run-session", "xdotool", "import", "openssl"];
    if Segment::skipped(test, &needed) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let link = Segment::of(&["receiver", "desk"]);
    let receiver = link.receiver("receiver", "");
    let desk = pair(&receiver, "Desk");
    let television = receiver_jid(&receiver);

    let mut command = link.inside("desk", "dbus-run-session");
    command.arg("--").arg(python).arg(rig("dino.py")).arg(receiver.folder().join("dino"));
    command.args([&link.address("receiver"), DOMAIN, &jid(&desk), &desk.code]);
    let mut dino = Script::start(&mut command);
    let item = dino.expect("the receiver on the roster", |line| line["jid"] == television);
    assert_eq!(item["name"], "Test Set-top Box", "{item}");
    assert_eq!(item["subscription"], "both", "{item}");

    dino.tell(&format!("open {television}"));
    dino.tell("say help");
    dino.expect("an answer", |line| {
        let body = line["body"].as_str().unwrap_or_default();
        line["event"] == "message" && line["sent"] == false && body.contains("record")
    });
    let pictures = root().join("target/e2e");
    fs::create_dir_all(&pictures).unwrap();
    let picture = pictures.join("dino.png");
    dino.tell(&format!("shot {}", picture.display()));
    dino.expect("a picture", |line| line["event"] == "shot");
    assert!(fs::metadata(&picture).is_ok_and(|file| file.len() > 1000), "{}", picture.display());
}
