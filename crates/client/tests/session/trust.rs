//! Registering this device's certificate, and keeping those of the household.

use televisor_client::{HouseholdPins, Options, ProfileStore, Session};
use televisor_serverless::Pins as _;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::certificates::{Append, Disable};
use televisor_xmpp::payload::household::{Device, Household};
use televisor_xmpp::{Condition, Element, StanzaError, ns};

use crate::script::{DEVICE, Listener, RECEIVER, Script, pipes, profile};

const TABLET: &str = "5f0c2f5e-52a0-4ff5-8f5e-0a1b2c3d4e5f@tv.local";

struct Rig {
    store: ProfileStore,
    listener: Listener,
    _session: Session,
    _folder: tempfile::TempDir,
}

/// A session that keeps what it is told.
fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let store = ProfileStore::new(folder.path());
    store.keep(&profile()).unwrap();
    let (connect, listener) = pipes();
    let options = Options {
        plain_text: true,
        connect: Some(connect),
        store: Some(store.clone()),
        ..Options::default()
    };
    let session = Session::start(profile(), options);
    Rig { store, listener, _session: session, _folder: folder }
}

fn household(devices: &[(&str, [u8; 32])]) -> Element {
    let device = |(jid, sha256): &(&str, [u8; 32])| Device {
        jid: jid.parse().unwrap(),
        name: "A device".to_owned(),
        certificates: vec![*sha256],
    };
    Household { devices: devices.iter().map(device).collect() }.to_element()
}

fn push(id: &str, from: &str, list: Element) -> Element {
    let iq = Element::builder("iq", ns::CLIENT).attr("type", "set").attr("id", id);
    iq.attr("from", from).child(list).build()
}

async fn answer_with(script: &mut Script, list: Element) {
    let question = script.expect_iq(ns::HOUSEHOLD).await;
    let receiver = format!("{RECEIVER}@tv.local");
    assert_eq!(question.attr("to"), Some(receiver.as_str()));
    script.result(&question, Some(list)).await;
}

#[tokio::test(start_paused = true)]
async fn a_certificate_the_receiver_does_not_know_is_registered() {
    let rig = rig();
    let mut script = rig.listener.accept().await;
    script.welcome().await;
    answer_with(&mut script, household(&[(TABLET, [7; 32])])).await;
    let set = script.expect_iq(ns::CERTIFICATES).await;
    let append = set.child("append", ns::CERTIFICATES).unwrap();
    let sent = Append::read(append).unwrap();
    assert_eq!(sent.der, rig.store.identity().unwrap().certificate().to_vec());
    assert_eq!(HouseholdPins::new(rig.store.clone()).owner(&[7; 32]).unwrap().jid, TABLET);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_the_receiver_knows_is_not_registered_again() {
    let rig = rig();
    let mut script = rig.listener.accept().await;
    script.welcome().await;
    let own = rig.store.identity().unwrap().sha256();
    let list = || household(&[(&format!("{DEVICE}@tv.local"), own)]);
    answer_with(&mut script, list()).await;
    script.send(&push("after", &format!("{RECEIVER}@tv.local"), list())).await;
    assert_eq!(script.expect("iq").await.attr("id"), Some("after"), "nothing came before it");
}

#[tokio::test(start_paused = true)]
async fn one_of_another_time_that_has_our_name_is_replaced() {
    let rig = rig();
    let mut script = rig.listener.accept().await;
    script.welcome().await;
    answer_with(&mut script, household(&[])).await;
    let first = script.expect_iq(ns::CERTIFICATES).await;
    let conflict = StanzaError::new(Condition::Conflict);
    script.send(&conflict.reply_to(&first).unwrap()).await;
    let disable = script.expect_iq(ns::CERTIFICATES).await;
    let name = Disable::read(disable.child("disable", ns::CERTIFICATES).unwrap()).unwrap().name;
    script.result(&disable, None).await;
    let second = script.expect_iq(ns::CERTIFICATES).await;
    let append = Append::read(second.child("append", ns::CERTIFICATES).unwrap()).unwrap();
    assert_eq!(append.name, name);
}

#[tokio::test(start_paused = true)]
async fn another_household_is_taken_from_the_receiver_alone() {
    let rig = rig();
    let mut script = rig.listener.accept().await;
    script.welcome().await;
    let own = (&*format!("{DEVICE}@tv.local"), rig.store.identity().unwrap().sha256());
    answer_with(&mut script, household(&[own, (TABLET, [7; 32])])).await;
    let evil = household(&[own, (TABLET, [6; 32])]);
    script.send(&push("evil", TABLET, evil)).await;
    assert_eq!(script.expect("iq").await.attr("type"), Some("error"));
    let pins = HouseholdPins::new(rig.store.clone());
    assert!(pins.proves(&[7; 32], TABLET) && !pins.proves(&[6; 32], TABLET));
    let receiver = format!("{RECEIVER}@tv.local");
    script.send(&push("forgotten", &receiver, household(&[own]))).await;
    assert_eq!(script.expect("iq").await.attr("type"), Some("result"));
    assert_eq!(HouseholdPins::new(rig.store.clone()).owner(&[7; 32]), None);
}
