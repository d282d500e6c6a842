//! What is written is read back, and what is wrong is named.

use std::fmt::Debug;

use super::avatar::Update;
use super::bind::Bind;
use super::caps::Caps;
use super::certificates::{Append, Certificates, Disable, Registered, Revoke};
use super::chat_state::ChatState;
use super::correction::Replace;
use super::delay::Delay;
use super::disco::{self, Identity, Info, Items};
use super::household::{Device, Household};
use super::ping::Ping;
use super::receipt::{Received, Request};
use super::roster::{Item, Roster, Subscription};
use super::time::Time;
use super::vcard::VCard;
use super::version::Version;
use super::*;
use crate::{Element, IqType, MessageType, Stanza, StanzaError, ns};

fn survives<P: Payload + PartialEq + Debug>(payload: P) {
    let wire = payload.to_element().to_xml();
    let element = Element::parse(wire.as_bytes()).unwrap();
    assert_eq!(P::from_element(&element), Ok(Some(payload)), "{wire}");
    assert_eq!(P::from_element(&Element::new("other", "urn:x")), Ok(None));
}

fn read<P: Payload>(text: &str) -> Result<P, PayloadError> {
    Ok(P::from_element(&Element::parse(text.as_bytes()).unwrap())?.expect("the right element"))
}

#[test]
fn every_payload_survives_the_wire() {
    survives(Ping);
    survives(Bind::Request { resource: None });
    survives(Bind::Request { resource: Some("phone".into()) });
    survives(Bind::Bound("a@b/c".parse().unwrap()));
    survives(Roster { version: Some(String::new()), items: vec![] });
    survives(Roster {
        version: Some("7".into()),
        items: vec![Item {
            name: Some("Joe & Ann".into()),
            ask: true,
            approved: true,
            groups: vec!["Household".into(), "<3".into()],
            ..Item::new("joe@b".parse().unwrap(), Subscription::To)
        }],
    });
    survives(Info {
        node: Some("n".into()),
        identities: vec![Identity::new("server", "im", Some("TV"))],
        features: vec![ns::PING.into()],
        forms: vec![Element::new("x", ns::DATA_FORMS)],
    });
    survives(Items {
        node: None,
        items: vec![disco::Item { jid: "b".parse().unwrap(), node: None, name: Some("x".into()) }],
    });
    survives(Append { name: "Phone".into(), der: vec![0x30, 0], no_management: true });
    survives(Certificates { items: vec![] });
    survives(Certificates { items: vec![Registered { name: "Phone".into(), der: vec![0x30, 0] }] });
    survives(Disable { name: "Phone".into() });
    survives(Revoke { name: "Phone".into() });
    survives(Household {
        devices: vec![Device {
            jid: "a@b".parse().unwrap(),
            name: "Joe's phone".into(),
            certificates: vec![[0xa7; 32], [0; 32]],
        }],
    });
    survives(Version { name: Some("Televisor".into()), version: Some("0".into()), os: None });
    survives(Time {
        utc: "2026-11-23T11:40:00Z".parse().unwrap(),
        offset: jiff::tz::Offset::from_seconds(-(3 * 3600 + 1800)).unwrap(),
    });
    survives(Delay {
        from: Some("b".parse().unwrap()),
        stamp: "2002-09-10T23:08:25.5Z".parse().unwrap(),
        reason: Some("Offline Storage".into()),
    });
    survives(Request);
    survives(Received { id: "1".into() });
    survives(Replace { id: "1".into() });
    survives(Update::NotReady);
    survives(Update::NoAvatar);
    survives(Update::Hash("da39a3ee5e6b4b0d3255bfef95601890afd80709".into()));
    survives(VCard::named("Test Set-top Box"));
    survives(Caps { hash: "sha-1".into(), node: "urn:n".into(), version: "x=".into() });
    for &state in ChatState::ALL {
        let message = Stanza::message(MessageType::Chat).with_payload(state.to_element());
        assert_eq!(ChatState::of(message.element()), Some(state));
    }
}

#[test]
fn a_payload_counts_only_in_the_stanzas_it_may_ride_in() {
    let ping = |kind| Stanza::iq(kind, "1", Ping.to_element());
    assert_eq!(Ping::of(&ping(IqType::Get)), Ok(Some(Ping)));
    assert_eq!(Ping::of(&ping(IqType::Set)), Ok(None));
    let error = Stanza::message(MessageType::Error).with_payload(Request.to_element());
    assert_eq!(Request::of(&error), Ok(None));
}

