//! A name of its own and a certificate that everybody trusts: DNS by RFC 2136, a certificate by ACME,
//! and servers that take nothing less.

use televisor_e2e::away::acquaintance::{DOOR, ask, befriend, reachable};
use televisor_e2e::away::{Wanted, World, knot};
use televisor_e2e::receiver::wait_up_to;

#[test]
fn a_name_and_a_certificate_satisfy_a_server_that_wants_external() {
    let wanted = Wanted { pebble: true, prosody_strict: true, ..Wanted::prosody() };
    if World::skipped("a_name_and_a_certificate", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let receiver = world.receiver(&world.named("tv.example.com"));
    assert_eq!(reachable(&receiver)["address"], "11.22.33.1");
    wait_up_to(DOOR, "the certificate", || world.trusts("world", "11.22.33.1", "tv.example.com"));
    assert_eq!(knot::ask(&world.house, "tv.example.com", "A"), "11.22.33.1\n");
    let mut joe = world.joe();
    let at = befriend(&receiver, &mut joe, "joe@example.org");
    assert!(at.ends_with("@tv.example.com"), "{at}");
    ask(&mut joe, &at, "help", "record");
    let said = world.prosody.as_ref().unwrap().said();
    assert!(said.contains("Accepting SASL EXTERNAL identity from tv.example.com"), "by EXTERNAL");
}

#[test]
fn where_nothing_can_come_in_ones_own_stream_is_enough_for_the_answers() {
    // No door; Prosody never gets through to us, and takes only valid certificates.
    let wanted = Wanted { door: false, pebble: true, prosody_strict: true, ..Wanted::prosody() };
    if World::skipped("ones_own_stream_is_enough", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let receiver = world.receiver(&world.named("tv.example.com"));
    wait_up_to(DOOR, "the certificate", || {
        world.trusts("phone", "192.168.77.10", "tv.example.com")
    });
    assert!(receiver.ask("status")["external"].is_null());
    let mut joe = world.joe();
    let at = befriend(&receiver, &mut joe, "joe@example.org");
    assert!(at.ends_with("@tv.example.com"), "{at}");
    for _ in 0..3 {
        ask(&mut joe, &at, "help", "record");
    }
    assert!(!world.can_connect("11.22.33.1", 5269));
}
