//! One service under names of its owner's choice, on the loopback interface; each test has a
//! multicast port of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

use std::time::Duration;

use televisor_discovery::service::PRESENCE;
use televisor_discovery::{
    Browser, Browsing, Config, Found, Publication, Publisher, Seen, Service, Told,
};
use tokio::time::timeout;

const WAIT: Duration = Duration::from_secs(15);

fn juliet(status: &str) -> Publication {
    Publication {
        instance: "Juliet C@pronto".to_owned(),
        host: "pronto-5298".to_owned(),
        service: Service::new(PRESENCE, 5298).with("txtvers", "1").with("status", status),
    }
}

async fn publish(config: &Config, publication: &Publication) -> Publisher {
    let mut publisher = Publisher::open(config).unwrap();
    publisher.publish(publication, true).unwrap();
    let told = timeout(WAIT, publisher.next()).await.expect("in time");
    assert_eq!(told, Some(Told::Announced));
    publisher
}

async fn next(search: &mut Browsing<'_>) -> Seen {
    timeout(WAIT, search.next()).await.expect("in time").expect("the search goes on")
}

async fn found(search: &mut Browsing<'_>, status: &str) -> Found {
    loop {
        match next(search).await {
            Seen::Found(found) if found.txt("status") == Some(status) => return found,
            Seen::Found(_) => {}
            Seen::Gone(name) => panic!("{name} has gone"),
        }
    }
}

#[tokio::test]
async fn the_owners_names_are_announced_and_a_change_of_text_is_no_goodbye() {
    let config = Config::loopback().on_port(25_391);
    let browser = Browser::open(&config).unwrap();
    let mut search = browser.browse(PRESENCE).unwrap();
    let mut publisher = publish(&config, &juliet("avail")).await;
    let seen = found(&mut search, "avail").await;
    assert_eq!(seen.instance, "Juliet C@pronto");
    assert_eq!((seen.host.as_str(), seen.port), ("pronto-5298.local", 5298));
    publisher.publish(&juliet("away"), false).unwrap();
    assert_eq!(found(&mut search, "away").await.txt("txtvers"), Some("1"));
    publisher.close().await;
    assert_eq!(next(&mut search).await, Seen::Gone("Juliet C@pronto".to_owned()));
}

#[tokio::test]
async fn whoever_comes_second_is_told_of_the_conflict_and_the_first_one_stays() {
    let config = Config::loopback().on_port(25_392);
    let browser = Browser::open(&config).unwrap();
    let mut search = browser.browse(PRESENCE).unwrap();
    let first = publish(&config, &juliet("avail")).await;
    found(&mut search, "avail").await;
    let mut second = Publisher::open(&config).unwrap();
    let mut other = juliet("dnd");
    (other.host, other.service.port) = ("pronto-5299".to_owned(), 5299);
    second.publish(&other, true).unwrap();
    let told = timeout(WAIT, second.next()).await.expect("in time");
    assert_eq!(told, Some(Told::Conflict));
    second.close().await;
    let there = browser.collect(PRESENCE, Duration::from_secs(2)).await.unwrap();
    let there: Vec<_> = there.iter().map(|found| (found.instance.as_str(), found.port)).collect();
    assert_eq!(there, [("Juliet C@pronto", 5298)]);
    first.close().await;
}

#[tokio::test]
async fn who_left_without_a_goodbye_is_gone_when_asked_after() {
    let config = Config::loopback().on_port(25_393);
    let browser = Browser::open(&config).unwrap();
    let mut search = browser.browse(PRESENCE).unwrap();
    let publisher = publish(&config, &juliet("avail")).await;
    found(&mut search, "avail").await;
    publisher.abandon().await;
    assert!(browser.remembered().await.unwrap() > 0);
    browser.verify(PRESENCE, "Juliet C@pronto").unwrap();
    loop {
        if let Seen::Gone(name) = next(&mut search).await {
            break assert_eq!(name, "Juliet C@pronto");
        }
    }
}

#[tokio::test]
async fn a_host_of_this_machine_is_not_taken() {
    let config = Config::loopback().on_port(25_394);
    let first = publish(&config, &juliet("avail")).await;
    let second = Publisher::open(&config).unwrap();
    assert!(!second.host_taken("pronto-5298").await.unwrap());
    assert!(!second.host_taken("forza-5298").await.unwrap());
    first.close().await;
}
