//! Receivers as parts of a server that exists: two of them on one ejabberd (XEP-0114).

use televisor_e2e::away::acquaintance::{address, ask, befriend, from};
use televisor_e2e::away::ejabberd::COMPONENTS;
use televisor_e2e::away::{Wanted, World};
use televisor_e2e::program::{rig, root};
use televisor_e2e::receiver::{Receiver, Setup};

fn component(world: &World, namespace: &str, domain: &str) -> Receiver {
    let tables = format!(
        "[component]\nhost = \"{COMPONENTS}\"\ndomain = \"{domain}\"\nsecret_file = \"{}\"\n",
        world.password_file().display()
    );
    let namespace = Some(world.house.namespace(namespace));
    Receiver::start(Setup { namespace, ..world.receiver_setup(&tables) })
}

#[test]
fn two_receivers_are_components_of_one_ejabberd_and_known_beyond_it() {
    let wanted = Wanted { door: false, prosody: true, ..Wanted::ejabberd() };
    if World::skipped("two_receivers_are_components", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let first = component(&world, "receiver", "tv1.example.net");
    let second = component(&world, "phone", "tv2.example.net");
    // One's person is at the same ejabberd, the other's at a server that ejabberd federates with.
    let mut near = world.person("joe@example.net");
    let mut far = world.joe();
    let at = befriend(&first, &mut near, "joe@example.net");
    assert_eq!(at, address(&first, "tv1.example.net"));
    ask(&mut near, &at, "help", "record");
    let at = befriend(&second, &mut far, "joe@example.org");
    assert_eq!(at, address(&second, "tv2.example.net"));
    ask(&mut far, &at, "help", "record");
    let known = |receiver: &Receiver| receiver.ask("accounts").as_array().map(Vec::len);
    assert_eq!((known(&first), known(&second)), (Some(1), Some(1)), "each has its own people");
}

#[test]
fn a_component_is_there_again_after_its_server_was_away() {
    let wanted = Wanted { door: false, ..Wanted::ejabberd() };
    if World::skipped("a_component_is_there_again", &wanted) {
        return;
    }
    let mut world = World::build(&wanted);
    let receiver = component(&world, "receiver", "tv1.example.net");
    let mut joe = world.person("joe@example.net");
    let at = befriend(&receiver, &mut joe, "joe@example.net");
    let ejabberd = world.ejabberd.as_mut().expect("it was wanted");
    ejabberd.stop();
    joe.expect("the end of the session", |line| line["event"] == "disconnected");
    ejabberd.start_again(&world.house);
    let mut joe = world.person("joe@example.net");
    joe.expect("the receiver's presence", |line| line["event"] == "available" && from(line, &at));
    ask(&mut joe, &at, "help", "record");
}

#[test]
fn the_guide_shows_the_file_that_the_tests_use() {
    let guide = std::fs::read_to_string(root().join("docs/away.md")).expect("the guide");
    let file = std::fs::read_to_string(rig("ejabberd.yml")).expect("the rig");
    assert!(guide.contains(&file), "docs/away.md has another ejabberd.yml than crates/e2e/rigs");
}
