//! Whoever else is out there: learns nothing, gets nothing done, and keeps nobody from anything.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::path::PathBuf;

use serde_json::Value;
use televisor_e2e::away::acquaintance::{address, ask, at_home, befriend, from, reachable};
use televisor_e2e::away::{Wanted, World};
use televisor_e2e::pairing::pair;
use televisor_e2e::program::rig;
use televisor_e2e::receiver::Receiver;
use televisor_e2e::script::Script;
use televisor_e2e::skip;

const NOBODY: &str = "7c5cf3a8-6a71-4f0b-9d5e-2f9d3e0d2a11";

struct Scene {
    stranger: Script,
    receiver: Receiver,
    world: World,
    python: PathBuf,
}

/// A receiver that is reachable, and a server without manners. `None`: not on this machine.
fn scene(test: &str, wanted: &Wanted) -> Option<Scene> {
    if World::skipped(test, wanted) {
        return None;
    }
    let python = skip::python(test)?;
    let world = World::build(wanted);
    let receiver = world.receiver("");
    assert_eq!(reachable(&receiver)["address"], "11.22.33.1");
    let mut command = world.house.inside("world", &python);
    command.arg(rig("stranger.py")).args(["11.22.33.52", "11.22.33.1", "5269"]);
    let stranger = Script::start(&mut command);
    Some(Scene { stranger, receiver, world, python })
}

impl Scene {
    /// The stranger as stranger.example.com, with a valid certificate for it.
    fn authenticates(&mut self) {
        let signed = self.world.authority.sign(&["stranger.example.com"]);
        let (certificate, key) = (signed.certificate.display(), signed.key.display());
        self.stranger.tell(&format!("open s stranger.example.com 11.22.33.1 {certificate} {key}"));
        self.stranger.tell("external s");
        self.stranger.expect("a stream", |line| line["event"] == "authenticated");
    }

    fn says(&mut self, xml: &str) {
        self.stranger.tell(&format!("send s {xml}"));
    }

    /// Waits for the stranger's stream to end by an error; returns what was said.
    fn thrown_out(&mut self) -> String {
        let error = self.stranger.expect("a stream error", |line| line["tag"] == "error");
        self.stranger.expect("the end", |line| line["event"] == "closed");
        error["xml"].as_str().unwrap_or_default().to_owned()
    }

    fn nothing_was_recorded(&self) {
        assert_eq!(self.receiver.ask("timers").as_array().map(Vec::len), Some(0));
    }
}

/// What one of the stanzas was answered, without what must differ.
fn answer(stranger: &mut Script, id: &str, to: &str) -> String {
    let line =
        stranger.expect(&format!("an answer to {id}"), |line| line["attributes"]["id"] == id);
    let xml = line["xml"].as_str().unwrap_or_default();
    xml.replace(to, "TO").replace(id, "ID")
}

#[test]
fn a_stranger_cannot_tell_an_account_from_none() {
    let wanted = Wanted { door: true, ..Wanted::nothing() };
    let Some(mut scene) = scene("a_stranger_cannot_tell_an_account_from_none", &wanted) else {
        return;
    };
    let paired = pair(&scene.receiver, "Dan's laptop");
    let _online = at_home(&scene.world, &scene.python, &paired);
    scene.authenticates();
    let nobody = format!("{NOBODY}@11.22.33.1");
    let somebody = format!("{}@11.22.33.1", paired.uuid);
    let receiver = address(&scene.receiver, "11.22.33.1");
    let questions = [
        ("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>"),
        ("get", "<query xmlns='http://jabber.org/protocol/disco#items'/>"),
        ("get", "<vCard xmlns='vcard-temp'/>"),
        ("get", "<query xmlns='jabber:iq:last'/>"),
        ("get", "<query xmlns='jabber:iq:roster'/>"),
        ("get", "<ping xmlns='urn:xmpp:ping'/>"),
        ("set", "<query xmlns='jabber:iq:roster'><item jid='a@stranger.example.com'/></query>"),
    ];
    let mut number = 0;
    for (kind, question) in questions {
        let mut answers = Vec::new();
        for who in [&nobody, &somebody, &receiver] {
            for resource in ["", "/sofa"] {
                number += 1;
                let (id, to) = (format!("question-{number}"), format!("{who}{resource}"));
                scene.says(&format!(
                    "<iq type='{kind}' id='{id}' from='eve@stranger.example.com/x' to='{to}'>{question}</iq>"
                ));
                answers.push(answer(&mut scene.stranger, &id, &to));
            }
        }
        assert!(answers.iter().all(|a| a.contains("error")), "{question}: {answers:#?}");
        assert!(answers.iter().all(|a| *a == answers[0]), "{question}: {answers:#?}");
    }
    // Neither presence nor a message tells: what is heard of the one is heard of the other.
    for who in [&nobody, &somebody] {
        for kind in ["probe", "subscribe", "unsubscribe"] {
            scene.says(&format!(
                "<presence type='{kind}' from='eve@stranger.example.com' to='{who}'/>"
            ));
        }
        scene.says(&format!(
            "<message type='chat' id='said' from='eve@stranger.example.com/x' to='{who}'><body>hello</body></message>"
        ));
    }
    scene.says("<iq type='get' id='end' from='eve@stranger.example.com/x' to='11.22.33.1'><ping xmlns='urn:xmpp:ping'/></iq>");
    answer(&mut scene.stranger, "end", "");
    let heard = |who: &str| -> Vec<String> {
        let stanzas = scene.stranger.heard.iter().filter(|line| line["event"] == "stanza");
        let of = stanzas.filter(|line| {
            ["message", "presence"].contains(&line["tag"].as_str().unwrap_or_default())
                && line["attributes"]["from"].as_str().is_some_and(|from| from.starts_with(who))
        });
        of.map(|line| line["xml"].as_str().unwrap_or_default().replace(who, "WHO")).collect()
    };
    assert_eq!(heard(&somebody), heard(&nobody));
}

