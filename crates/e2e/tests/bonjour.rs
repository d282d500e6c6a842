//! Stock Bonjour browsers in another network namespace find what the 2010 page promises.

use std::path::Path;

use serde_json::Value;
use televisor_e2e::houses::Houses;
use televisor_e2e::program::rig;
use televisor_e2e::receiver::{Receiver, Setup};
use televisor_e2e::script::Script;
use televisor_e2e::skip;

const NAME: &str = "Test Set-top Box";

fn receiver_in(houses: &Houses) -> Receiver {
    Receiver::start(Setup {
        extra: "[discovery]\ninterfaces = [\"eth0\"]\n".to_owned(),
        namespace: Some(houses.tv()),
        ports: (5222, 8010),
        address: "[::]".to_owned(),
        ..Setup::quiet()
    })
}

fn is(line: &Value, event: &str, kind: &str) -> bool {
    line["event"] == event && line["type"] == format!("{kind}.local.")
}

#[test]
fn an_independent_browser_sees_every_service_and_pairing_only_while_it_is_open() {
    let test = "an_independent_browser_sees_every_service";
    let Some(python) = skip::python(test) else { return };
    if skip::without_namespaces(test) {
        return;
    }
    let houses = Houses::build();
    let kinds = ["_xmpp-server._tcp", "_xmpp-client._tcp", "_http._tcp", "_remote-pairing._tcp"];
    let mut browser =
        Script::start(houses.on_phone(&python).arg(rig("browse_zeroconf.py")).args(kinds));
    let mut receiver = receiver_in(&houses);
    let uuid = receiver.ask("status")["uuid"].as_str().unwrap().to_owned();
    let pairing = browser.expect("pairing at first start", |l| is(l, "added", kinds[3]));
    assert_eq!(pairing["txt"]["txtvers"], "1", "{pairing}");
    assert_eq!(pairing["txt"]["uuid"], uuid.as_str(), "{pairing}");
    assert_eq!(pairing["txt"]["path"], "/pairing", "{pairing}");
    assert_eq!(pairing["txt"].as_object().unwrap().len(), 3, "{pairing}");

    for (kind, port) in [(kinds[0], 5222), (kinds[1], 5222), (kinds[2], 8010)] {
        let found = browser.expect_at_any_time(kind, |l| is(l, "added", kind));
        assert_eq!(found["name"], format!("{NAME}.{kind}.local."), "{found}");
        assert_eq!(found["server"], "test-set-top-box.local.", "{found}");
        assert_eq!(found["port"], port, "{found}");
        let addresses = found["addresses"].as_array().unwrap();
        assert!(addresses.contains(&Value::from("192.168.77.10")), "{found}");
        assert!(addresses.contains(&Value::from("fd77::10")), "{found}");
    }
    assert!(receiver.control(&["pairing", "close"]).status.success());
    browser.expect("pairing to go", |l| is(l, "removed", kinds[3]));
    receiver.open_pairing();
    let mut later =
        Script::start(houses.on_phone(&python).arg(rig("browse_zeroconf.py")).arg(kinds[3]));
    later.expect("pairing to be back for whoever looks", |l| is(l, "added", kinds[3]));
    assert_eq!(receiver.stop(), Some(0));
    browser.expect("a goodbye", |l| is(l, "removed", kinds[0]));
}

#[test]
fn avahi_resolves_the_records_of_the_2010_page() {
    let test = "avahi_resolves_the_records_of_the_2010_page";
    if ["avahi-browse", "avahi-daemon", "dbus-daemon"].iter().any(|p| skip::without(test, p))
        || skip::without_namespaces(test)
    {
        return;
    }
    let houses = Houses::build();
    let _receiver = receiver_in(&houses);
    let output = houses
        .on_phone(Path::new("unshare"))
        .arg("-m")
        .arg(rig("avahi-browse"))
        .args(["20", "_xmpp-server._tcp", "_remote-pairing._tcp"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let resolved: Vec<&str> = text.lines().filter(|line| line.starts_with('=')).collect();
    let record = r"Test\032Set-top\032Box;_xmpp-server._tcp;local;test-set-top-box.local;192.168.77.10;5222;";
    assert!(resolved.iter().any(|line| line.contains(record)), "{text}");
    assert!(resolved.iter().any(|line| line.contains("_remote-pairing._tcp;local")), "{text}");
}

#[test]
fn a_second_receiver_of_the_same_name_is_renamed_everywhere() {
    let test = "a_second_receiver_of_the_same_name_is_renamed";
    let Some(python) = skip::python(test) else { return };
    if skip::without_namespaces(test) {
        return;
    }
    let houses = Houses::build();
    let _first = receiver_in(&houses);
    let kinds = ["_xmpp-server._tcp", "_http._tcp"];
    let mut browser =
        Script::start(houses.on_phone(&python).arg(rig("browse_zeroconf.py")).args(kinds));
    browser.expect("the first", |l| is(l, "added", kinds[0]));
    let _second = Receiver::start(Setup {
        extra: "[discovery]\ninterfaces = [\"eth0\"]\n".to_owned(),
        namespace: Some(houses.phone()),
        ports: (5222, 8010),
        address: "[::]".to_owned(),
        ..Setup::quiet()
    });
    for kind in kinds {
        let name = format!("{NAME} (2).{kind}.local.");
        let found = browser.expect_at_any_time(kind, |l| l["name"] == name.as_str());
        assert_eq!(found["server"], "test-set-top-box-2.local.", "{found}");
    }
}
