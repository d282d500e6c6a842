//! Receivers as parts of a server that exists: two of them on one ejabberd (XEP-0114).

use televisor_e2e::away::acquaintance::{address, ask, befriend};
use televisor_e2e::away::ejabberd::COMPONENTS;
use televisor_e2e::away::{Wanted, World};
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
