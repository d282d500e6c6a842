//! A home into which no door can be opened: the receiver logs in to an ordinary account, and people
//! talk to that. The line is cut for a minute, and nobody is told.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use serde_json::Value;
use televisor_e2e::away::acquaintance::{ask, befriend, from};
use televisor_e2e::away::{Wanted, World};
use televisor_e2e::broadcaster::{Broadcaster, FEATURE};
use televisor_e2e::receiver::{Receiver, wait_for, wait_up_to};
use televisor_e2e::script::Script;

/// The receiver's account.
const ACCOUNT: &str = "tv@example.org";
/// How long the line is cut.
const CUT: Duration = Duration::from_secs(60);
/// How soon after that the receiver is there again.
const BACK: Duration = Duration::from_secs(15);
/// How much is said when the line goes, and again while it is cut.
const QUESTIONS: usize = 4;

fn logged_in(world: &World, account: &str, tables: &str) -> Receiver {
    let uplink = format!(
        "{tables}[reach]\nenabled = false\n[uplink]\njid = \"{account}\"\n\
         password_file = \"{}\"\nca_file = \"{}\"\n",
        world.password_file().display(),
        world.roots().display()
    );
    let receiver = world.receiver(&uplink);
    wait_for("the uplink", || is_online(&receiver));
    receiver
}

fn is_online(receiver: &Receiver) -> bool {
    receiver.ask("status")["uplink"]["state"] == "online"
}

/// The receiver has told somebody that the household has let them in; nothing is on its way any more.
fn welcomed(person: &mut Script, account: &str) {
    let text = "let you in";
    person.expect("a welcome", |line| {
        from(line, account) && line["body"].as_str().is_some_and(|body| body.contains(text))
    });
}

/// Everything that the receiver has said.
fn said<'a>(heard: &'a [Value], account: &str) -> Vec<&'a str> {
    let lines = heard.iter().filter(|line| line["event"] == "message" && from(line, account));
    lines.filter_map(|line| line["body"].as_str()).collect()
}

