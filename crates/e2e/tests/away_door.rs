//! The door itself: behind miniupnpd, after a power cut of the router, and on another address.

use std::time::Duration;

use televisor_e2e::away::acquaintance::{DOOR, ask, befriend, reachable};
use televisor_e2e::away::house::{OUTSIDE, OUTSIDE_LATER};
use televisor_e2e::away::{Wanted, World, knot};
use televisor_e2e::receiver::wait_up_to;
use televisor_e2e::script::Script;

/// What the seed promises after a power cut.
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn status_behind_a_router_says_where_by_what_and_since_when() {
    let wanted = Wanted { door: true, ..Wanted::nothing() };
    if World::skipped("status_behind_a_router", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let mut receiver = world.receiver("");
    let external = reachable(&receiver);
    assert_eq!(external["address"], OUTSIDE, "{external}");
    assert_eq!(external["ports"], serde_json::json!({"5222": 5222, "5269": 5269}), "{external}");
    assert!(["pcp", "nat-pmp", "upnp"].contains(&external["by"].as_str().unwrap()), "{external}");
    let output = receiver.control(&["status"]);
    let text = String::from_utf8_lossy(&output.stdout);
    for word in [OUTSIDE, "5222", "5269", "since"] {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
    for port in [5222, 5269] {
        assert!(world.can_connect(OUTSIDE, port), "port {port} is open");
    }
    for port in [8010, 8011] {
        assert!(!world.can_connect(OUTSIDE, port), "port {port} is nobody's business");
    }
    assert_eq!(receiver.stop(), Some(0));
    for port in [5222, 5269] {
        assert!(!world.can_connect(OUTSIDE, port), "the mapping of {port} is deleted on exit");
    }
}

#[test]
fn a_router_that_lost_its_mappings_has_them_back_within_a_minute() {
    let wanted = Wanted::prosody();
    if World::skipped("a_router_that_lost_its_mappings", &wanted) {
        return;
    }
    let mut world = World::build(&wanted);
    let receiver = world.receiver("");
    assert_eq!(reachable(&receiver)["address"], OUTSIDE);
    let mut joe = world.joe();
    let at = befriend(&receiver, &mut joe, "joe@example.org");
    welcomed(&mut joe);
    ask(&mut joe, &at, "help", "record");
    world.restart_router();
    wait_up_to(MINUTE, "the door to be open again", || {
        world.can_connect(OUTSIDE, 5269) && world.can_connect(OUTSIDE, 5222)
    });
    ask(&mut joe, &at, "help", "record");
}

#[test]
fn a_new_outside_address_is_followed_by_mapping_and_dns() {
    let wanted = Wanted::prosody();
    if World::skipped("a_new_outside_address_is_followed", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let receiver = world.receiver(&world.named("tv.example.com"));
    assert_eq!(reachable(&receiver)["address"], OUTSIDE);
    let points_to = |address: &str| {
        let srv = knot::ask(&world.house, "_xmpp-server._tcp.tv.example.com", "SRV");
        knot::ask(&world.house, "tv.example.com", "A").trim() == address && srv.contains(" 5269 ")
    };
    wait_up_to(DOOR, "DNS", || points_to(OUTSIDE));
    let mut joe = world.joe();
    let at = befriend(&receiver, &mut joe, "joe@example.org");
    welcomed(&mut joe);
    assert!(at.ends_with("@tv.example.com"), "{at}");
    ask(&mut joe, &at, "help", "record");
    world.renew_line();
    wait_up_to(MINUTE, "status to follow", || {
        receiver.ask("status")["external"]["address"] == OUTSIDE_LATER
    });
    wait_up_to(MINUTE, "DNS to follow", || points_to(OUTSIDE_LATER));
    wait_up_to(MINUTE, "the mapping to follow", || world.can_connect(OUTSIDE_LATER, 5269));
    // Joe's server may remember the old address for as long as its record says (a minute), and tells him.
    wait_up_to(2 * MINUTE, "an answer from the new address", || is_answered(&mut joe, &at));
}

/// Hears the receiver's welcome, so that it is not taken for the answer to what is asked next: the line
/// must not be cut while that is under way.
fn welcomed(person: &mut Script) {
    person.expect("a welcome", |line| {
        line["body"].as_str().is_some_and(|body| body.contains("let you in"))
    });
}

/// Asks for help once; returns whether that was answered, and not bounced.
fn is_answered(person: &mut Script, address: &str) -> bool {
    person.tell(&format!("say {address} help"));
    let heard = person.expect("an answer or a bounce", |line| {
        let body = line["body"].as_str().unwrap_or_default();
        line["event"] == "bounced" || (line["event"] == "message" && body.contains("record"))
    });
    heard.get("event").is_some_and(|event| event == "message")
}
