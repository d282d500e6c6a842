//! SASL EXTERNAL (XEP-0178), bidirectional streams (XEP-0288), direct TLS (XEP-0368).

use televisor_xmpp::features::offered_mechanisms;
use televisor_xmpp::ns;

use crate::certificates::{Authority, self_signed};
use crate::house::{House, Plan, address};
use crate::raw::Raw;

fn plan(authority: &Authority) -> Plan {
    let name = address();
    let (certificate, ca_file) = (authority.certificate(&name), Some(authority.file.clone()));
    Plan { certificate, ca_file, ..Plan::at(&name) }
}

#[tokio::test]
async fn a_house_that_nobody_can_reach_is_answered_on_its_own_stream() {
    let authority = Authority::new();
    let closed = Plan { listen: Vec::new(), ..plan(&authority) };
    let (closed, open) = (House::build(closed).await, House::build(plan(&authority)).await);
    closed.say(&open.resident(), "1", "what is on?");
    assert_eq!(open.hears_body().await, "what is on?");
    assert_eq!(closed.hears_body().await, "you asked: what is on");
    open.say(&closed.resident(), "2", "and later");
    assert_eq!(closed.hears_body().await, "and later");
}

#[tokio::test]
async fn external_is_offered_for_the_name_of_the_certificate_only() {
    let authority = Authority::new();
    let house = House::build(plan(&authority)).await;
    let (name, other) = (address(), address());
    let good = authority.certificate(&name);
    let (mut raw, features) = Raw::secure(&name, &house.name, &good).await;
    assert_eq!(offered_mechanisms(&features), ["EXTERNAL"]);
    assert!(features.has_child("bidi", ns::BIDI_FEATURE));
    raw.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>").await;
    assert!(raw.element().await.is("success", ns::SASL));
    let features = raw.reopen(&name, &house.name).await;
    assert!(features.has_child("sm", ns::STREAM_MANAGEMENT));
    let to = house.resident();
    raw.send(&format!("<message from='joe@{name}' to='{to}'><body>hi</body></message>")).await;
    assert_eq!(house.hears_body().await, "hi");

    let (_, features) = Raw::secure(&other, &house.name, &good).await;
    assert!(offered_mechanisms(&features).is_empty(), "for another name");
    let (_, features) = Raw::secure(&name, &house.name, &self_signed(&name)).await;
    assert!(offered_mechanisms(&features).is_empty(), "vouched for by nobody");
}

#[tokio::test]
async fn who_claims_another_name_in_sasl_is_refused() {
    let authority = Authority::new();
    let house = House::build(plan(&authority)).await;
    let name = address();
    let (mut raw, _) = Raw::secure(&name, &house.name, &authority.certificate(&name)).await;
    raw.send(
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>ZXhhbXBsZS5vcmc=</auth>",
    )
    .await;
    let failure = raw.element().await;
    assert!(failure.has_child("invalid-authzid", ns::SASL), "{failure:?}");
}

#[tokio::test]
async fn a_certificate_is_as_good_as_a_verified_key() {
    let authority = Authority::new();
    let house = House::build(plan(&authority)).await;
    let name = address();
    let (mut raw, _) = Raw::secure(&name, &house.name, &authority.certificate(&name)).await;
    // Nobody listens at that name.
    assert_eq!(raw.dialback(&name, &house.name).await, "valid");
}

#[tokio::test]
async fn tls_may_begin_with_the_first_byte() {
    let authority = Authority::new();
    let house = House::build(plan(&authority)).await;
    let name = address();
    for alpn in [Some("xmpp-server"), None] {
        let mut raw = Raw::connect(&name, &house.name).await;
        raw.connect_tls(&house.name, &authority.certificate(&name), alpn).await;
        let features = raw.open(&name, &house.name).await;
        assert_eq!(offered_mechanisms(&features), ["EXTERNAL"]);
    }
}
