//! RFC 6120 sections 4 to 7: who gets in, and under which name.

use televisor_server::Available;
use televisor_xmpp::element::Element;
use televisor_xmpp::features::offered_mechanisms;
use televisor_xmpp::ns;
use televisor_xmpp::sasl::{SaslCondition, SaslReply};
use televisor_xmpp::stream::StreamCondition;

use crate::client::Client;
use crate::household::{ALIAS, ANN, BOB, DOMAIN, Household, LAN, LOOPBACK, PASSCODE};

fn refused(reply: &SaslReply) -> SaslCondition {
    match reply {
        SaslReply::Failure(failure) => failure.condition,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn off_loopback_nothing_but_starttls_is_offered_and_it_is_required() {
    let house = Household::new().await;
    let mut ann = house.connect(LAN);
    let features = ann.features(DOMAIN).await;
    assert!(features.child("starttls", ns::TLS).unwrap().has_child("required", ns::TLS));
    assert!(offered_mechanisms(&features).is_empty());
    let reply = ann.authenticate("PLAIN", ANN, PASSCODE).await;
    assert_eq!(refused(&reply), SaslCondition::EncryptionRequired);
}

#[tokio::test]
async fn every_mechanism_gets_in_over_starttls() {
    let house = Household::new().await;
    let all = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"];
    for mechanism in all {
        let mut ann = house.connect(LAN);
        ann.features(DOMAIN).await;
        ann.starttls().await;
        ann.login(DOMAIN, mechanism, ANN, PASSCODE).await;
        assert_eq!(ann.bind("sofa").await, format!("{ANN}@{DOMAIN}/sofa"));
    }
}

#[tokio::test]
async fn on_loopback_scram_is_offered_in_the_clear_and_plain_is_not() {
    let house = Household::new().await;
    let mut ann = house.connect(LOOPBACK);
    let features = ann.features(DOMAIN).await;
    assert_eq!(offered_mechanisms(&features), ["SCRAM-SHA-256", "SCRAM-SHA-1"]);
    assert!(features.has_child("starttls", ns::TLS));
}

#[tokio::test]
async fn a_stream_to_the_form_of_2010_sees_that_form_everywhere() {
    let house = Household::new().await;
    let mut ann = house.connect(LOOPBACK);
    ann.login(ALIAS, "SCRAM-SHA-1", ANN, PASSCODE).await;
    let jid = ann.bind("sofa").await;
    assert_eq!(jid, format!("{ANN}@{ALIAS}/sofa"));
    let mut bob = house.login(BOB, "hall").await;
    let push = Element::builder("iq", ns::CLIENT)
        .attr("type", "set")
        .attr("id", "p1")
        .attr("from", format!("{ANN}@{DOMAIN}"))
        .child(
            Element::builder("query", ns::ROSTER)
                .child(Element::builder("item", ns::ROSTER).attr("jid", format!("{BOB}@{DOMAIN}"))),
        )
        .build();
    let router = house.server.context().router();
    let all: Vec<_> = router.all().into_iter().map(|session| session.origin.jid.clone()).collect();
    assert_eq!(router.send_all(&all, &push), 2);
    let seen = ann.element().await;
    assert_eq!(seen.attr("from"), Some(format!("{ANN}@{ALIAS}").as_str()));
    assert!(!seen.to_xml().contains(DOMAIN), "{seen:?}");
    assert!(!bob.element().await.to_xml().contains(ALIAS));
}

#[tokio::test]
async fn a_whole_address_as_user_name_means_its_localpart() {
    let house = Household::new().await;
    let mut ann = house.connect(LOOPBACK);
    let user = format!("{}@{ALIAS}", ANN.to_uppercase());
    ann.login(ALIAS, "SCRAM-SHA-1", &user, PASSCODE).await;
}

#[tokio::test]
async fn a_host_that_is_none_of_ours_is_host_unknown() {
    let house = Household::new().await;
    let mut ann = house.connect(LOOPBACK);
    assert_eq!(ann.open("elsewhere.example").await.from.as_deref(), Some(DOMAIN));
    assert_eq!(ann.end().await, Some(StreamCondition::HostUnknown));
}

#[tokio::test]
async fn a_server_is_told_politely_that_there_is_no_federation() {
    let house = Household::new().await;
    let mut server = house.connect(LAN);
    server
        .send(
            "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' \
             to='test-set-top-box.local' from='elsewhere.example' version='1.0'>",
        )
        .await;
    let header = server.header().await;
    assert_eq!(header.namespace, ns::SERVER);
    assert_eq!(header.to.as_deref(), Some("elsewhere.example"));
    assert_eq!(server.end().await, Some(StreamCondition::UnsupportedFeature));
}

#[tokio::test]
async fn the_sixth_guess_is_put_off_and_a_stranger_is_treated_alike() {
    let house = Household::new().await;
    for user in [ANN, "nobody"] {
        let mut guesser = house.connect(LOOPBACK);
        guesser.features(DOMAIN).await;
        for _ in 0..5 {
            let reply = guesser.authenticate("SCRAM-SHA-256", user, "00000001").await;
            assert_eq!(refused(&reply), SaslCondition::NotAuthorized);
        }
        assert_eq!(guesser.end().await, Some(StreamCondition::PolicyViolation));
        let mut again = house.connect(LOOPBACK);
        again.features(DOMAIN).await;
        let reply = again.authenticate("SCRAM-SHA-256", user, PASSCODE).await;
        assert_eq!(refused(&reply), SaslCondition::TemporaryAuthFailure);
    }
}

#[tokio::test]
async fn who_is_not_admitted_from_here_sees_a_wrong_password() {
    let house = Household::new().await;
    let mut away = house.connect("203.0.113.9:5000");
    away.features(DOMAIN).await;
    away.starttls().await;
    away.features(DOMAIN).await;
    let reply = away.authenticate("SCRAM-SHA-256", ANN, PASSCODE).await;
    assert_eq!(refused(&reply), SaslCondition::NotAuthorized);
}

#[tokio::test]
async fn without_a_wish_the_server_makes_the_resource() {
    let house = Household::new().await;
    let mut ann = house.connect(LOOPBACK);
    ann.login(DOMAIN, "SCRAM-SHA-256", ANN, PASSCODE).await;
    let jid = ann.bind("").await;
    assert!(jid.len() > format!("{ANN}@{DOMAIN}/").len() + 16, "{jid}");
}

#[tokio::test]
async fn availability_belongs_to_the_session_that_said_it() {
    let house = Household::new().await;
    let _old = house.login(ANN, "sofa").await;
    let router = house.server.context().router();
    let old = router.sessions(ANN).remove(0).origin;
    let _new = house.login(ANN, "sofa").await;
    let presence = Element::new("presence", ns::CLIENT);
    router.set_available(&old, Some(Available { priority: 1, presence, hides_photo: false }));
    assert!(router.sessions(ANN).remove(0).available.is_none());
}

#[tokio::test]
async fn one_listener_takes_both_families() {
    let house = Household::new().await;
    let port = house.server.local_addrs()[0].port();
    let socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut ann = Client::new(socket, house.certificate.clone());
    ann.login(DOMAIN, "SCRAM-SHA-256", ANN, PASSCODE).await;
    ann.bind("sofa").await;
    if let Ok(socket) = tokio::net::TcpStream::connect(("::1", port)).await {
        let mut bob = Client::new(socket, house.certificate.clone());
        bob.login(DOMAIN, "SCRAM-SHA-256", BOB, PASSCODE).await;
        bob.bind("hall").await;
    }
}
