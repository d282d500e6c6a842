//! go-sendxmpp, by which scripts send messages.

use std::process::Command;

use televisor_e2e::pairing::{Paired, pair};
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;
use televisor_e2e::stock::{copies, go_sendxmpp, jid, receiver_jid, says, slixmpp};

/// Has a go-sendxmpp say something; `more` are further options.
fn go(receiver: &Receiver, device: &Paired, to: &str, text: &str, more: &[&str]) {
    let server = format!("127.0.0.1:{}", receiver.xmpp());
    let words = [more, &[to]].concat();
    let command = Command::new("go-sendxmpp");
    let mut command = go_sendxmpp(command, receiver.folder(), &server, device, &words);
    let mut sending = Script::start(&mut command);
    sending.tell(text);
    sending.end_input();
    assert!(sending.ends_well(), "go-sendxmpp {more:?}");
}

#[test]
fn go_sendxmpp_is_answered_by_the_receiver() {
    let test = "go_sendxmpp_is_answered_by_the_receiver";
    if ["curl", "go-sendxmpp"].iter().any(|program| skip::without(test, program)) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let device = pair(&receiver, "Doorbell");
    let (mut other, _) = slixmpp(&python, &receiver, &device);
    let television = receiver_jid(&receiver);
    for (text, more) in [("help", [].as_slice()), ("help me", &["--tls"])] {
        go(&receiver, &device, &television, text, more);
        other.expect("what it says", |line| copies(line, "sent", text));
        // It leaves at once: its other device is answered, as its own or as a copy.
        other.expect("the answer", |line| {
            let body = line["body"].as_str().unwrap_or_default();
            line["direction"] != "sent" && body.contains("record")
        });
    }
}

#[test]
fn go_sendxmpp_hears_what_others_say() {
    let test = "go_sendxmpp_hears_what_others_say";
    if ["curl", "go-sendxmpp"].iter().any(|program| skip::without(test, program)) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let receiver = Receiver::start(Setup::quiet());
    let (dan, log) = (pair(&receiver, "Dan"), pair(&receiver, "Log"));
    let (mut dans, _) = slixmpp(&python, &receiver, &dan);
    let server = format!("127.0.0.1:{}", receiver.xmpp());
    let command = Command::new("go-sendxmpp");
    let mut command = go_sendxmpp(command, receiver.folder(), &server, &log, &["--listen"]);
    let mut listening = Script::start(&mut command);
    dans.expect("its presence", |line| {
        line["event"] == "online"
            && line["jid"].as_str().is_some_and(|of| of.starts_with(&jid(&log)))
    });
    dans.tell(&format!("say {} good evening", jid(&log)));
    let line = listening.expect("a line", |line| line.as_str().is_some_and(|l| l.contains("good")));
    assert!(
        line.as_str().is_some_and(|l| l.ends_with(&format!("{}: good evening", jid(&dan)))),
        "{line}"
    );
    go(&receiver, &log, &jid(&dan), "good night", &[]);
    dans.expect("its message", |line| says(line, "good night"));
}
