//! What a login is bound to, and TLS sessions that go on where they were.

use rustls::HandshakeKind;
use sha2::{Digest as _, Sha256};
use televisor_xmpp::features::{offered_channel_bindings, offered_mechanisms};
use televisor_xmpp::ns;
use televisor_xmpp::sasl::{SaslCondition, SaslReply};
use televisor_xmpp::scram::{ChannelBinding, Hash, Mechanism};

use crate::client::Client;
use crate::household::{ANN, DOMAIN, Household, LAN, PASSCODE};

async fn inside(house: &Household) -> Client {
    let mut client = house.connect(LAN);
    client.features(DOMAIN).await;
    client.starttls().await;
    client
}

#[tokio::test]
async fn both_profiles_offer_the_same_mechanisms_and_the_types_of_channel_binding() {
    let house = Household::new().await;
    let features = inside(&house).await.features(DOMAIN).await;
    assert_eq!(offered_channel_bindings(&features), ["tls-exporter", "tls-server-end-point"]);
    let authentication = features.child("authentication", ns::SASL2).unwrap();
    let names = authentication.children().filter(|child| child.name() == "mechanism");
    assert_eq!(names.map(|n| n.text()).collect::<Vec<_>>(), offered_mechanisms(&features));
    let fast = authentication.child("inline", ns::SASL2).unwrap().child("fast", ns::FAST).unwrap();
    let tokens: Vec<_> = fast.children().map(|mechanism| mechanism.text()).collect();
    assert_eq!(tokens, ["HT-SHA-256-EXPR", "HT-SHA-256-ENDP", "HT-SHA-256-NONE"]);
    assert_eq!(fast.attr("tls-0rtt"), None);
}

#[tokio::test]
async fn a_login_can_be_bound_to_the_certificate() {
    let house = Household::new().await;
    let mut client = inside(&house).await;
    client
        .bind_to(ChannelBinding::tls_server_end_point(Sha256::digest(&house.certificate).to_vec()));
    client.login(DOMAIN, "SCRAM-SHA-256-PLUS", ANN, PASSCODE).await;
}

#[tokio::test]
async fn a_login_bound_to_another_certificate_is_refused() {
    let house = Household::new().await;
    let mut client = inside(&house).await;
    client.features(DOMAIN).await;
    client.bind_to(ChannelBinding::tls_server_end_point(vec![0; 32]));
    let reply = client.authenticate("SCRAM-SHA-256-PLUS", ANN, PASSCODE).await;
    let SaslReply::Failure(failure) = reply else { panic!("{reply:?}") };
    assert_eq!(failure.condition, SaslCondition::NotAuthorized);
}

#[tokio::test]
async fn a_client_that_comes_back_resumes_its_tls_session_and_binds_to_the_new_channel() {
    let house = Household::new().await;
    let tls = house.connect(LAN).tls();
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let mut client = house.connect(LAN);
        client.features(DOMAIN).await;
        client.send(&format!("<starttls xmlns='{}'/>", ns::TLS)).await;
        client.element().await;
        assert_eq!(client.handshake_as(tls.clone()).await, Some(expected));
        client.login(DOMAIN, "SCRAM-SHA-256-PLUS", ANN, PASSCODE).await;
    }
}

#[tokio::test]
async fn a_session_that_begins_inside_tls_is_resumed_too() {
    let house = Household::new().await;
    let mut tls = (*house.connect(LAN).tls()).clone();
    tls.alpn_protocols = vec![b"xmpp-client".to_vec()];
    tls.enable_early_data = true;
    let tls = std::sync::Arc::new(tls);
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let mut client = house.connect(LAN);
        assert_eq!(client.handshake_as(tls.clone()).await, Some(expected));
        client.bind_to(ChannelBinding::tls_server_end_point(
            Sha256::digest(&house.certificate).to_vec(),
        ));
        client.login(DOMAIN, "SCRAM-SHA-256-PLUS", ANN, PASSCODE).await;
    }
}

#[tokio::test]
async fn what_was_offered_is_in_the_challenge() {
    let house = Household::new().await;
    let mut client = inside(&house).await;
    let features = client.features(DOMAIN).await;
    let mechanism = Mechanism { hash: Hash::Sha256, plus: false };
    let first = "n,,n=x,r=fyko+d2lbbFgONRv9qkxdawL";
    let challenge = client.challenge(mechanism, first).await;
    let mut mechanisms = offered_mechanisms(&features);
    mechanisms.sort();
    let offer =
        format!("{}\u{1f}tls-exporter\u{1e}tls-server-end-point", mechanisms.join("\u{1e}"));
    use base64::Engine as _;
    let digest = base64::prelude::BASE64_STANDARD.encode(Sha256::digest(offer));
    assert!(challenge.ends_with(&format!(",h={digest}")), "{challenge}");
}
