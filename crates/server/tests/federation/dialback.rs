//! XEP-0220 between whole servers and with a raw one.

use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;

use crate::certificates::self_signed;
use crate::house::{House, Plan, address};
use crate::raw::{Raw, vouch_for};

#[tokio::test]
async fn two_servers_with_nothing_but_addresses_talk() {
    let (one, other) =
        (House::build(Plan::at(&address())).await, House::build(Plan::at(&address())).await);
    one.say(&other.resident(), "1", "what is on?");
    let heard = other.hears().await;
    assert_eq!(heard.attr("from"), Some(one.resident().as_str()));
    assert_eq!(heard.attr("to"), Some("tv@television.local"), "inside there is one name");
    let answer = one.hears().await;
    assert_eq!(answer.attr("from"), Some(other.resident().as_str()));
    assert_eq!(answer.attr("to"), Some("tv@television.local"));
    assert_eq!(one.server.federation().outbound, 1);
    assert_eq!(one.server.federation().inbound, 0, "the answer came by the same stream");
    assert_eq!(other.server.federation().inbound, 1);
}

#[tokio::test]
async fn a_key_that_its_server_does_not_know_ends_the_stream() {
    let (house, victim) =
        (House::build(Plan::at(&address())).await, House::build(Plan::at(&address())).await);
    let liar = address();
    let (mut raw, _) = Raw::secure(&liar, &house.name, &self_signed(&liar)).await;
    assert_eq!(raw.dialback(&victim.name, &house.name).await, "invalid");
    assert_eq!(raw.end().await, None);
}

#[tokio::test]
async fn a_domain_that_cannot_be_asked_is_an_error_and_the_stream_goes_on() {
    let (house, name) = (House::build(Plan::at(&address())).await, address());
    let (mut raw, _) = Raw::secure(&name, &house.name, &self_signed(&name)).await;
    assert_eq!(raw.dialback(&name, &house.name).await, "error", "nobody listens there");
    assert_eq!(raw.dialback(&house.name, &house.name).await, "error", "that is us");
    vouch_for(&name, self_signed(&name)).await;
    let other = address();
    vouch_for(&other, self_signed(&other)).await;
    assert_eq!(raw.dialback(&other, &house.name).await, "valid");
}

#[tokio::test]
async fn several_domains_share_a_stream_and_each_speaks_for_itself() {
    let house = House::build(Plan::at(&address())).await;
    let (first, second, third) = (address(), address(), address());
    let (mut raw, features) = Raw::secure(&first, &house.name, &self_signed(&first)).await;
    let dialback = features.child("dialback", ns::DIALBACK_FEATURE).unwrap();
    assert!(dialback.has_child("errors", ns::DIALBACK_FEATURE));
    for name in [&first, &second] {
        vouch_for(name, self_signed(name)).await;
        assert_eq!(raw.dialback(name, &house.name).await, "valid");
        let to = house.resident();
        raw.send(&format!(
            "<message from='joe@{name}' to='{to}' id='a'><body>{name}</body></message>"
        ))
        .await;
        assert_eq!(house.hears_body().await, *name);
    }
    let to = house.resident();
    raw.send(&format!("<message from='joe@{third}' to='{to}'><body>hi</body></message>")).await;
    assert_eq!(raw.end().await, Some(StreamCondition::InvalidFrom));
    assert!(house.heard_no_more().await);
}

#[tokio::test]
async fn our_own_keys_are_known_to_us_and_others_are_not() {
    let house = House::build(Plan::at(&address())).await;
    let asker = address();
    let (mut raw, _) = Raw::secure(&asker, &house.name, &self_signed(&asker)).await;
    let name = &house.name;
    raw.send(&format!("<db:verify from='{asker}' to='{name}' id='x'>00ff</db:verify>")).await;
    let answer = raw.element().await;
    assert_eq!((answer.attr("type"), answer.attr("id")), (Some("invalid"), Some("x")));
    raw.send(&format!("<db:verify from='{asker}' to='example.org' id='x'>00ff</db:verify>")).await;
    assert_eq!(raw.element().await.attr("type"), Some("error"));
}

#[tokio::test]
async fn addresses_that_are_missing_or_not_ours_end_the_stream() {
    let house = House::build(Plan::at(&address())).await;
    let to = house.resident();
    for (addresses, condition) in [
        ("from='joe@NAME'".to_owned(), StreamCondition::ImproperAddressing),
        (format!("to='{to}'"), StreamCondition::ImproperAddressing),
        ("from='joe@NAME' to='ann@example.org'".to_owned(), StreamCondition::HostUnknown),
    ] {
        let name = address();
        vouch_for(&name, self_signed(&name)).await;
        let (mut raw, _) = Raw::secure(&name, &house.name, &self_signed(&name)).await;
        assert_eq!(raw.dialback(&name, &house.name).await, "valid");
        raw.send(&format!("<message {}/>", addresses.replace("NAME", &name))).await;
        assert_eq!(raw.end().await, Some(condition), "{addresses}");
    }
}
