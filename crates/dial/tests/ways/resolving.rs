//! Targets and addresses.

use std::net::IpAddr;

use televisor_dial::{Error, Resolver, Service, Target};

use crate::dns::{DnsServer, Zone};

fn target(host: &str, port: u16, direct_tls: bool) -> Target {
    Target { host: host.to_owned(), port, direct_tls }
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn both_kinds_of_srv_records_are_merged_by_priority() {
    let zone = Zone::default()
        .srv("_xmpp-server._tcp.example.org", 20, 0, 5269, "late.example.org.")
        .srv("_xmpp-server._tcp.example.org", 5, 0, 5270, "first.example.org.")
        .srv("_xmpps-server._tcp.example.org", 10, 0, 5223, "direct.example.org.");
    let dns = DnsServer::start(zone).await;
    let found = dns.resolver().targets("example.org", Service::XmppServer).await;
    assert_eq!(
        found.unwrap(),
        [
            target("first.example.org", 5270, false),
            target("direct.example.org", 5223, true),
            target("late.example.org", 5269, false),
        ]
    );
}

#[tokio::test]
async fn clients_have_records_of_their_own() {
    let zone = Zone::default()
        .srv("_xmpp-server._tcp.example.org", 1, 0, 5269, "servers.example.org.")
        .srv("_xmpps-client._tcp.example.org", 1, 0, 443, "people.example.org.");
    let dns = DnsServer::start(zone).await;
    let found = dns.resolver().targets("example.org", Service::XmppClient).await;
    assert_eq!(found.unwrap(), [target("people.example.org", 443, true)]);
}

#[tokio::test]
async fn without_srv_the_domain_itself_is_the_target() {
    let zone = Zone::default().address("example.org", "192.0.2.7");
    let dns = DnsServer::start(zone).await;
    let resolver = dns.resolver();
    let servers = resolver.targets("example.org", Service::XmppServer).await;
    assert_eq!(servers.unwrap(), [target("example.org", 5269, false)]);
    let clients = resolver.targets("example.org", Service::XmppClient).await;
    assert_eq!(clients.unwrap(), [target("example.org", 5222, false)]);
}

#[tokio::test]
async fn a_failing_srv_question_leaves_the_domain_itself() {
    let zone = Zone::default()
        .failing("_xmpp-server._tcp.example.org")
        .failing("_xmpps-server._tcp.example.org");
    let dns = DnsServer::start(zone).await;
    let found = dns.resolver().targets("example.org", Service::XmppServer).await;
    assert_eq!(found.unwrap(), [target("example.org", 5269, false)]);
}

#[tokio::test]
async fn a_dot_as_the_target_refuses_the_service() {
    let zone = Zone::default().srv("_xmpp-server._tcp.example.org", 0, 0, 0, ".");
    let dns = DnsServer::start(zone).await;
    let found = dns.resolver().targets("example.org", Service::XmppServer).await;
    assert_eq!(found, Err(Error::Refused { domain: "example.org".to_owned() }));
}

#[tokio::test]
async fn a_dot_for_direct_tls_alone_leaves_starttls() {
    let zone = Zone::default()
        .srv("_xmpps-server._tcp.example.org", 0, 0, 0, ".")
        .srv("_xmpp-server._tcp.example.org", 0, 0, 5269, "a.example.org.")
        .srv("_xmpps-server._tcp.example.net", 0, 0, 0, ".");
    let dns = DnsServer::start(zone).await;
    let resolver = dns.resolver();
    let with = resolver.targets("example.org", Service::XmppServer).await;
    assert_eq!(with.unwrap(), [target("a.example.org", 5269, false)]);
    let without = resolver.targets("example.net", Service::XmppServer).await;
    assert_eq!(without.unwrap(), [target("example.net", 5269, false)]);
}

#[tokio::test]
async fn address_literals_are_their_own_target_and_ask_nobody() {
    let dns = DnsServer::start(Zone::default()).await;
    let resolver = dns.resolver();
    let four = resolver.targets("11.22.33.1", Service::XmppServer).await;
    assert_eq!(four.unwrap(), [target("11.22.33.1", 5269, false)]);
    let six = resolver.targets("[2001:db8::1]", Service::XmppClient).await;
    assert_eq!(six.unwrap(), [target("2001:db8::1", 5222, false)]);
    assert_eq!(resolver.addresses("2001:db8::1").await.unwrap(), addresses(&["2001:db8::1"]));
    assert!(dns.asked().is_empty());
}

#[tokio::test]
async fn local_names_are_refused_without_a_question() {
    let dns = DnsServer::start(Zone::default()).await;
    let resolver = dns.resolver();
    for name in ["set-top-box.local", "a.b.LOCAL.", "local", "router", "localhost", "", "."] {
        let found = resolver.targets(name, Service::XmppServer).await;
        let expected = Error::NotPublic { domain: name.to_owned() };
        assert_eq!(found, Err(expected), "{name:?}");
    }
    assert!(dns.asked().is_empty());
}

#[tokio::test]
async fn ipv6_comes_first_and_the_families_take_turns() {
    let zone = Zone::default()
        .address("example.org", "192.0.2.1")
        .address("example.org", "192.0.2.2")
        .address("example.org", "2001:db8::1");
    let dns = DnsServer::start(zone).await;
    let found = dns.resolver().addresses("example.org").await.unwrap();
    assert_eq!(found[0], "2001:db8::1".parse::<IpAddr>().unwrap());
    assert!(found[1].is_ipv4() && found[2].is_ipv4());
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn an_alias_is_followed() {
    let zone = Zone::default()
        .alias("www.example.org", "host.example.net.")
        .address("host.example.net", "192.0.2.9");
    let dns = DnsServer::start(zone).await;
    let found = dns.resolver().addresses("www.example.org").await.unwrap();
    assert_eq!(found, addresses(&["192.0.2.9"]));
}

#[tokio::test]
async fn an_international_name_is_asked_for_in_ascii() {
    let zone = Zone::default().address("xn--bcher-kva.example", "192.0.2.3");
    let dns = DnsServer::start(zone).await;
    let found = dns.resolver().addresses("bücher.example").await.unwrap();
    assert_eq!(found, addresses(&["192.0.2.3"]));
}

#[tokio::test]
async fn a_missing_name_and_failing_dns_are_told_apart() {
    let dns = DnsServer::start(Zone::default().failing("broken.example")).await;
    let resolver = dns.resolver();
    assert_eq!(
        resolver.addresses("missing.example").await,
        Err(Error::NoSuchDomain { domain: "missing.example".to_owned() })
    );
    let broken = resolver.addresses("broken.example").await.unwrap_err();
    assert!(matches!(broken, Error::DnsFailure { .. }), "{broken}");
    assert!(broken.is_temporary());
}

#[tokio::test(start_paused = true)]
async fn silent_dns_is_a_time_out() {
    let zone = Zone::default().silent("silent.example");
    let dns = DnsServer::start(zone).await;
    let found = dns.resolver().addresses("silent.example").await;
    assert_eq!(found, Err(Error::DnsTimeout { domain: "silent.example".to_owned() }));
    assert!(!dns.asked().is_empty());
}

#[tokio::test]
async fn a_server_is_an_address_with_or_without_port() {
    for good in ["127.0.0.1", "127.0.0.1:5300", "[::1]:53", "::1", "[::1]"] {
        assert!(Resolver::new(Some(good)).is_ok(), "{good}");
    }
    for bad in ["", "dns.example.org", "127.0.0.1:", "127.0.0.1:99999"] {
        assert!(Resolver::new(Some(bad)).is_err(), "{bad}");
    }
    assert!(Resolver::new(None).is_ok());
}

#[tokio::test]
async fn what_strangers_make_us_ask_does_not_lead_into_the_home() {
    let zone = Zone::default()
        .address("inside.example.org", "192.168.1.1")
        .address("both.example.org", "10.0.0.1")
        .address("both.example.org", "11.22.33.5");
    let dns = DnsServer::start(zone).await;
    let resolver = dns.resolver().only_public();
    for inside in ["inside.example.org", "localhost", "127.0.0.1", "[fd00::1]"] {
        let refused = resolver.addresses(inside).await;
        assert!(matches!(refused, Err(Error::NotPublic { .. })), "{inside}: {refused:?}");
    }
    let both = resolver.addresses("both.example.org").await.unwrap();
    assert_eq!(both, addresses(&["11.22.33.5"]));
    assert!(dns.resolver().addresses("inside.example.org").await.is_ok());
}
