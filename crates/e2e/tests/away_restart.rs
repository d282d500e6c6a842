//! Prosody is restarted in the middle of a conversation: nothing is lost, nothing comes twice.

use serde_json::Value;
use televisor_e2e::away::acquaintance::{at_home, from, reachable};
use televisor_e2e::away::{Wanted, World};
use televisor_e2e::pairing::pair;
use televisor_e2e::script::Script;
use televisor_e2e::skip;

const EACH: usize = 20;

fn number(line: &Value) -> Option<usize> {
    line["body"].as_str()?.strip_prefix("number ")?.parse().ok()
}

/// Everything heard from an address: the numbers, in the order in which they came.
fn heard(script: &Script, address: &str) -> Vec<usize> {
    let lines = script.heard.iter().filter(|l| l["event"] == "message" && from(l, address));
    lines.filter_map(number).collect()
}

fn say(script: &mut Script, to: &str, numbers: std::ops::Range<usize>) {
    for n in numbers {
        script.tell(&format!("say {to} number {n}"));
    }
}

fn until(script: &mut Script, address: &str, last: usize) {
    script.expect(&format!("number {last}"), |l| from(l, address) && number(l) == Some(last));
}

#[test]
fn prosody_restarted_in_the_middle_loses_nothing_and_repeats_nothing() {
    let test = "prosody_restarted_in_the_middle";
    let wanted = Wanted::prosody();
    if World::skipped(test, &wanted) {
        return;
    }
    let Some(python) = skip::python(test) else { return };
    let mut world = World::build(&wanted);
    let receiver = world.receiver("");
    assert_eq!(reachable(&receiver)["address"], "11.22.33.1");
    let paired = pair(&receiver, "Dan's laptop");
    let mut dan = at_home(&world, &python, &paired);
    let dan_away = format!("{}@11.22.33.1", paired.uuid);
    let mut joe = world.joe();
    dan.tell("ask joe@example.org");
    joe.expect("a request", |l| l["event"] == "asked" && from(l, &dan_away));
    joe.tell(&format!("accept {dan_away}"));
    dan.expect("a request back", |l| l["event"] == "asked" && from(l, "joe@example.org"));
    dan.tell("accept joe@example.org");
    joe.expect("Dan's presence", |l| l["event"] == "available" && from(l, &dan_away));

    say(&mut dan, "joe@example.org", 0..EACH);
    say(&mut joe, &dan_away, 0..EACH);
    until(&mut joe, &dan_away, EACH - 1);
    until(&mut dan, "joe@example.org", EACH - 1);

    // Half of what is said now is on its way when Prosody goes, and half while it is not there.
    say(&mut dan, "joe@example.org", EACH..2 * EACH);
    world.prosody.as_mut().unwrap().stop();
    say(&mut dan, "joe@example.org", 2 * EACH..3 * EACH);
    world.prosody.as_mut().unwrap().start_again(&world.house);
    let before = heard_so_far(&mut joe, &dan_away);
    let mut joe = world.joe();
    say(&mut joe, &dan_away, EACH..2 * EACH);
    until(&mut joe, &dan_away, 3 * EACH - 1);
    until(&mut dan, "joe@example.org", 2 * EACH - 1);
    let all: Vec<usize> = before.into_iter().chain(heard(&joe, &dan_away)).collect();
    assert_eq!(all, (0..3 * EACH).collect::<Vec<_>>(), "from home to the world");
    let all = heard(&dan, "joe@example.org");
    assert_eq!(all, (0..2 * EACH).collect::<Vec<_>>(), "from the world to home");
}

/// Waits for the end of the old session, and returns what it had heard.
fn heard_so_far(old: &mut Script, address: &str) -> Vec<usize> {
    old.expect("the end of the session", |l| l["event"] == "disconnected");
    heard(old, address)
}
