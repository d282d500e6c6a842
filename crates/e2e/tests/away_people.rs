//! People's own accounts at other servers: invited, allowed, and obeyed through the NAT. The receiver
//! has no name and no certificate that anybody trusts: its domain is the router's outside address, and
//! servers believe it by dialback.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use televisor_e2e::away::acquaintance::{
    address, ask, befriend, invite, reachable, wait_for_state,
};
use televisor_e2e::away::{Wanted, World};
use televisor_e2e::broadcaster::{Broadcaster, FEATURE};
use televisor_e2e::receiver::{Receiver, wait_for, wait_up_to};
use televisor_e2e::script::Script;

fn at_home(world: &World, lead: u16) -> (Broadcaster, Receiver) {
    let broadcaster = Broadcaster::on_air_in(&world.house.namespace("receiver"), lead, 5);
    let receiver = world.receiver(&broadcaster.tables());
    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    (broadcaster, receiver)
}

fn sees_whose_it_is(person: &mut Script, at: &str) {
    person.tell(&format!("vcard {at}"));
    let card = person.expect("a vCard", |line| line["event"] == "vcard");
    assert_eq!(card["fn"], "Test Set-top Box", "{card}");
}

#[test]
fn an_account_on_prosody_is_allowed_and_records_through_the_nat() {
    let wanted = Wanted::prosody();
    if World::skipped("an_account_on_prosody_records_through_the_nat", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let (_broadcaster, receiver) = at_home(&world, 40);
    assert_eq!(reachable(&receiver)["address"], "11.22.33.1");
    let mut joe = world.joe();
    let at = invite(&receiver, &mut joe, "joe@example.org");
    assert_eq!(at, address(&receiver, "11.22.33.1"));

    // Accepted is not allowed: nothing is done, whatever is said.
    joe.tell(&format!("say {at} record the man with the flower"));
    sees_whose_it_is(&mut joe, &at);
    assert_eq!(receiver.ask("timers").as_array().map(Vec::len), Some(0));

    assert!(receiver.control(&["allow", "joe@example.org"]).status.success());
    wait_for_state(&receiver, "joe@example.org", "allowed");
    ask(&mut joe, &at, "what's on", "Baird One");
    ask(&mut joe, &at, "record the man with the flower", FEATURE);
    let timers = receiver.ask("timers");
    assert_eq!(timers[0]["title"], FEATURE, "{timers}");
    wait_up_to(Duration::from_secs(90), "the recording", || {
        receiver.ask("recordings")[0]["state"] == "completed"
    });

    // Revoked, it is nobody at once.
    assert!(receiver.control(&["revoke", "joe@example.org"]).status.success());
    joe.expect("the end of the subscription", |line| {
        line["event"] == "unsubscribed" && line["jid"] == at.as_str()
    });
    joe.tell(&format!("say {at} record baird one"));
    joe.tell(&format!("ping {at}"));
    joe.expect("an answer like a stranger's", |line| {
        line["event"] == "pong" && !line["error"].is_null()
    });
    assert_eq!(receiver.ask("timers").as_array().map(Vec::len), Some(0));
}

#[test]
fn an_account_on_ejabberd_is_allowed_and_records_through_the_nat() {
    let wanted = Wanted::ejabberd();
    if World::skipped("an_account_on_ejabberd_records_through_the_nat", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let (_broadcaster, receiver) = at_home(&world, 600);
    assert_eq!(reachable(&receiver)["address"], "11.22.33.1");
    let mut joe = world.person("joe@example.net");
    let at = befriend(&receiver, &mut joe, "joe@example.net");
    assert_eq!(at, address(&receiver, "11.22.33.1"));
    sees_whose_it_is(&mut joe, &at);
    ask(&mut joe, &at, "what's on", "Baird One");
    ask(&mut joe, &at, "record the man with the flower", FEATURE);
    let timers = receiver.ask("timers");
    assert_eq!(timers[0]["title"], FEATURE, "{timers}");
}