#[test]
fn a_spoofed_sender_ends_the_stream_and_gets_nothing_done() {
    let Some(mut scene) = scene("a_spoofed_sender", &Wanted::prosody()) else { return };
    let mut joe = scene.world.joe();
    let at = befriend(&scene.receiver, &mut joe, "joe@example.org");
    scene.authenticates();
    scene.says(&format!(
        "<message type='chat' from='joe@example.org/x' to='{at}'><body>record baird one</body></message>"
    ));
    let error = scene.thrown_out();
    assert!(error.contains("invalid-from"), "{error}");
    // Before anything was proven, nothing is taken at all.
    scene.stranger.tell("open s example.org 11.22.33.1");
    scene.stranger.expect("a stream", |line| line["event"] == "open");
    scene.says(&format!(
        "<message type='chat' from='joe@example.org/x' to='{at}'><body>record baird one</body></message>"
    ));
    let error = scene.thrown_out();
    assert!(error.contains("not-authorized") || error.contains("invalid-from"), "{error}");
    ask(&mut joe, &at, "help", "record");
    scene.nothing_was_recorded();
}

#[test]
fn a_wrong_dialback_key_is_told_so_and_gets_nothing_done() {
    let Some(mut scene) = scene("a_wrong_dialback_key", &Wanted::prosody()) else { return };
    let mut joe = scene.world.joe();
    let at = befriend(&scene.receiver, &mut joe, "joe@example.org");
    scene.stranger.tell("open s example.org 11.22.33.1");
    scene.stranger.expect("a stream", |line| line["event"] == "open");
    scene.says(
        "<db:result from='example.org' to='11.22.33.1'>b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3</db:result>",
    );
    let result = scene.stranger.expect("a result", |line| line["tag"] == "result");
    assert_eq!(result["attributes"]["type"], "invalid", "{result}");
    scene.says(&format!(
        "<message type='chat' from='joe@example.org/x' to='{at}'><body>record baird one</body></message>"
    ));
    scene.stranger.expect("the end", |line| line["event"] == "closed");
    ask(&mut joe, &at, "help", "record");
    scene.nothing_was_recorded();
}

#[test]
fn a_flood_keeps_nobody_from_anything() {
    let Some(mut scene) = scene("a_flood_keeps_nobody_from_anything", &Wanted::prosody()) else {
        return;
    };
    let paired = pair(&scene.receiver, "Dan's laptop");
    let mut joe = scene.world.joe();
    let at = befriend(&scene.receiver, &mut joe, "joe@example.org");
    let before = scene.receiver.memory();
    scene.authenticates();
    let body = "x".repeat(1000);
    let spam = format!(
        "<message type='chat' id='f{{n}}' from='eve{{n}}@stranger.example.com/x' to='{at}'><body>{body}</body></message>"
    );
    scene.stranger.tell(&format!("flood s 20000 {spam}"));
    // Meanwhile:
    ask(&mut joe, &at, "help", "record");
    let mut dan = at_home(&scene.world, &scene.python, &paired);
    let inside = address(&scene.receiver, "test-set-top-box.local");
    ask(&mut dan, &inside, "help", "record");
    let grown = scene.receiver.memory().saturating_sub(before);
    assert!(grown < 64 << 20, "it has grown by {grown} bytes");
}

#[test]
fn a_thousand_half_open_streams_keep_nobody_out() {
    let wanted = Wanted { door: true, ..Wanted::nothing() };
    let Some(mut scene) = scene("a_thousand_half_open_streams", &wanted) else { return };
    let paired = pair(&scene.receiver, "Dan's laptop");
    let before = scene.receiver.memory();
    for stage in ["tcp", "header", "tls"] {
        scene.stranger.tell(&format!("half 334 {stage}"));
    }
    for stage in ["tcp", "header", "tls"] {
        scene
            .stranger
            .expect("the streams", |line| line["event"] == "half" && line["stage"] == stage);
    }
    let mut dan = at_home(&scene.world, &scene.python, &paired);
    let inside = address(&scene.receiver, "test-set-top-box.local");
    ask(&mut dan, &inside, "help", "record");
    let grown = scene.receiver.memory().saturating_sub(before);
    assert!(grown < 64 << 20, "it has grown by {grown} bytes");
}

#[test]
fn a_stranger_is_refused_politely_once_a_day() {
    let Some(scene) = scene("a_stranger_is_refused_politely_once_a_day", &Wanted::prosody()) else {
        return;
    };
    let mut joe = scene.world.joe();
    let at = address(&scene.receiver, "11.22.33.1");
    joe.tell(&format!("say {at} hello"));
    joe.expect("a refusal", |line| is_message(line, &at));
    for _ in 0..5 {
        joe.tell(&format!("say {at} record baird one"));
    }
    // Stanzas keep their order: whatever was answered is here before this is.
    joe.tell(&format!("ping {at}"));
    joe.expect("an answer", |line| line["event"] == "pong");
    let answers = joe.heard.iter().filter(|line| is_message(line, &at)).count();
    assert_eq!(answers, 1, "{:#?}", joe.heard);
    scene.nothing_was_recorded();
}

fn is_message(line: &Value, address: &str) -> bool {
    line["event"] == "message" && from(line, address)
}
