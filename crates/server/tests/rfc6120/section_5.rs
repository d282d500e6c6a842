//! RFC 6120 section 5: STARTTLS.

use televisor_xmpp::features::offered_mechanisms;
use televisor_xmpp::ns;
use televisor_xmpp::sasl::{SaslCondition, SaslReply};

use crate::household::{ANN, DOMAIN, Household, LAN, LOOPBACK, PASSCODE};

#[tokio::test]
async fn section_5_3_1_tls_is_offered_as_required_and_alone() {
    let house = Household::new().await;
    let features = house.connect(LAN).features(DOMAIN).await;
    assert!(features.child("starttls", ns::TLS).unwrap().has_child("required", ns::TLS));
    assert!(offered_mechanisms(&features).is_empty());
    assert!(!features.has_child("authentication", ns::SASL2));
}

#[tokio::test]
async fn section_5_3_1_nobody_authenticates_before_tls() {
    let house = Household::new().await;
    let mut client = house.connect(LAN);
    client.features(DOMAIN).await;
    let reply = client.authenticate("SCRAM-SHA-256", ANN, PASSCODE).await;
    let SaslReply::Failure(failure) = reply else { panic!("{reply:?}") };
    assert_eq!(failure.condition, SaslCondition::EncryptionRequired);
}

#[tokio::test]
async fn section_5_4_3_3_after_tls_the_features_are_others() {
    let house = Household::new().await;
    let mut client = house.connect(LAN);
    client.features(DOMAIN).await;
    client.starttls().await;
    let features = client.features(DOMAIN).await;
    assert!(!features.has_child("starttls", ns::TLS));
    assert!(offered_mechanisms(&features).iter().any(|name| name == "SCRAM-SHA-1"));
}

#[tokio::test]
async fn section_5_4_3_3_what_came_in_the_clear_is_not_believed_inside() {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    client.features(DOMAIN).await;
    client
        .send(&format!(
            "<starttls xmlns='{}'/><stream:stream xmlns='jabber:client' xmlns:stream='{}' \
             to='injected.example' version='1.0'>",
            ns::TLS,
            ns::STREAMS
        ))
        .await;
    client.element().await;
    client.handshake().await;
    // Had it been believed, the answer were `host-unknown`.
    client.features(DOMAIN).await;
}

#[tokio::test]
async fn section_5_4_2_2_where_there_is_no_certificate_tls_fails_and_the_stream_ends() {
    let house = Household::without_certificate().await;
    let mut client = house.connect(LOOPBACK);
    let features = client.features(DOMAIN).await;
    assert!(!features.has_child("starttls", ns::TLS));
    client.send(&format!("<starttls xmlns='{}'/>", ns::TLS)).await;
    assert!(client.element().await.is("failure", ns::TLS));
    assert_eq!(client.end().await, None);
}
