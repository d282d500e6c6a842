//! Links on the loopback interface, each test on a multicast port of its own: who sees whom.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

use std::time::Duration;

use televisor_discovery::service::PRESENCE;
use televisor_discovery::{Browser, Publication, Publisher, Service, Told};
use televisor_serverless::{
    About, Availability, Change, Config, Link, Me, Peer, PeerName, Presence,
};
use televisor_xmpp::Element;
use tokio::sync::broadcast;
use tokio::time::timeout;

const WAIT: Duration = Duration::from_secs(20);

fn config(multicast_port: u16) -> Config {
    let discovery = televisor_discovery::Config::loopback().on_port(multicast_port);
    Config { discovery, port: 0, ..Config::default() }
}

fn me(user: &str, machine: &str) -> Me {
    let presence = Presence { nick: Some(format!("Nick of {user}")), ..Presence::default() };
    Me { user: user.to_owned(), machine: machine.to_owned(), presence }
}

async fn link(config: &Config, user: &str, machine: &str) -> Link {
    let (link, _incoming) =
        Link::start(config.clone(), Some(me(user, machine)), None).await.unwrap();
    link
}

async fn watcher(config: &Config) -> Link {
    Link::start(config.clone(), None, None).await.unwrap().0
}

async fn until(
    changes: &mut broadcast::Receiver<Change>,
    wanted: impl Fn(&Change) -> bool,
) -> Change {
    let wait = async {
        loop {
            let change = changes.recv().await.expect("the link goes on");
            if wanted(&change) {
                return change;
            }
        }
    };
    timeout(WAIT, wait).await.expect("in time")
}

async fn appears(changes: &mut broadcast::Receiver<Change>, name: &str) -> Peer {
    let name = PeerName::new(name);
    match until(changes, |c| matches!(c, Change::Appeared(p) if p.name == name)).await {
        Change::Appeared(peer) => peer,
        other => panic!("{other:?}"),
    }
}

async fn goes(changes: &mut broadcast::Receiver<Change>, name: &str) {
    let name = PeerName::new(name);
    until(changes, |c| matches!(c, Change::Gone(gone) if *gone == name)).await;
}

