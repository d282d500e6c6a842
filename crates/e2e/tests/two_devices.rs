//! Two devices of one account, by different hands: what one of them says and hears the other shows too,
//! also if it was away.

use serde_json::Value;
use televisor_e2e::nearby::Segment;
use televisor_e2e::pairing::pair;
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;
use televisor_e2e::stock::{
    copies, go_sendxmpp, heard, jid, numbered, profanity, says, slixmpp, slixmpp_by,
};

/// What is said into the dark, and out of it.
const AWAY: usize = 20;
const OUT: usize = 7;

#[test]
fn what_one_device_says_and_hears_the_other_shows() {
    let test = "what_one_device_says_and_hears_the_other_shows";
    if ["curl", "tmux", "profanity"].iter().any(|program| skip::without(test, program)) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let (dan, joe) = (pair(&receiver, "Dan"), pair(&receiver, "Joe"));
    let (mut phone, phone_jid) = slixmpp(&python, &receiver, &joe);
    let (mut dans, _) = slixmpp(&python, &receiver, &dan);
    let terminal = profanity(&receiver, &joe, &["/carbons on"]);

    terminal.types(&format!("/msg {} from the terminal", jid(&dan)));
    let message = dans.expect("a message", |line| says(line, "from the terminal"));
    let terminal_jid = message["sender"].as_str().unwrap_or_default();
    phone.expect("what the terminal says", |line| copies(line, "sent", "from the terminal"));
    dans.tell(&format!("say {terminal_jid} to the terminal alone"));
    terminal.shows("to the terminal alone");
    phone.expect("what the terminal hears", |line| {
        copies(line, "received", "to the terminal alone")
    });

    phone.tell(&format!("say {} from the phone", jid(&dan)));
    dans.expect("a message", |line| says(line, "from the phone"));
    terminal.shows("from the phone");
    dans.tell(&format!("say {phone_jid} to the phone alone"));
    phone.expect("a message", |line| says(line, "to the phone alone"));
    terminal.shows("to the phone alone");

    let twice = |line: &Value| line["event"] == "carbon" && line["body"] == "to the phone alone";
    assert!(!phone.heard.iter().any(twice), "nothing comes by both ways: {:#?}", phone.heard);
}

#[test]
fn a_device_that_was_away_reads_what_it_missed_in_the_archive() {
    let test = "a_device_that_was_away_reads_what_it_missed_in_the_archive";
    if ["curl", "tmux", "profanity"].iter().any(|program| skip::without(test, program)) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let (dan, joe) = (pair(&receiver, "Dan"), pair(&receiver, "Joe"));
    let (mut dans, _) = slixmpp(&python, &receiver, &dan);
    let (mut phone, _) = slixmpp(&python, &receiver, &joe);
    dans.tell(&format!("say {} before the tunnel", jid(&joe)));
    phone.expect("a message", |line| says(line, "before the tunnel"));
    phone.tell("archive 10");
    let known = archived(&mut phone);
    assert_eq!(known["bodies"], serde_json::json!(["before the tunnel"]));
    let last = known["ids"][0].as_str().unwrap_or_default().to_owned();
    phone.tell("quit");
    phone.expect("the end", |line| line["event"] == "disconnected");

    let terminal = profanity(&receiver, &joe, &[]);
    terminal.types(&format!("/msg {} from the terminal", jid(&dan)));
    dans.expect("a message", |line| says(line, "from the terminal"));
    dans.tell(&format!("say {} to the terminal", jid(&joe)));
    terminal.shows("to the terminal");

    let (mut phone, _) = slixmpp(&python, &receiver, &joe);
    phone.tell(&format!("archive 1 {last}"));
    let missed = archived(&mut phone);
    assert_eq!(missed["bodies"], serde_json::json!(["from the terminal", "to the terminal"]));
    assert!(heard(&phone, "").is_empty(), "not by both ways: {:#?}", phone.heard);
}

#[test]
fn a_phone_in_a_tunnel_loses_nothing_and_hears_nothing_twice() {
    let test = "a_phone_in_a_tunnel_loses_nothing_and_hears_nothing_twice";
    if Segment::skipped(test, &["curl", "go-sendxmpp"]) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let link = Segment::of(&["receiver", "phone", "laptop"]);
    let receiver = link.receiver("receiver", "");
    let host = link.address("receiver");
    let (dan, joe) = (pair(&receiver, "Dan"), pair(&receiver, "Joe"));
    let inside = |of: &str| link.inside(of, &python);
    let (mut phone, phone_jid) = slixmpp_by(&mut inside("phone"), &host, 5222, &joe);
    let (mut dans, _) = slixmpp_by(&mut inside("laptop"), &host, 5222, &dan);
    let server = format!("{host}:5222");
    let go = link.inside("laptop", "go-sendxmpp");
    let mut laptop =
        Script::start(&mut go_sendxmpp(go, receiver.folder(), &server, &joe, &["--listen"]));
    dans.expect("both of Joe's devices", |line| {
        line["event"] == "online" && line["jid"] != phone_jid && of(line, &jid(&joe))
    });
    dans.tell(&format!("say {} before the tunnel", jid(&joe)));
    phone.expect("a message", |line| says(line, "before the tunnel"));
    hears(&mut laptop, "before the tunnel");

    link.into_the_dark("phone");
    phone.tell(&format!("burst {OUT} {} from the tunnel", jid(&dan)));
    dans.tell(&format!("burst {AWAY} {} into the tunnel", jid(&joe)));
    hears(&mut laptop, &format!("into the tunnel {AWAY}"));
    // The phone's system notices, and its client leaves the connection as it is.
    phone.tell("lost");
    phone.expect("the end of the connection", |line| line["event"] == "disconnected");
    link.into_the_light("phone");
    phone.tell("back");
    phone.expect("its session", |line| line["event"] == "resumed");

    dans.tell(&format!("say {} after the tunnel", jid(&joe)));
    phone.expect("the last message", |line| says(line, "after the tunnel"));
    hears(&mut laptop, "after the tunnel");
    phone.tell(&format!("say {} out of the tunnel", jid(&dan)));
    dans.expect("the last message", |line| says(line, "out of the tunnel"));
    assert_eq!(heard(&phone, "into the tunnel"), numbered("into the tunnel", AWAY));
    assert_eq!(heard(&dans, "from the tunnel"), numbered("from the tunnel", OUT));
    phone.tell("archive 100");
    let all = archived(&mut phone);
    let all: Vec<&str> =
        all["bodies"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert_eq!(all.len(), AWAY + OUT + 3, "each once: {all:#?}");
}

fn archived(client: &mut Script) -> Value {
    client.expect("the archive", |line| line["event"] == "archived" || line["event"] == "refusal")
}

fn of(line: &Value, jid: &str) -> bool {
    line["jid"].as_str().and_then(|full| full.split('/').next()) == Some(jid)
}

/// Waits until go-sendxmpp prints a message.
fn hears(client: &mut Script, body: &str) {
    let end = format!(": {body}");
    client.expect(body, |line| line.as_str().is_some_and(|line| line.ends_with(&end)));
}
