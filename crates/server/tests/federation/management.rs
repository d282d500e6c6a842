//! XEP-0198 between servers: nothing lost, nothing twice.

use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::ns;

use crate::certificates::{Authority, self_signed};
use crate::house::{House, Plan, address};
use crate::proxy::Proxy;
use crate::raw::{Raw, vouch_for};

/// Two houses, and the line from the first to the second, which can be cut.
async fn rig(authority: Option<&Authority>) -> (House, House, Proxy) {
    let (near, far) = (address(), address());
    let plan = |name: &str| match authority {
        None => Plan::at(name),
        Some(authority) => Plan {
            certificate: authority.certificate(name),
            ca_file: Some(authority.file.clone()),
            ..Plan::at(name)
        },
    };
    let one = House::build(plan(&near)).await;
    let behind = Plan { listen: vec!["127.0.0.1:0".to_owned()], ..plan(&far) };
    let other = House::build(behind).await;
    let to = other.server.federation_addrs()[0];
    let proxy = Proxy::new(&format!("{far}:5269"), to).await;
    (one, other, proxy)
}

async fn nothing_is_lost_and_nothing_twice(authority: Option<&Authority>) {
    let (one, other, line) = rig(authority).await;
    let to = other.resident();
    one.say(&to, "0", "begin?");
    assert_eq!(other.hears_body().await, "begin?");
    assert_eq!(one.hears_body().await, "you asked: begin");
    let mut number = 0;
    for _ in 0..3 {
        line.swallow();
        for _ in 0..5 {
            number += 1;
            one.say(&to, &number.to_string(), &number.to_string());
            other.say(&one.resident(), &number.to_string(), &number.to_string());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        line.cut();
        for expected in number - 4..=number {
            assert_eq!(other.hears_body().await, expected.to_string());
            assert_eq!(one.hears_body().await, expected.to_string());
        }
    }
    assert!(other.heard_no_more().await && one.heard_no_more().await);
    assert!(line.connections() >= 4, "there were cuts");
}

#[tokio::test]
async fn with_certificates_a_line_that_is_cut_loses_and_repeats_nothing() {
    nothing_is_lost_and_nothing_twice(Some(&Authority::new())).await;
}

#[tokio::test]
async fn with_dialback_a_line_that_is_cut_loses_and_repeats_nothing() {
    nothing_is_lost_and_nothing_twice(None).await;
}

#[tokio::test]
async fn stanzas_are_acknowledged_and_a_broken_stream_resumed() {
    let house = House::build(Plan::at(&address())).await;
    let name = address();
    vouch_for(&name, self_signed(&name)).await;
    let to = house.resident();
    let mut raw = enter(&name, &house).await;
    raw.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
    let enabled = raw.element().await;
    assert!(enabled.is("enabled", ns::STREAM_MANAGEMENT), "{enabled:?}");
    let id = enabled.attr("id").unwrap().to_owned();
    raw.send(&format!("<message from='joe@{name}' to='{to}'><body>one</body></message>")).await;
    raw.send("<r xmlns='urn:xmpp:sm:3'/>").await;
    assert_eq!(raw.element().await.attr("h"), Some("1"));
    drop(raw);

    let mut raw = enter(&name, &house).await;
    raw.send("<resume xmlns='urn:xmpp:sm:3' previd='wrong' h='0'/>").await;
    let failed = raw.element().await;
    assert!(failed.has_child("item-not-found", ns::STANZA_ERRORS), "{failed:?}");
    raw.send(&format!("<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='0'/>")).await;
    let resumed = raw.element().await;
    assert!(resumed.is("resumed", ns::STREAM_MANAGEMENT), "{resumed:?}");
    assert_eq!(resumed.attr("h"), Some("1"), "the count goes on");
}

#[tokio::test]
async fn management_waits_for_authentication() {
    let house = House::build(Plan::at(&address())).await;
    let name = address();
    let (mut raw, features) = Raw::secure(&name, &house.name, &self_signed(&name)).await;
    assert!(features.has_child("sm", ns::STREAM_MANAGEMENT));
    raw.send(&format!("<db:verify from='{name}' to='{}' id='x'>00</db:verify>", house.name)).await;
    raw.element().await;
    raw.send("<enable xmlns='urn:xmpp:sm:3'/>").await;
    assert!(raw.element().await.is("failed", ns::STREAM_MANAGEMENT));
}

#[tokio::test]
async fn what_cannot_be_delivered_comes_back() {
    let name = address();
    let mut plan = Plan::at(&name);
    plan.limits.wait_unknown = Duration::from_millis(200);
    let house = House::build(plan).await;
    let nobody = address();
    let iq = Element::builder("iq", ns::CLIENT)
        .attr("type", "get")
        .attr("id", "1")
        .attr("to", nobody.as_str())
        .child(Element::new("ping", ns::PING));
    house.server.send(crate::house::RESIDENT, iq.build());
    let error = house.hears().await;
    assert_eq!((error.attr("id"), error.attr("type")), (Some("1"), Some("error")), "{error:?}");
    assert_eq!(error.attr("from"), Some(nobody.as_str()));
    let condition = StanzaError::of(&error).unwrap().condition;
    assert_eq!(condition, televisor_xmpp::error::Condition::RemoteServerTimeout);
    assert_eq!(house.server.federation().queued, 0);
}

async fn enter(name: &str, house: &House) -> Raw {
    let (mut raw, _) = Raw::secure(name, &house.name, &self_signed(name)).await;
    assert_eq!(raw.dialback(name, &house.name).await, "valid");
    raw
}
