//! RFC 6120 section 6: SASL.

use televisor_xmpp::ns;
use televisor_xmpp::sasl::{SaslCondition, SaslReply};
use televisor_xmpp::stream::StreamCondition;

use crate::client::Client;
use crate::household::{ANN, BOB, DOMAIN, Household, LOOPBACK, PASSCODE};

async fn ready(house: &Household) -> Client {
    let mut client = house.connect(LOOPBACK);
    client.features(DOMAIN).await;
    client
}

async fn inside(house: &Household) -> Client {
    let mut client = ready(house).await;
    client.starttls().await;
    client.features(DOMAIN).await;
    client
}

/// Sends this, which is to be refused.
async fn refused(client: &mut Client, text: &str) -> SaslCondition {
    client.send(&text.replace("NS", &format!("xmlns='{}'", ns::SASL))).await;
    match SaslReply::from_element(&client.element().await) {
        Ok(Some(SaslReply::Failure(failure))) => failure.condition,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn section_6_4_2_an_equals_sign_is_an_empty_first_message() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    let condition = refused(&mut client, "<auth NS mechanism='SCRAM-SHA-1'>=</auth>").await;
    assert_eq!(condition, SaslCondition::MalformedRequest);
}

#[tokio::test]
async fn section_6_4_2_without_a_first_message_the_challenge_is_empty() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    client.send(&format!("<auth xmlns='{}' mechanism='SCRAM-SHA-1'/>", ns::SASL)).await;
    let challenge = client.element().await;
    assert!(challenge.is("challenge", ns::SASL) && challenge.text().is_empty());
}

#[tokio::test]
async fn section_6_4_4_an_abort_is_answered_and_another_attempt_may_follow() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    client.send(&format!("<auth xmlns='{}' mechanism='SCRAM-SHA-1'/>", ns::SASL)).await;
    client.element().await;
    assert_eq!(refused(&mut client, "<abort NS/>").await, SaslCondition::Aborted);
    let reply = client.authenticate("SCRAM-SHA-1", ANN, PASSCODE).await;
    assert!(matches!(reply, SaslReply::Success(_)), "{reply:?}");
}

#[tokio::test]
async fn section_6_4_5_after_five_failures_the_stream_ends() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    for _ in 0..5 {
        refused(&mut client, "<auth NS mechanism='NONE'/>").await;
    }
    assert_eq!(client.end().await, Some(StreamCondition::PolicyViolation));
}

#[tokio::test]
async fn section_6_4_6_after_success_the_features_offer_to_bind_and_not_to_authenticate() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    client.authenticate("SCRAM-SHA-1", ANN, PASSCODE).await;
    client.restart();
    let features = client.features(DOMAIN).await;
    assert!(features.has_child("bind", ns::BIND));
    assert!(!features.has_child("mechanisms", ns::SASL));
    assert!(!features.has_child("authentication", ns::SASL2));
}

#[tokio::test]
async fn section_6_5_4_plain_in_the_clear_needs_encryption() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    let condition = refused(&mut client, "<auth NS mechanism='PLAIN'>AGEAYg==</auth>").await;
    assert_eq!(condition, SaslCondition::EncryptionRequired);
}

#[tokio::test]
async fn section_6_5_5_what_is_not_base64_is_an_incorrect_encoding() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    for data in ["n,,n=x,r=y", "biws", "====", "a b", "YQ"] {
        let text = format!("<auth NS mechanism='SCRAM-SHA-1'>{data}</auth>");
        let condition = refused(&mut client, &text).await;
        let expected = if data == "biws" {
            SaslCondition::MalformedRequest
        } else {
            SaslCondition::IncorrectEncoding
        };
        assert_eq!(condition, expected, "{data}");
    }
}

#[tokio::test]
async fn section_6_5_6_nobody_acts_for_somebody_else() {
    let house = Household::new().await;
    for authzid in [format!("{BOB}@{DOMAIN}"), "ann@elsewhere.example".to_owned(), "@@".to_owned()]
    {
        let mut client = inside(&house).await;
        let reply = client.plain(&authzid, ANN, PASSCODE).await;
        let SaslReply::Failure(failure) = reply else { panic!("{authzid}: {reply:?}") };
        assert_eq!(failure.condition, SaslCondition::InvalidAuthzid, "{authzid}");
    }
}

#[tokio::test]
async fn section_6_3_8_ones_own_address_is_a_good_authorization_identity() {
    let house = Household::new().await;
    let mut client = inside(&house).await;
    let reply = client.plain(&format!("{ANN}@{DOMAIN}"), ANN, PASSCODE).await;
    assert!(matches!(reply, SaslReply::Success(_)), "{reply:?}");
}

#[tokio::test]
async fn section_6_5_7_a_mechanism_that_is_not_offered_is_invalid() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    for mechanism in ["DIGEST-MD5", "SCRAM-SHA-1-PLUS", "", "HT-SHA-256-NONE"] {
        let text = format!("<auth NS mechanism='{mechanism}'>AA==</auth>");
        let condition = refused(&mut client, &text).await;
        assert_eq!(condition, SaslCondition::InvalidMechanism, "{mechanism}");
    }
    let condition = refused(&mut client, "<auth NS>AA==</auth>").await;
    assert_eq!(condition, SaslCondition::InvalidMechanism);
}

#[tokio::test]
async fn section_6_5_8_what_the_mechanism_does_not_expect_is_malformed() {
    let house = Household::new().await;
    let mut client = inside(&house).await;
    let condition = refused(&mut client, "<auth NS mechanism='PLAIN'>AA==</auth>").await;
    assert_eq!(condition, SaslCondition::MalformedRequest);
}

#[tokio::test]
async fn section_6_5_10_a_wrong_password_and_an_unknown_name_look_alike() {
    let house = Household::new().await;
    for user in [ANN, "nobody"] {
        let mut client = ready(&house).await;
        let reply = client.authenticate("SCRAM-SHA-256", user, "00000001").await;
        let SaslReply::Failure(failure) = reply else { panic!("{reply:?}") };
        assert_eq!(failure.condition, SaslCondition::NotAuthorized);
        assert_eq!(failure.text, None);
    }
}

#[tokio::test]
async fn section_6_5_11_who_fails_too_often_is_put_off() {
    let house = Household::new().await;
    let mut client = ready(&house).await;
    for _ in 0..5 {
        client.authenticate("SCRAM-SHA-256", ANN, "00000001").await;
    }
    let mut again = ready(&house).await;
    let reply = again.authenticate("SCRAM-SHA-256", ANN, PASSCODE).await;
    let SaslReply::Failure(failure) = reply else { panic!("{reply:?}") };
    assert_eq!(failure.condition, SaslCondition::TemporaryAuthFailure);
}