async fn says(changes: &mut broadcast::Receiver<Change>, msg: &str) -> Peer {
    let told = |p: &Peer| p.presence.msg.as_deref() == Some(msg);
    match until(changes, |c| matches!(c, Change::Changed(p) if told(p))).await {
        Change::Changed(peer) => peer,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn two_peers_see_each_other_come_change_and_go_and_neither_sees_itself() {
    let config = config(25_361);
    let juliet = link(&config, "juliet", "pronto").await;
    let mut of_juliet = juliet.changes();
    let romeo = link(&config, "romeo", "forza").await;
    let mut of_romeo = romeo.changes();

    let peer = appears(&mut of_juliet, "romeo@forza").await;
    assert_eq!(peer.presence.nick.as_deref(), Some("Nick of romeo"));
    assert_eq!(peer.addresses[0].port(), romeo.port().unwrap());
    assert_eq!(peer.host, format!("forza-{}.local", romeo.port().unwrap()));
    appears(&mut of_romeo, "juliet@pronto").await;
    assert_eq!(juliet.announced(WAIT).await, Some(PeerName::new("juliet@pronto")));
    assert_eq!(juliet.peers().len(), 1);
    assert_eq!(romeo.peers().len(), 1);

    let mut presence = me("romeo", "forza").presence;
    presence.status = Availability::DoNotDisturb;
    presence.msg = Some("at the ball".to_owned());
    romeo.set_presence(presence).await;
    let peer = says(&mut of_juliet, "at the ball").await;
    assert_eq!(peer.presence.status, Availability::DoNotDisturb);
    assert_eq!(juliet.peer(&PeerName::new("romeo@forza")), Some(peer));

    romeo.close().await;
    goes(&mut of_juliet, "romeo@forza").await;
    assert!(juliet.peers().is_empty());
    juliet.close().await;
}

#[tokio::test]
async fn presence_follows_without_anybody_going_and_the_last_word_is_the_one_that_stays() {
    let config = config(25_362);
    let watch = watcher(&config).await;
    let mut changes = watch.changes();
    let romeo = link(&config, "Romeo Montague", "forza").await;
    appears(&mut changes, "Romeo Montague@forza").await;
    let tell = async |msg: &str| {
        let presence = Presence { msg: Some(msg.to_owned()), ..Presence::default() };
        romeo.set_presence(presence).await;
    };
    for msg in ["one", "two", "one", "two", "three"] {
        tell(msg).await;
    }
    says(&mut changes, "three").await;
    for msg in ["four", "three"] {
        tell(msg).await;
        let change = until(&mut changes, |_| true).await;
        let Change::Changed(peer) = change else { panic!("{change:?}") };
        assert_eq!(peer.presence.msg.as_deref(), Some(msg));
    }
    romeo.close().await;
    watch.close().await;
}

#[tokio::test]
async fn who_only_watches_has_no_name_and_is_seen_by_nobody() {
    let config = config(25_363);
    let watch = watcher(&config).await;
    let juliet = link(&config, "juliet", "pronto").await;
    appears(&mut watch.changes(), "juliet@pronto").await;
    assert_eq!(watch.me(), None);
    assert_eq!(watch.announced(Duration::from_millis(1)).await, None);
    assert!(juliet.peers().is_empty());
    assert!(watch.prove(&PeerName::new("juliet@pronto")).await.is_err());
    watch.close().await;
    juliet.close().await;
}

#[tokio::test]
async fn a_second_one_of_the_same_name_on_this_machine_gets_a_number_behind_the_user() {
    let config = config(25_364);
    let first = link(&config, "juliet", "pronto").await;
    assert_eq!(first.announced(WAIT).await, Some(PeerName::new("juliet@pronto")));
    let second = link(&config, "juliet", "pronto").await;
    assert_eq!(second.announced(WAIT).await, Some(PeerName::new("juliet-1@pronto")));
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn two_of_the_same_name_that_start_together_end_with_different_names() {
    let config = config(25_365);
    let (one, two) =
        tokio::join!(link(&config, "juliet", "pronto"), link(&config, "juliet", "pronto"));
    let settled = async {
        loop {
            let names = (one.announced(WAIT).await, two.announced(WAIT).await);
            let seen = (one.peers().len(), two.peers().len());
            if names.0.is_some() && names.0 != names.1 && seen == (1, 1) {
                return names;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let names = timeout(WAIT * 2, settled).await.expect("settled");
    let mut names = [names.0.unwrap().to_string(), names.1.unwrap().to_string()];
    names.sort();
    assert_eq!(names, ["juliet-1@pronto", "juliet@pronto"]);
    one.close().await;
    two.close().await;
}

/// Announces a peer of another machine: an address on the loopback net that is not ours.
async fn impostor(config: &Config, instance: &str) -> Publisher {
    let mut publisher = Publisher::open(&config.discovery).unwrap();
    let service = Service::new(PRESENCE, 4242).with("txtvers", "1").with("msg", "it is me");
    let host = "forza".to_owned();
    let publication = Publication { instance: instance.to_owned(), host, service };
    publisher.publish(&publication, false).unwrap();
    assert_eq!(publisher.next().await, Some(Told::Announced));
    publisher
}

#[tokio::test]
async fn whoever_takes_our_name_later_is_noticed_and_shown() {
    let config = config(25_366);
    let juliet = link(&config, "juliet", "pronto").await;
    juliet.announced(WAIT).await.expect("announced");
    let mut changes = juliet.changes();
    let impostor = impostor(&config, "juliet@pronto").await;
    let peer = appears(&mut changes, "juliet@pronto").await;
    assert_eq!(peer.presence.msg.as_deref(), Some("it is me"));
    let named = async {
        while juliet.announced(WAIT).await != Some(PeerName::new("juliet-1@pronto")) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(WAIT, named).await.expect("announced under another name");
    impostor.close().await;
    juliet.close().await;
}

#[tokio::test]
async fn a_new_name_takes_the_place_of_the_old() {
    let config = config(25_367);
    let watch = watcher(&config).await;
    let mut changes = watch.changes();
    let juliet = link(&config, "Test Set-top Box", "test-set-top-box").await;
    appears(&mut changes, "Test Set-top Box@test-set-top-box").await;
    juliet.rename("Bedroom. TV", "bedroom-tv").await;
    goes(&mut changes, "Test Set-top Box@test-set-top-box").await;
    appears(&mut changes, "Bedroom TV@bedroom-tv").await;
    assert_eq!(juliet.me(), Some(PeerName::new("Bedroom TV@bedroom-tv")));
    juliet.close().await;
    watch.close().await;
}

#[tokio::test]
async fn capabilities_are_told_of_what_the_crate_answers() {
    let mut config = config(25_368);
    let watch = watcher(&config).await;
    config.about =
        About { caps_node: Some("https://example.org/tv".to_owned()), ..About::default() };
    let juliet = link(&config, "juliet", "pronto").await;
    let peer = appears(&mut watch.changes(), "juliet@pronto").await;
    let caps = peer.presence.caps.expect("capabilities");
    assert_eq!((caps.node.as_str(), caps.hash.as_str()), ("https://example.org/tv", "sha-1"));
    juliet.close().await;
    watch.close().await;
}

#[tokio::test]
async fn goodbyes_are_said_when_the_last_handle_is_dropped() {
    let config = config(25_369);
    let watch = watcher(&config).await;
    let mut changes = watch.changes();
    let juliet = link(&config, "juliet", "pronto").await;
    appears(&mut changes, "juliet@pronto").await;
    drop(juliet.clone());
    drop(juliet);
    goes(&mut changes, "juliet@pronto").await;
    watch.close().await;
}

#[tokio::test]
async fn a_peer_that_cannot_be_asked_for_by_name_is_still_seen_and_goes() {
    let config = config(25_370);
    let watch = watcher(&config).await;
    let mut changes = watch.changes();
    let other = impostor(&config, "romeo.montague@forza").await;
    let peer = appears(&mut changes, "romeo.montague@forza").await;
    assert_eq!(peer.presence.msg.as_deref(), Some("it is me"));
    other.close().await;
    goes(&mut changes, "romeo.montague@forza").await;
    watch.close().await;
}

#[tokio::test]
async fn a_peer_that_lost_power_goes_when_something_is_sent_to_it() {
    let config = config(25_372);
    let juliet = link(&config, "juliet", "pronto").await;
    let mut changes = juliet.changes();
    let romeo = impostor(&config, "romeo@forza").await;
    appears(&mut changes, "romeo@forza").await;
    romeo.abandon().await;
    let message = Element::new("message", "jabber:client");
    assert!(juliet.send(&PeerName::new("romeo@forza"), message).await.is_err());
    goes(&mut changes, "romeo@forza").await;
    juliet.close().await;
}

#[tokio::test]
async fn the_records_are_those_of_the_xep() {
    let config = config(25_371);
    let juliet = link(&config, "juliet", "pronto").await;
    juliet.announced(WAIT).await.expect("announced");
    let port = juliet.port().unwrap();
    let browser = Browser::open(&config.discovery).unwrap();
    let found = browser.first(PRESENCE, WAIT, |_| true).await.unwrap().expect("found");
    assert_eq!(found.instance, "juliet@pronto");
    assert_eq!((found.host, found.port), (format!("pronto-{port}.local"), port));
    let txt: Vec<String> = found.txt.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let port = format!("port.p2pj={port}");
    assert_eq!(txt, ["txtvers=1", port.as_str(), "status=avail", "nick=Nick of juliet"]);
    browser.close().await;
    juliet.close().await;
}