#[test]
fn a_roster_set_has_one_item_and_each_group_once() {
    let set = |items: &str| {
        let query = format!("<query xmlns='jabber:iq:roster'>{items}</query>");
        read::<Roster>(&query)?.only_item().cloned()
    };
    assert_eq!(set(""), Err(PayloadError::Missing("item")));
    assert_eq!(set("<item/>"), Err(PayloadError::Missing("jid")));
    assert_eq!(set("<item jid='a@b/c'/>"), Err(PayloadError::Invalid("jid")));
    assert_eq!(set("<item jid='a@b'/><item jid='c@d'/>"), Err(PayloadError::Repeated("item")));
    let twice = set("<item jid='a@b'><group>x</group><group>x</group></item>");
    assert_eq!(twice, Err(PayloadError::Repeated("group")));
    assert_eq!(
        set("<item jid='a@b' subscription='odd'/>").unwrap().subscription,
        Subscription::None
    );
}

#[test]
fn what_is_wrong_becomes_a_bad_request() {
    let error = read::<Delay>("<delay xmlns='urn:xmpp:delay' stamp='yesterday'/>").unwrap_err();
    assert_eq!(error, PayloadError::Invalid("stamp"));
    assert_eq!(StanzaError::from(error).condition, crate::Condition::BadRequest);
    for offset in ["", "+1:00", "01:00", "+ab:00", "+99:99"] {
        let text = format!(
            "<time xmlns='urn:xmpp:time'><tzo>{offset}</tzo><utc>2026-11-23T11:40:00Z</utc></time>"
        );
        assert_eq!(read::<Time>(&text), Err(PayloadError::Invalid("tzo")));
    }
}

#[test]
fn stamps_are_written_as_xep_0082_has_them() {
    let delay =
        Delay { from: None, stamp: "2026-11-23T12:40:00+01:00".parse().unwrap(), reason: None };
    assert_eq!(delay.to_element().attr("stamp"), Some("2026-11-23T11:40:00Z"));
}

#[test]
fn the_example_of_xep_0115_has_its_published_hash() {
    let info = Info {
        identities: vec![Identity::new("client", "pc", Some("Exodus 0.9.1"))],
        features: [ns::DISCO_INFO, ns::CAPS, ns::DISCO_ITEMS, "http://jabber.org/protocol/muc"]
            .map(str::to_owned)
            .to_vec(),
        ..Info::default()
    };
    let caps = Caps::for_info("http://code.google.com/p/exodus", &info);
    assert_eq!(caps.version, "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

#[test]
fn a_photo_is_found_in_a_vcard_with_line_breaks() {
    let vcard = read::<VCard>(
        "<vCard xmlns='vcard-temp'><FN>A</FN><PHOTO><BINVAL>YW\nJj</BINVAL></PHOTO></vCard>",
    )
    .unwrap();
    assert_eq!(vcard.photo().as_deref(), Some(&b"abc"[..]));
    assert_eq!(vcard.photo_hash().as_deref(), Some("a9993e364706816aba3e25717850c26c9cd0d89d"));
    assert_eq!(vcard.formatted_name().as_deref(), Some("A"));
    assert_eq!(VCard::empty().photo_hash(), None);
}

#[test]
fn a_certificate_may_be_broken_over_lines_and_must_be_base64() {
    let append = |text: &str| {
        let text = format!(
            "<append xmlns='urn:xmpp:saslcert:1'><name>a</name><x509cert>{text}</x509cert></append>"
        );
        read::<Append>(&text)
    };
    assert_eq!(append("\n  MA\n  AB\n").unwrap().der, [0x30, 0, 1]);
    assert_eq!(append("!"), Err(PayloadError::Invalid("x509cert")));
    assert_eq!(append(""), Err(PayloadError::Invalid("x509cert")));
}

#[test]
fn a_hash_that_is_not_understood_is_passed_over() {
    let text = format!(
        "<household xmlns='urn:televisor:household:0'><device jid='a@b' name='x'>\
         <certificate hash='sha3-256'>{0}</certificate><certificate hash='sha-256'>{0}</certificate>\
         <certificate hash='sha-256'>zz</certificate></device><device name='nobody'/></household>",
        "0F".repeat(32)
    );
    let household: Household = read(&text).unwrap();
    assert_eq!(household.devices.len(), 1);
    assert_eq!(household.devices[0].certificates, [[0x0f; 32]]);
}
