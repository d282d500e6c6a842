//! Announcing and finding on the loopback interface, each test on a port of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step fails the test")]

use std::time::Duration;

use televisor_discovery::service::{HTTP, REMOTE_PAIRING, XMPP_CLIENT, XMPP_SERVER};
use televisor_discovery::{Announcer, Browser, Config, Identity, Seen, Service, find_receivers};
use tokio::time::timeout;

const WAIT: Duration = Duration::from_secs(15);

fn identity() -> Identity {
    Identity { name: "Test Set-top Box".to_owned(), host_label: "test-set-top-box".to_owned() }
}

fn services() -> Vec<Service> {
    vec![
        Service::new(XMPP_SERVER, 5222),
        Service::new(XMPP_CLIENT, 5222),
        Service::new(HTTP, 8010).with("path", "/"),
    ]
}

/// Two receivers have the same addresses on loopback; their UUIDs tell them apart.
fn services_of(uuid: &str) -> Vec<Service> {
    services().into_iter().map(|service| service.with("uuid", uuid)).collect()
}

async fn announce(config: &Config) -> Announcer {
    let announcer = Announcer::start(config.clone(), identity());
    announcer.set(services()).await.unwrap();
    announcer
}

#[tokio::test]
async fn the_seeds_records_are_announced_and_found() {
    let config = Config::loopback().on_port(25_351);
    let announcer = announce(&config).await;
    let names = announcer.announced(WAIT).await.expect("announced");
    assert_eq!(names.instance, "Test Set-top Box");
    assert_eq!(names.host_name(), "test-set-top-box.local");

    let found = find_receivers(&config, Duration::from_secs(2)).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].name, "Test Set-top Box");
    assert_eq!(found[0].host, "test-set-top-box.local");
    let xmpp: Vec<String> = found[0].xmpp.iter().map(ToString::to_string).collect();
    assert!(xmpp.contains(&"127.0.0.1:5222".to_owned()), "{xmpp:?}");
    assert_eq!(found[0].web[0].port(), 8010);
    assert_eq!(found[0].pairing, None);
    announcer.shutdown().await;
}

#[tokio::test]
async fn pairing_appears_and_disappears_while_the_host_stays() {
    let config = Config::loopback().on_port(25_352);
    let announcer = announce(&config).await;
    announcer.announced(WAIT).await.expect("announced");
    let browser = Browser::open(&config).unwrap();
    let mut search = browser.browse(REMOTE_PAIRING).unwrap();

    let mut open = services();
    open.push(Service::remote_pairing(8010, "30146e8b-0d1a-47b9-825d-bebd7c23acaf", "/pairing"));
    announcer.set(open).await.unwrap();
    let seen = timeout(WAIT, search.next()).await.expect("in time");
    let Some(Seen::Found(found)) = seen else { panic!("{seen:?}") };
    assert_eq!(found.instance, "Test Set-top Box");
    let txt: Vec<String> = found.txt.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let uuid = "uuid=30146e8b-0d1a-47b9-825d-bebd7c23acaf";
    assert_eq!(txt, ["txtvers=1", uuid, "path=/pairing"]);

    announcer.set(services()).await.unwrap();
    loop {
        match timeout(WAIT, search.next()).await.expect("in time") {
            Some(Seen::Gone(instance)) => break assert_eq!(instance, "Test Set-top Box"),
            Some(Seen::Found(_)) => {}
            None => panic!("the search has ended"),
        }
    }
    let still = browser.first(XMPP_SERVER, WAIT, |f| !f.addresses.is_empty()).await.unwrap();
    assert!(still.is_some());
    announcer.shutdown().await;
}

#[tokio::test]
async fn a_second_receiver_of_the_same_name_is_renamed_on_every_service() {
    let config = Config::loopback().on_port(25_353);
    let first = announce(&config).await;
    first.announced(WAIT).await.expect("first announced");
    let second = announce(&config).await;
    let names = second.announced(WAIT).await.expect("second announced");
    assert_eq!(names.instance, "Test Set-top Box (2)");
    assert_eq!(names.host, "test-set-top-box-2");

    let found = find_receivers(&config, Duration::from_secs(2)).await.unwrap();
    let seen: Vec<_> = found
        .iter()
        .map(|r| (r.name.as_str(), r.host.as_str(), r.xmpp.is_empty(), r.web.is_empty()))
        .collect();
    assert_eq!(
        seen,
        [
            ("Test Set-top Box", "test-set-top-box.local", false, false),
            ("Test Set-top Box (2)", "test-set-top-box-2.local", false, false),
        ]
    );
    first.shutdown().await;
    second.shutdown().await;
}

#[tokio::test]
async fn two_receivers_started_together_end_with_different_names() {
    let config = Config::loopback().on_port(25_354);
    let (one, two) = (announce(&config).await, announce(&config).await);
    one.set(services_of("one")).await.unwrap();
    two.set(services_of("two")).await.unwrap();
    let settled = async {
        loop {
            let (a, b) = tokio::join!(one.announced(WAIT), two.announced(WAIT));
            let (a, b) = (a.expect("announced"), b.expect("announced"));
            if a.instance != b.instance {
                break [a.instance, b.instance];
            }
            tokio::select! {
                _ = changed(&one, &a) => {}
                _ = changed(&two, &b) => {}
            }
        }
    };
    let mut names = timeout(WAIT * 2, settled).await.expect("settled");
    names.sort();
    assert_eq!(names, ["Test Set-top Box", "Test Set-top Box (2)"]);
    one.shutdown().await;
    two.shutdown().await;
}

async fn changed(announcer: &Announcer, from: &televisor_discovery::Names) {
    let mut names = announcer.names();
    names.wait_for(|names| names != from).await.expect("running");
}

#[tokio::test]
async fn goodbyes_are_sent_on_shutdown() {
    let config = Config::loopback().on_port(25_355);
    let announcer = announce(&config).await;
    announcer.announced(WAIT).await.expect("announced");
    let browser = Browser::open(&config).unwrap();
    let mut search = browser.browse(XMPP_SERVER).unwrap();
    assert!(matches!(timeout(WAIT, search.next()).await, Ok(Some(Seen::Found(_)))));
    announcer.shutdown().await;
    loop {
        match timeout(WAIT, search.next()).await.expect("in time") {
            Some(Seen::Gone(_)) => break,
            Some(Seen::Found(_)) => {}
            None => panic!("the search has ended"),
        }
    }
    assert!(announcer.set(services()).await.is_err());
}

#[tokio::test]
async fn a_new_name_is_announced_in_place_of_the_old() {
    let config = Config::loopback().on_port(25_356);
    let announcer = announce(&config).await;
    announcer.announced(WAIT).await.expect("announced");
    let bedroom = Identity { name: "Bedroom. TV".to_owned(), host_label: "bedroom-tv".to_owned() };
    announcer.rename(bedroom).await.unwrap();
    let browser = Browser::open(&config).unwrap();
    let found = browser.first(XMPP_CLIENT, WAIT, |f| f.host == "bedroom-tv.local").await.unwrap();
    assert_eq!(found.expect("found").instance, "Bedroom. TV");
    announcer.shutdown().await;
}

#[tokio::test]
async fn a_disabled_announcer_is_silent_and_still_ends() {
    let config = Config { enabled: false, ..Config::loopback() };
    let announcer = announce(&config).await;
    assert!(!announcer.names().borrow().announced);
    announcer.shutdown().await;
}
