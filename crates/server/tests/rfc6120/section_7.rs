//! RFC 6120 section 7: resource binding.

use televisor_server::Limits;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;

use crate::client::Client;
use crate::household::{ANN, DOMAIN, Household, LOOPBACK, PASSCODE};

async fn authenticated(house: &Household) -> Client {
    let mut client = house.connect(LOOPBACK);
    client.login(DOMAIN, "SCRAM-SHA-256", ANN, PASSCODE).await;
    client
}

async fn refused(client: &mut Client, resource: &str) -> Condition {
    client
        .send(&format!("<iq type='set' id='b'><bind xmlns='{}'>{resource}</bind></iq>", ns::BIND))
        .await;
    let reply: Element = client.element().await;
    StanzaError::of(&reply).unwrap_or_else(|| panic!("{reply:?}")).condition
}

#[tokio::test]
async fn section_7_3_1_nothing_but_a_request_to_bind_is_taken_before_one() {
    for stanza in
        ["<presence/>", "<message/>", "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"]
    {
        let house = Household::new().await;
        let mut client = authenticated(&house).await;
        client.send(stanza).await;
        assert_eq!(client.end().await, Some(StreamCondition::NotAuthorized), "{stanza}");
    }
}

#[tokio::test]
async fn section_7_6_1_the_server_makes_a_resource_nobody_can_guess() {
    let house = Household::new().await;
    let (one, two) =
        (authenticated(&house).await.bind("").await, authenticated(&house).await.bind("").await);
    assert_ne!(one, two);
    assert!(one.len() > format!("{ANN}@{DOMAIN}/").len() + 16, "{one}");
}

#[tokio::test]
async fn section_7_6_2_1_an_account_has_so_many_resources_and_no_more() {
    let house = Household::with(Limits { resources: 1, ..Limits::default() }).await;
    let mut first = authenticated(&house).await;
    first.bind("sofa").await;
    let mut second = authenticated(&house).await;
    let condition = refused(&mut second, "<resource>hall</resource>").await;
    assert_eq!(condition, Condition::ResourceConstraint);
}

#[tokio::test]
async fn section_7_7_1_the_resource_that_is_asked_for_is_given() {
    let house = Household::new().await;
    let jid = authenticated(&house).await.bind("sofa").await;
    assert_eq!(jid, format!("{ANN}@{DOMAIN}/sofa"));
}

#[tokio::test]
async fn section_7_7_2_1_a_resource_that_is_none_is_a_bad_request_and_another_may_follow() {
    let house = Household::new().await;
    let mut client = authenticated(&house).await;
    for resource in ["x".repeat(1024), "a&#x200E;\u{ad}\u{7f}".to_owned()] {
        let text = format!("<resource>{resource}</resource>");
        assert_eq!(refused(&mut client, &text).await, Condition::BadRequest);
    }
    client.bind("sofa").await;
}

#[tokio::test]
async fn section_7_7_2_2_the_newer_of_two_sessions_stays() {
    let house = Household::new().await;
    let mut old = house.login(ANN, "sofa").await;
    let mut new = house.login(ANN, "sofa").await;
    assert_eq!(old.end().await, Some(StreamCondition::Conflict));
    new.send(&format!("<iq type='get' id='1' to='{DOMAIN}'><ping xmlns='{}'/></iq>", ns::PING))
        .await;
    assert_eq!(new.element().await.attr("type"), Some("result"));
}

#[tokio::test]
async fn section_7_1_a_second_resource_on_the_same_stream_is_not_allowed() {
    let house = Household::new().await;
    let mut client = house.login(ANN, "sofa").await;
    let condition = refused(&mut client, "<resource>hall</resource>").await;
    assert_eq!(condition, Condition::NotAllowed);
}
