//! Where no door can be opened: the receiver logs in to an ordinary account, and is itself there.

use std::time::Duration;

use televisor_e2e::away::acquaintance::{ask, befriend, from};
use televisor_e2e::away::{Wanted, World};
use televisor_e2e::broadcaster::{Broadcaster, FEATURE};
use televisor_e2e::receiver::wait_for;

/// How long the line is dead.
const DEAD: Duration = Duration::from_secs(60);

#[test]
fn through_an_ordinary_account_and_a_line_that_is_dead_for_a_minute_nothing_is_lost() {
    let wanted = Wanted { door: false, ..Wanted::prosody() };
    if World::skipped("through_an_ordinary_account", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let broadcaster = Broadcaster::on_air_in(&world.house.namespace("receiver"), 600, 5);
    let receiver = world.receiver(&format!(
        "{}[uplink]\njid = \"tv@example.org\"\npassword_file = \"{}\"\nca_file = \"{}\"\n",
        broadcaster.tables(),
        world.password_file().display(),
        world.roots().display()
    ));
    wait_for("the guide", || !receiver.ask("status")["guide_until"].is_null());
    let mut joe = world.joe();
    let at = befriend(&receiver, &mut joe, "joe@example.org");
    assert_eq!(at, "tv@example.org");
    joe.tell(&format!("vcard {at}"));
    let card = joe.expect("a vCard", |line| line["event"] == "vcard");
    assert_eq!(card["fn"], "Test Set-top Box", "{card}");
    ask(&mut joe, &at, "record the man with the flower", FEATURE);
    assert_eq!(receiver.ask("timers")[0]["title"], FEATURE);

    world.house.cut();
    let before = joe.heard.len();
    for _ in 0..5 {
        joe.tell(&format!("say {at} what's on"));
    }
    std::thread::sleep(DEAD);
    world.house.mend();
    for _ in 0..5 {
        joe.expect("an answer", |line| line["event"] == "message" && from(line, &at));
    }
    ask(&mut joe, &at, "help", "record");
    let after = joe.heard.iter().skip(before);
    let answers = after.filter(|line| line["event"] == "message" && from(line, &at)).count();
    assert_eq!(answers, 6, "every question is answered once");
}
