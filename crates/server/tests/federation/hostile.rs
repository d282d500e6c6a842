//! Strangers between servers.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;

use crate::certificates::self_signed;
use crate::house::{House, Plan, address};
use crate::raw::{Raw, vouch_for};

#[tokio::test]
async fn without_tls_there_is_nothing_but_tls() {
    let house = House::build(Plan::at(&address())).await;
    let name = address();
    let mut raw = Raw::connect(&name, &house.name).await;
    let features = raw.open(&name, &house.name).await;
    assert_eq!(features.children().map(Element::name).collect::<Vec<_>>(), ["starttls"]);
    raw.send(&format!("<db:result from='{name}' to='{}'>00ff</db:result>", house.name)).await;
    assert_eq!(raw.end().await, Some(StreamCondition::PolicyViolation));
}

#[tokio::test]
async fn nothing_passes_before_authentication() {
    let house = House::build(Plan::at(&address())).await;
    let name = address();
    let (mut raw, features) = Raw::secure(&name, &house.name, &self_signed(&name)).await;
    assert!(!features.has_child("mechanisms", ns::SASL));
    let to = house.resident();
    raw.send(&format!("<message from='joe@{name}' to='{to}'><body>hi</body></message>")).await;
    assert_eq!(raw.end().await, Some(StreamCondition::NotAuthorized));
    assert!(house.heard_no_more().await);
}

#[tokio::test]
async fn nor_on_a_stream_that_only_asks_about_keys() {
    let house = House::build(Plan::at(&address())).await;
    let name = address();
    let (mut raw, _) = Raw::secure(&name, &house.name, &self_signed(&name)).await;
    raw.send(&format!("<db:verify from='{name}' to='{}' id='x'>00ff</db:verify>", house.name))
        .await;
    raw.element().await;
    let to = house.resident();
    raw.send(&format!("<message from='joe@{name}' to='{to}'><body>hi</body></message>")).await;
    assert_eq!(raw.end().await, Some(StreamCondition::NotAuthorized));
    assert!(house.heard_no_more().await);
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_unknown() {
    let house = House::build(Plan::at(&address())).await;
    let name = address();
    let mut raw = Raw::connect(&name, &house.name).await;
    raw.send_header(&name, "example.org", "").await;
    assert_eq!(raw.end().await, Some(StreamCondition::HostUnknown));
}

#[tokio::test]
async fn a_crowd_at_the_door_of_servers_keeps_no_other_server_out() {
    let house = House::build(Plan::at(&address())).await;
    let mut crowd = Vec::new();
    for _ in 0..9 {
        let from = address();
        for _ in 0..10 {
            crowd.push(Raw::connect(&from, &house.name).await);
        }
    }
    let friend = House::build(Plan::at(&address())).await;
    friend.say(&house.resident(), "1", "hello");
    assert_eq!(house.hears_body().await, "hello");
    drop(crowd);
}

#[tokio::test]
async fn a_stream_of_claims_that_come_to_nothing_is_ended() {
    let house = House::build(Plan::at(&address())).await;
    let name = address();
    let (mut raw, _) = Raw::secure(&name, &house.name, &self_signed(&name)).await;
    for _ in 0..Plan::at(&name).limits.claims {
        assert_eq!(raw.dialback(&house.name, &house.name).await, "error", "that is us");
    }
    assert_eq!(raw.end().await, Some(StreamCondition::PolicyViolation));
}

#[tokio::test]
async fn whoever_has_many_domains_keeps_no_other_out() {
    let mut plan = Plan::at(&address());
    plan.limits.inside = 3;
    plan.limits.inside_per_address = 3;
    let house = House::build(plan).await;
    let crowd = address();
    let (mut raw, _) = Raw::secure(&crowd, &house.name, &self_signed(&crowd)).await;
    for outcome in ["valid", "valid", "valid", "error"] {
        let name = address();
        vouch_for(&name, self_signed(&name)).await;
        assert_eq!(raw.dialback(&name, &house.name).await, outcome);
    }
    let friend = House::build(Plan::at(&address())).await;
    friend.say(&house.resident(), "1", "hello");
    assert_eq!(house.hears_body().await, "hello");
    assert_eq!(raw.end().await, Some(StreamCondition::ResourceConstraint));
}

#[tokio::test]
async fn a_name_of_ours_with_a_final_dot_is_ours_still() {
    let house = House::build(Plan::at(&address())).await;
    let name = address();
    vouch_for(&name, self_signed(&name)).await;
    let (mut raw, _) = Raw::secure(&name, &house.name, &self_signed(&name)).await;
    assert_eq!(raw.dialback(&name, &house.name).await, "valid");
    let to = format!("{}.", house.resident());
    raw.send(&format!("<message from='joe@{name}' to='{to}'><body>hi</body></message>")).await;
    assert_eq!(house.hears_body().await, "hi");
}

#[tokio::test]
async fn we_are_never_another_server_to_ourselves() {
    let house = House::build(Plan::at(&address())).await;
    house.say(&format!("{}.", house.resident()), "1", "hello");
    let error = house.hears().await;
    let error = error.child("error", ns::CLIENT).unwrap();
    assert!(error.has_child("remote-server-not-found", ns::STANZA_ERRORS), "{error:?}");
    assert_eq!(house.server.federation().queued, 0);
}
