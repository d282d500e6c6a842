//! Certificates, and who has none, or another's name.

use std::sync::Arc;

use televisor_xmpp::Element;

use super::house::{House, Household, Plan, chat, owner, text};
use crate::error::Error;
use crate::trust::{Credentials, Owner, Pins};

const ANN: &str = "ann@house.example";
const BOB: &str = "bob@house.example";

fn pair(ann: Option<Credentials>, bob: Option<Credentials>) -> (House, House) {
    let (ann, bob) =
        (House::open("ann@laptop", Plan::new(ann)), House::open("bob@phone", Plan::new(bob)));
    ann.meet(&bob);
    (ann, bob)
}

#[tokio::test]
async fn two_of_the_household_prove_each_other() {
    let household = Household::default();
    let (ann, mut bob) = pair(Some(household.member(ANN)), Some(household.member(BOB)));
    assert_eq!(ann.streams.prove(&bob.name).await.unwrap(), Some(owner(BOB)));
    let sent = ann.streams.send(&bob.name, chat("hello")).await.unwrap();
    assert_eq!((sent.encrypted, sent.proven), (true, Some(owner(BOB))));
    let heard = bob.hear().await;
    assert_eq!((heard.encrypted, heard.proven), (true, Some(owner(ANN))));
}

#[tokio::test]
async fn the_household_may_send_more_at_once() {
    let household = Household::default();
    let (ann, mut bob) = pair(Some(household.member(ANN)), Some(household.member(BOB)));
    for piece in 0..4 {
        ann.streams.send(&bob.name, chat(&text(250_000, piece))).await.unwrap();
        assert_eq!(bob.hear_body().await, text(250_000, piece));
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_knows_encrypts_and_proves_nothing() {
    let household = Household::default();
    let (ann, mut eve) = pair(Some(household.member(ANN)), Some(household.stranger()));
    let sent = ann.streams.send(&eve.name, chat("hello")).await.unwrap();
    assert_eq!((sent.encrypted, sent.proven), (true, None));
    assert_eq!(eve.hear().await.proven, Some(owner(ANN)), "who shares the list knows ann");
    let refused = ann.streams.send_proven(&eve.name, BOB, chat("our secret")).await;
    assert!(matches!(refused, Err(Error::NotProven(_))), "{refused:?}");
    let refused = ann.streams.request_proven(&eve.name, BOB, asked()).await;
    assert!(matches!(refused, Err(Error::NotProven(_))), "{refused:?}");
    ann.streams.send(&eve.name, chat("bye")).await.unwrap();
    assert_eq!(eve.hear_body().await, "bye", "nothing came between");
}

/// A household in which everybody has a second address.
struct Two(Household);

impl Pins for Two {
    fn owner(&self, sha256: &[u8; 32]) -> Option<Owner> {
        self.0.owner(sha256)
    }

    fn proves(&self, sha256: &[u8; 32], jid: &str) -> bool {
        self.owner(sha256).is_some_and(|owner| {
            jid == owner.jid || jid == owner.jid.replace("house.example", "garden.example")
        })
    }
}

#[tokio::test]
async fn a_device_of_two_households_is_meant_by_either_address() {
    let household = Household::default();
    let credentials =
        Credentials { pins: Arc::new(Two(household.clone())), ..household.member(ANN) };
    let (ann, mut bob) = pair(Some(credentials), Some(household.member(BOB)));
    for jid in [BOB, "bob@garden.example"] {
        ann.streams.send_proven(&bob.name, jid, chat("for bob")).await.unwrap();
        assert_eq!(bob.hear_body().await, "for bob");
    }
    let refused = ann.streams.send_proven(&bob.name, "bob@attic.example", chat("?")).await;
    assert!(matches!(refused, Err(Error::NotProven(_))), "{refused:?}");
}

#[tokio::test]
async fn who_has_no_certificate_is_spoken_to_in_the_open() {
    let household = Household::default();
    for ann_has_one in [true, false] {
        let one = Some(household.member(ANN));
        let (mut ann, mut bob) = if ann_has_one { pair(one, None) } else { pair(None, one) };
        let sent = ann.streams.send(&bob.name, chat("hello")).await.unwrap();
        assert!(!sent.encrypted && sent.proven.is_none());
        let heard = bob.hear().await;
        assert!(!heard.encrypted && heard.proven.is_none());
        bob.streams.send(&ann.name, chat("hello")).await.unwrap();
        assert!(ann.hear().await.proven.is_none());
        assert_eq!(ann.streams.prove(&bob.name).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_device_that_is_forgotten_proves_nothing_from_then_on() {
    let household = Household::default();
    let (ann, mut bob) = pair(Some(household.member(ANN)), Some(household.member(BOB)));
    ann.streams.send(&bob.name, chat("one")).await.unwrap();
    assert_eq!(bob.hear().await.proven, Some(owner(ANN)));
    household.forget(ANN);
    ann.streams.send(&bob.name, chat("two")).await.unwrap();
    assert_eq!(bob.hear().await.proven, None, "on the stream that was open");
    let refused = bob.streams.send_proven(&ann.name, ANN, chat("?")).await;
    assert!(matches!(refused, Err(Error::NotProven(_))), "{refused:?}");
}

#[tokio::test]
async fn an_impostor_with_a_proven_name_gets_nothing_that_was_meant_for_it() {
    let household = Household::default();
    let (mut ann, mut bob) = pair(Some(household.member(ANN)), Some(household.member(BOB)));
    bob.streams.send(&ann.name, chat("it is I")).await.unwrap();
    assert_eq!(ann.hear().await.proven, Some(owner(BOB)));
    // The same name from the same machine, with a certificate of its own and with none.
    for credentials in [Some(household.stranger()), None] {
        let mut eve = House::open("bob@phone", Plan::new(credentials));
        eve.learn("ann@laptop", ann.port);
        eve.streams.send(&ann.name, chat("it is I, bob")).await.unwrap();
        let heard = ann.hear().await;
        assert_eq!(heard.proven, None);
        assert_ne!(heard.from, bob.name, "the name is another's while that one is there");
        let sent = ann.streams.send(&bob.name, chat("for bob")).await.unwrap();
        assert_eq!(sent.proven, Some(owner(BOB)));
        assert_eq!(bob.hear_body().await, "for bob");
        // What she is answered comes over her own stream.
        ann.streams.send(&heard.from, chat("who are you")).await.unwrap();
        assert_eq!(eve.hear_body().await, "who are you");
    }
}

#[tokio::test]
async fn who_takes_the_name_first_does_not_keep_the_device_from_proving_itself() {
    let household = Household::default();
    let mut ann = House::open("ann@laptop", Plan::new(Some(household.member(ANN))));
    let mut bob = House::open("bob@phone", Plan::new(Some(household.member(BOB))));
    ann.meet(&bob);
    let eve = House::open("bob@phone", Plan::new(Some(household.stranger())));
    eve.learn("ann@laptop", ann.port);
    eve.streams.send(&ann.name, chat("it is I, bob")).await.unwrap();
    let heard = ann.hear().await;
    assert_eq!((heard.from, heard.proven), (bob.name.clone(), None));
    let sent = ann.streams.send_proven(&bob.name, BOB, chat("for bob")).await.unwrap();
    assert_eq!(sent.proven, Some(owner(BOB)));
    assert_eq!(bob.hear_body().await, "for bob");
}

#[tokio::test]
async fn an_answer_from_another_than_was_asked_is_none() {
    let household = Household::default();
    let (mut ann, mut bob) = pair(Some(household.member(ANN)), Some(household.member(BOB)));
    let (streams, to) = (ann.streams.clone(), bob.name.clone());
    let asking = tokio::spawn(async move { streams.request_proven(&to, BOB, asked()).await });
    let id = bob.hear().await.stanza.attr("id").unwrap().to_owned();
    let answer = |text: &str| {
        let payload = Element::builder("q", "urn:example").text(text);
        let iq = Element::builder("iq", "jabber:client").attr("type", "result").attr("id", &id);
        iq.child(payload).build()
    };
    let eve = House::open("bob@phone", Plan::new(Some(household.stranger())));
    eve.learn("ann@laptop", ann.port);
    eve.streams.send(&ann.name, answer("eve")).await.unwrap();
    eve.streams.send(&ann.name, chat("well?")).await.unwrap();
    assert_eq!(ann.hear_body().await, "well?");
    bob.streams.send(&ann.name, answer("bob")).await.unwrap();
    let answered = asking.await.unwrap().unwrap();
    assert_eq!(answered.children().next().unwrap().text(), "bob");
}

fn asked() -> Element {
    let payload = Element::new("q", "urn:example");
    Element::builder("iq", "jabber:client").attr("type", "get").child(payload).build()
}