#[test]
fn a_programme_is_recorded_through_an_account_and_a_cut_line_loses_nothing() {
    let wanted = Wanted { door: false, ..Wanted::prosody() };
    if World::skipped("a_cut_line_loses_nothing", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let broadcaster = Broadcaster::on_air_in(&world.house.namespace("receiver"), 60, 5);
    let receiver = logged_in(&world, ACCOUNT, &broadcaster.tables());
    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    let mut joe = world.joe();
    assert_eq!(befriend(&receiver, &mut joe, "joe@example.org"), ACCOUNT);
    welcomed(&mut joe, ACCOUNT);
    joe.tell(&format!("vcard {ACCOUNT}"));
    let card = joe.expect("a vCard", |line| line["event"] == "vcard");
    assert_eq!(card["fn"], "Test Set-top Box", "{card}");
    ask(&mut joe, ACCOUNT, "record the man with the flower", FEATURE);
    assert_eq!(receiver.ask("timers")[0]["title"], FEATURE);

    // What is said now is on its way when the line goes. The recording comes and goes meanwhile.
    let before = said(&joe.heard, ACCOUNT).len();
    (0..QUESTIONS).for_each(|_| joe.tell(&format!("say {ACCOUNT} what's on")));
    world.house.cut();
    std::thread::sleep(CUT / 2);
    (0..QUESTIONS).for_each(|_| joe.tell(&format!("say {ACCOUNT} what's on")));
    std::thread::sleep(CUT / 2);
    wait_up_to(CUT, "the recording", || receiver.ask("recordings")[0]["state"] == "completed");
    assert!(!is_online(&receiver), "nobody has noticed");
    world.house.mend();
    wait_up_to(BACK, "the uplink", || is_online(&receiver));
    ask(&mut joe, ACCOUNT, "am I reachable?", "through the account");
    let after = said(&joe.heard, ACCOUNT).split_off(before);
    let count = |text: &str| after.iter().filter(|body| body.contains(text)).count();
    assert_eq!(count("Baird One"), 2 * QUESTIONS, "{after:#?}");
}

#[test]
fn the_receiver_comes_back_to_what_was_said_while_it_was_off() {
    let wanted = Wanted { door: false, ..Wanted::prosody() };
    if World::skipped("the_receiver_comes_back", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let mut receiver = logged_in(&world, ACCOUNT, "");
    let mut joe = world.joe();
    befriend(&receiver, &mut joe, "joe@example.org");
    welcomed(&mut joe, ACCOUNT);
    assert_eq!(receiver.stop(), Some(0));
    joe.expect("its goodbye", |l| l["event"] == "unavailable" && from(l, ACCOUNT));
    let before = said(&joe.heard, ACCOUNT).len();
    joe.tell(&format!("say {ACCOUNT} help"));
    receiver.start_again();
    joe.expect("its answer", |line| line["event"] == "message" && from(line, ACCOUNT));
    ask(&mut joe, ACCOUNT, "accounts", "joe@example.org");
    assert_eq!(said(&joe.heard, ACCOUNT).len(), before + 2);
}

#[test]
fn on_ejabberd_too_a_cut_line_loses_nothing() {
    let wanted = Wanted { door: false, ..Wanted::ejabberd() };
    if World::skipped("on_ejabberd_too_a_cut_line", &wanted) {
        return;
    }
    let account = "ann@example.net";
    let world = World::build(&wanted);
    let receiver = logged_in(&world, account, "");
    let mut joe = world.person("joe@example.net");
    assert_eq!(befriend(&receiver, &mut joe, "joe@example.net"), account);
    welcomed(&mut joe, account);
    let before = said(&joe.heard, account).len();
    (0..QUESTIONS).for_each(|_| joe.tell(&format!("say {account} accounts")));
    world.house.cut();
    (0..QUESTIONS).for_each(|_| joe.tell(&format!("say {account} accounts")));
    wait_up_to(CUT, "the receiver to notice", || !is_online(&receiver));
    world.house.mend();
    wait_up_to(BACK, "the uplink", || is_online(&receiver));
    ask(&mut joe, account, "am I reachable?", "through the account");
    assert_eq!(said(&joe.heard, account).len(), before + 2 * QUESTIONS + 1);
}

#[test]
fn a_server_that_forgets_the_session_is_logged_in_to_again() {
    let wanted = Wanted { door: false, ..Wanted::prosody() };
    if World::skipped("a_server_that_forgets_the_session", &wanted) {
        return;
    }
    let mut world = World::build(&wanted);
    let receiver = logged_in(&world, ACCOUNT, "");
    let mut joe = world.joe();
    befriend(&receiver, &mut joe, "joe@example.org");
    welcomed(&mut joe, ACCOUNT);
    world.prosody.as_mut().expect("it was wanted").kill();
    wait_for("the receiver to notice", || !is_online(&receiver));
    world.prosody.as_mut().expect("it was wanted").start_again(&world.house);
    wait_up_to(BACK, "the uplink", || is_online(&receiver));
    let mut joe = world.joe();
    joe.expect("the receiver's presence", |l| l["event"] == "available" && from(l, ACCOUNT));
    ask(&mut joe, ACCOUNT, "am I reachable?", "through the account");
}

#[test]
fn strangers_at_the_same_server_are_told_once() {
    let wanted = Wanted { door: false, ..Wanted::prosody() };
    if World::skipped("strangers_at_the_same_server", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let receiver = logged_in(&world, ACCOUNT, "");
    let mut joe = world.joe();
    joe.tell(&format!("ask {ACCOUNT}"));
    joe.tell(&format!("say {ACCOUNT} what's on"));
    joe.tell(&format!("say {ACCOUNT} what's on"));
    joe.expect("a no", |line| line["event"] == "unsubscribed" && from(line, ACCOUNT));
    // What comes after has waited for all that came before.
    let invited = receiver.control(&["invite", "joe@example.org"]);
    assert!(invited.status.success(), "{}", String::from_utf8_lossy(&invited.stderr));
    joe.expect("an invitation", |line| line["event"] == "asked" && from(line, ACCOUNT));
    let said = said(&joe.heard, ACCOUNT);
    assert_eq!(said.len(), 1, "one polite word: {said:#?}");
}
