//! Contacts on other servers, as the embedding program sees them.

use std::time::Duration;

use televisor_server::{Neighbour, Subscription};
use televisor_xmpp::element::Element;
use televisor_xmpp::jid::BareJid;
use televisor_xmpp::ns;
use tokio::time::timeout;

use crate::household::{ANN, DOMAIN, Household, RESIDENT};

fn outside(household: &Household) -> Neighbour {
    household.server.neighbour("outside.example".parse().unwrap())
}

fn presence(kind: &str, from: &str, to: &str) -> Element {
    let presence = Element::builder("presence", ns::CLIENT).attr("type", kind);
    presence.attr("from", from).attr("to", to).build()
}

/// Waits for what the household says to the world outside.
async fn heard(outside: &mut Neighbour) -> (String, String) {
    let said = timeout(Duration::from_secs(5), outside.next()).await.unwrap().unwrap();
    let of = |name| said.attr(name).unwrap_or_default().to_owned();
    (of("type"), of("from"))
}

#[tokio::test]
async fn an_account_that_is_forgotten_leaves_its_contacts_outside() {
    let household = Household::inhabited().await;
    let mut outside = outside(&household);
    household.server.accounts_changed();
    let mut ann = household.login(ANN, "home").await;
    ann.send("<presence type='subscribe' to='joe@outside.example'/>").await;
    let ann_bare = format!("{ANN}@{DOMAIN}");
    assert_eq!(heard(&mut outside).await, ("subscribe".into(), ann_bare.clone()));
    household.people.forget(ANN);
    household.server.accounts_changed();
    assert_eq!(heard(&mut outside).await, ("unsubscribe".into(), ann_bare));
}

#[tokio::test]
async fn the_program_sees_its_contacts_and_how_it_stands_to_them() {
    let household = Household::inhabited().await;
    let mut outside = outside(&household);
    let joe: BareJid = "joe@outside.example".parse().unwrap();
    let of_joe = || household.server.subscription(RESIDENT, &joe);
    assert_eq!(of_joe().await.unwrap(), None);
    let subscribe = presence("subscribe", &format!("{RESIDENT}@{DOMAIN}"), "joe@outside.example");
    household.server.send(RESIDENT, subscribe);
    assert_eq!(heard(&mut outside).await.0, "subscribe");
    assert_eq!(of_joe().await.unwrap(), Some(Subscription::NoneOut));
    let to = format!("{RESIDENT}@{DOMAIN}");
    outside.send(presence("subscribed", "joe@outside.example", &to)).await;
    let contacts = household.server.contacts(RESIDENT).await.unwrap();
    assert_eq!(contacts, [(joe.clone(), Subscription::To)]);
    household.server.drop_contact(RESIDENT, &joe).await;
    assert_eq!(of_joe().await.unwrap(), None);
}

#[tokio::test]
async fn requests_of_strangers_are_kept_within_bounds() {
    let household = Household::inhabited().await;
    let outside = outside(&household);
    let to = format!("{RESIDENT}@{DOMAIN}");
    for number in 0..40 {
        outside.send(presence("subscribe", &format!("eve{number}@outside.example"), &to)).await;
    }
    let contacts = household.server.contacts(RESIDENT).await.unwrap();
    assert_eq!(contacts.len(), 16);
    // The latest are kept.
    assert!(contacts.iter().any(|(jid, _)| jid.to_string() == "eve39@outside.example"));
    assert!(contacts.iter().all(|(jid, _)| jid.to_string() != "eve0@outside.example"));
}

#[tokio::test]
async fn contacts_outside_see_residents_go_when_the_server_ends() {
    let household = Household::inhabited().await;
    let mut outside = outside(&household);
    let resident = format!("{RESIDENT}@{DOMAIN}");
    outside.send(presence("subscribe", "joe@outside.example", &resident)).await;
    household.server.send(RESIDENT, presence("subscribed", &resident, "joe@outside.example"));
    assert_eq!(heard(&mut outside).await.0, "subscribed");
    assert_eq!(heard(&mut outside).await, (String::new(), resident.clone()));
    household.server.shutdown().await;
    assert_eq!(heard(&mut outside).await, ("unavailable".into(), resident));
}
