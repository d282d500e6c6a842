//! Connections: which target wins, and why there is none.

use std::net::SocketAddr;
use std::time::Duration;

use televisor_dial::{Error, Service, Target, connect, connect_targets};
use tokio::net::TcpListener;

use crate::dns::{DnsServer, Zone};

const DEADLINE: Duration = Duration::from_secs(20);

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port of the loopback where nobody listens.
async fn closed_port() -> u16 {
    listener().await.1
}

#[tokio::test]
async fn the_next_target_is_tried_when_the_first_refuses() {
    let (_open, port) = listener().await;
    let zone = Zone::default()
        .srv("_xmpp-server._tcp.example.org", 1, 0, closed_port().await, "a.example.org.")
        .srv("_xmpps-server._tcp.example.org", 2, 0, port, "b.example.org.")
        .address("a.example.org", "127.0.0.1")
        .address("b.example.org", "127.0.0.1");
    let dns = DnsServer::start(zone).await;
    let resolver = dns.resolver();
    let found = connect(&resolver, "example.org", Service::XmppServer, DEADLINE).await.unwrap();
    assert_eq!(found.addr, SocketAddr::from(([127, 0, 0, 1], port)));
    assert_eq!(found.target, Target { host: "b.example.org".to_owned(), port, direct_tls: true });
}

#[tokio::test]
async fn a_target_whose_name_is_missing_does_not_hinder_the_next() {
    let (_open, port) = listener().await;
    let zone = Zone::default()
        .srv("_xmpp-server._tcp.example.org", 1, 0, 5269, "missing.example.org.")
        .srv("_xmpp-server._tcp.example.org", 2, 0, port, "b.example.org.")
        .address("b.example.org", "127.0.0.1");
    let dns = DnsServer::start(zone).await;
    let found = connect(&dns.resolver(), "example.org", Service::XmppServer, DEADLINE).await;
    assert_eq!(found.unwrap().target.host, "b.example.org");
}

#[tokio::test]
async fn the_other_address_is_taken_when_one_does_not_answer() {
    let (_open, port) = listener().await;
    let zone = Zone::default()
        .srv("_xmpp-server._tcp.example.org", 1, 0, port, "a.example.org.")
        .address("a.example.org", "::1")
        .address("a.example.org", "127.0.0.1");
    let dns = DnsServer::start(zone).await;
    let found = connect(&dns.resolver(), "example.org", Service::XmppServer, DEADLINE).await;
    assert_eq!(found.unwrap().addr.to_string(), format!("127.0.0.1:{port}"));
}

#[tokio::test]
async fn nobody_answering_is_not_a_missing_domain() {
    let zone = Zone::default()
        .srv("_xmpp-server._tcp.example.org", 1, 0, closed_port().await, "a.example.org.")
        .srv("_xmpp-server._tcp.example.org", 2, 0, 5269, "missing.example.org.")
        .address("a.example.org", "127.0.0.1");
    let dns = DnsServer::start(zone).await;
    let resolver = dns.resolver();
    let closed = connect(&resolver, "example.org", Service::XmppServer, DEADLINE).await;
    let problem = closed.unwrap_err();
    assert!(matches!(problem, Error::Unreachable { .. }), "{problem}");
    let missing = connect(&resolver, "missing.org", Service::XmppServer, DEADLINE).await;
    assert_eq!(missing.unwrap_err(), Error::NoSuchDomain { domain: "missing.org".to_owned() });
}

#[tokio::test(start_paused = true)]
async fn the_whole_has_a_deadline() {
    let zone = Zone::default().silent("a.example.org");
    let dns = DnsServer::start(zone).await;
    let targets = [Target { host: "a.example.org".to_owned(), port: 5269, direct_tls: false }];
    let deadline = Duration::from_secs(1);
    let began = tokio::time::Instant::now();
    let late = connect_targets(&dns.resolver(), &targets, "example.org", deadline).await;
    assert!(matches!(late.unwrap_err(), Error::Unreachable { .. }));
    assert!(began.elapsed() < Duration::from_millis(1100));
}

#[tokio::test(start_paused = true)]
async fn silent_dns_is_told_as_such() {
    let zone = Zone::default()
        .silent("_xmpp-server._tcp.example.org")
        .silent("_xmpps-server._tcp.example.org")
        .silent("example.org");
    let dns = DnsServer::start(zone).await;
    let found = connect(&dns.resolver(), "example.org", Service::XmppServer, DEADLINE).await;
    assert_eq!(found.unwrap_err(), Error::DnsTimeout { domain: "example.org".to_owned() });
}
