//! The world that the other tests of `away_*` use, proven by itself: without a receiver.

use std::process::Stdio;

use televisor_e2e::away::{Wanted, World, knot};

#[test]
fn prosody_and_ejabberd_talk_to_each_other() {
    let wanted =
        Wanted { prosody: true, ejabberd: true, prosody_strict: true, ..Wanted::nothing() };
    if World::skipped("prosody_and_ejabberd_talk_to_each_other", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let mut org = world.joe();
    let mut net = world.person("joe@example.net");
    org.tell("say joe@example.net from example.org");
    let heard = net.expect("a message", |line| line["event"] == "message");
    assert_eq!(heard["body"], "from example.org");
    net.tell("ask joe@example.org");
    org.expect("a request", |line| line["event"] == "asked");
    org.tell("accept joe@example.net");
    net.expect("a request back", |line| line["event"] == "asked");
    net.tell("accept joe@example.org");
    org.expect("presence", |line| {
        line["event"] == "available"
            && line["jid"].as_str().unwrap().starts_with("joe@example.net/")
    });
}

#[test]
fn the_router_maps_a_port_and_lets_the_world_in() {
    let wanted = Wanted { door: true, ..Wanted::nothing() };
    if World::skipped("the_router_maps_a_port", &wanted) {
        return;
    }
    let mut world = World::build(&wanted);
    let map = |world: &World| {
        let mut command = world.house.inside("receiver", "natpmpc");
        let words = ["-g", "192.168.77.1", "-a", "5222", "5222", "tcp", "3600"];
        command.args(words).stdout(Stdio::null()).status().unwrap().success()
    };
    let greeting = |world: &World| {
        let listen = "import socket; s = socket.create_server(('', 5222)); print('ready', flush=True); \
                      c, _ = s.accept(); c.sendall(b'from home')";
        let mut home = world.house.inside("receiver", "python3");
        let mut home = home.args(["-c", listen]).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Read::read_exact(home.stdout.as_mut().unwrap(), &mut [0; 6]).unwrap();
        let call =
            "import socket; print(socket.create_connection(('11.22.33.1', 5222), 3).recv(99))";
        let called = world.house.inside("world", "python3").args(["-c", call]).output().unwrap();
        drop(home.kill());
        drop(home.wait());
        String::from_utf8_lossy(&called.stdout).contains("from home")
    };
    assert!(!greeting(&world), "nothing is mapped yet");
    assert!(map(&world));
    assert!(greeting(&world));
    world.restart_router();
    assert!(!greeting(&world), "the router has forgotten it");
    assert!(map(&world));
    assert!(greeting(&world));
}

#[test]
fn dns_takes_signed_updates_and_no_others() {
    let wanted = Wanted::nothing();
    if World::skipped("dns_takes_signed_updates_and_no_others", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let update = |key: &str| {
        let text = format!(
            "server {}\nzone example.com\n{key}update add tv.example.com. 1 A 11.22.33.1\nsend\nquit\n",
            knot::SERVER
        );
        let file = world.folder().join("update");
        std::fs::write(&file, text).unwrap();
        drop(world.house.inside("world", "knsupdate").arg(&file).output().unwrap());
        knot::ask(&world.house, "tv.example.com", "A")
    };
    assert_eq!(update(""), "");
    let key = format!("key hmac-sha256:{} {}\n", knot::TSIG_NAME, knot::TSIG_SECRET);
    assert_eq!(update(&key), "11.22.33.1\n");
    assert_eq!(
        knot::ask(&world.house, "_xmpp-server._tcp.example.org", "SRV"),
        "5 0 5269 xmpp.example.org.\n"
    );
}

#[test]
fn pebble_is_there_and_tells_its_root() {
    let wanted = Wanted { pebble: true, ..Wanted::nothing() };
    if World::skipped("pebble_is_there_and_tells_its_root", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let roots = std::fs::read_to_string(world.roots()).unwrap();
    assert_eq!(roots.matches("BEGIN CERTIFICATE").count(), 2);
}

#[test]
fn over_ipv6_home_reaches_the_world_and_not_the_other_way() {
    let wanted = Wanted { ipv6: true, ..Wanted::prosody() };
    if World::skipped("over_ipv6_home_reaches_the_world", &wanted) {
        return;
    }
    let world = World::build(&wanted);
    let call = |whence: &str, address: &str, port: u16| {
        let call = format!("import socket; socket.create_connection(('{address}', {port}), 1)");
        let mut command = world.house.inside(whence, "python3");
        command.args(["-c", &call]).stderr(Stdio::null()).status().unwrap().success()
    };
    assert!(call("receiver", "2a0e:33::50", 5269));
    world.house.cut();
    assert!(!call("receiver", "2a0e:33::50", 5269), "the line is cut");
    world.house.mend();
    assert!(call("receiver", "2a0e:33::50", 5269));
    let listen = "import socket; s = socket.create_server(('::', 5269), family=socket.AF_INET6); \
                  print('ready', flush=True); s.accept(); s.accept()";
    let mut home = world.house.inside("receiver", "python3");
    let mut home = home.args(["-c", listen]).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Read::read_exact(home.stdout.as_mut().unwrap(), &mut [0; 6]).unwrap();
    assert!(call("phone", "2a0e:77::10", 5269));
    assert!(!call("world", "2a0e:77::10", 5269), "the router lets nothing in by itself");
    drop(home.kill());
    drop(home.wait());
}
