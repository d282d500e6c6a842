//! Two whole links on the loopback interface, each test on a multicast port of its own: they find each
//! other, and talk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use televisor_serverless::{
    Config, Credentials, Error, Incoming, Link, Me, Owner, PeerName, Pins, Presence,
};
use televisor_xmpp::{Element, ns};
use tokio::sync::mpsc;
use tokio::time::timeout;

const WAIT: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Known(HashMap<[u8; 32], Owner>);

impl Pins for Known {
    fn owner(&self, sha256: &[u8; 32]) -> Option<Owner> {
        self.0.get(sha256).cloned()
    }
}

/// Somebody on the link.
struct Party {
    link: Link,
    inbox: mpsc::Receiver<Incoming>,
    name: PeerName,
}

impl Party {
    async fn join(multicast_port: u16, user: &str, credentials: Option<Credentials>) -> Self {
        let discovery = televisor_discovery::Config::loopback().on_port(multicast_port);
        let config = Config { discovery, port: 0, ..Config::default() };
        let presence = Presence::default();
        let me = Me { user: user.to_owned(), machine: "here".to_owned(), presence };
        let (link, inbox) = Link::start(config, Some(me), credentials).await.unwrap();
        let name = link.me().unwrap();
        Self { link, inbox, name }
    }

    async fn sees(&self, other: &Self) {
        let mut changes = self.link.changes();
        let seen = async {
            while self.link.peer(&other.name).is_none() {
                changes.recv().await.expect("the link goes on");
            }
        };
        timeout(WAIT, seen).await.expect("in time");
    }

    async fn hear(&mut self) -> Incoming {
        timeout(WAIT, self.inbox.recv()).await.expect("in time").expect("the link goes on")
    }
}

async fn meet(one: &Party, other: &Party) {
    tokio::join!(one.sees(other), other.sees(one));
}

fn message(text: &str) -> Element {
    Element::builder("message", ns::CLIENT).attr("type", "chat").field("body", text).build()
}

fn body(incoming: &Incoming) -> String {
    incoming.stanza.child("body", ns::CLIENT).map(Element::text).unwrap_or_default()
}

/// Makes certificates; those with a JID are of the household.
fn certificates<const N: usize>(jids: [Option<&str>; N]) -> [Credentials; N] {
    let made = jids.map(|jid| {
        let made = rcgen::generate_simple_self_signed(vec!["device".to_owned()]).unwrap();
        (jid, made.cert.der().clone(), made.signing_key.serialize_der())
    });
    let known = made.iter().filter_map(|(jid, certificate, _)| {
        let owner = Owner { jid: (*jid)?.to_owned(), name: "a device".to_owned() };
        Some((Sha256::digest(certificate).into(), owner))
    });
    let pins = Arc::new(Known(known.collect()));
    made.map(|(_, certificate, key)| Credentials {
        certificate,
        key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)),
        pins: pins.clone(),
    })
}

#[tokio::test]
async fn who_finds_each_other_chats_both_ways_and_is_asked_what_it_is() {
    let mut ann = Party::join(25_461, "ann", None).await;
    let mut bob = Party::join(25_461, "bob", None).await;
    meet(&ann, &bob).await;
    ann.link.send(&bob.name, message("hello")).await.unwrap();
    let heard = bob.hear().await;
    assert_eq!((&heard.from, body(&heard).as_str()), (&ann.name, "hello"));
    assert!(heard.proven.is_none());
    bob.link.send(&ann.name, message("hello yourself")).await.unwrap();
    assert_eq!(body(&ann.hear().await), "hello yourself");
    let question = Element::new("query", ns::DISCO_INFO);
    let iq = Element::builder("iq", ns::CLIENT).attr("type", "get").child(question).build();
    let answer = bob.link.request(&ann.name, iq).await.unwrap();
    assert!(answer.has_child("query", ns::DISCO_INFO));
    let gone = ann.name.clone();
    ann.link.close().await;
    let after = timeout(WAIT, bob.link.send(&gone, message("?"))).await.unwrap();
    assert!(matches!(after, Err(Error::NotHere(_) | Error::Unreachable { .. })), "{after:?}");
}

#[tokio::test]
async fn the_household_is_proven_and_an_impostor_is_not() {
    let [ann, bob, eve] = certificates([Some("ann@house"), Some("bob@house"), None]);
    let ann = Party::join(25_462, "ann", Some(ann)).await;
    let mut bob = Party::join(25_462, "bob", Some(bob)).await;
    let eve = Party::join(25_462, "eve", Some(eve)).await;
    tokio::join!(meet(&ann, &bob), eve.sees(&bob), bob.sees(&eve));
    ann.link.send_proven(&bob.name, "bob@house", message("for bob")).await.unwrap();
    assert_eq!(bob.hear().await.proven.unwrap().jid, "ann@house");
    eve.link.send(&bob.name, message("from ann, really")).await.unwrap();
    let heard = bob.hear().await;
    assert_eq!((heard.from, heard.encrypted, heard.proven), (eve.name.clone(), true, None));
    assert_eq!(bob.link.prove(&eve.name).await.unwrap(), None);
    let refused = bob.link.send_proven(&eve.name, "ann@house", message("for ann")).await;
    assert!(matches!(refused, Err(Error::NotProven(_))), "{refused:?}");
}

#[tokio::test]
async fn a_megabyte_of_structured_data_arrives_whole_and_in_order() {
    const PIECES: usize = 64;
    let [ann, bob] = certificates([Some("ann@house"), Some("bob@house")]);
    let ann = Party::join(25_463, "ann", Some(ann)).await;
    let mut bob = Party::join(25_463, "bob", Some(bob)).await;
    meet(&ann, &bob).await;
    let piece = |number: usize| {
        let data: String = (0..2048).map(|at| format!("{:08x}", number * 2048 + at)).collect();
        let payload = Element::builder("data", "urn:example:data").text(data).build();
        Element::builder("message", ns::CLIENT).child(payload).build()
    };
    let to = bob.name.clone();
    let sending = async {
        for number in 0..PIECES {
            ann.link.send_proven(&to, "bob@house", piece(number)).await.unwrap();
        }
    };
    let inbox = &mut bob.inbox;
    let hearing = async {
        for number in 0..PIECES {
            let heard = timeout(WAIT, inbox.recv()).await.unwrap().unwrap();
            assert_eq!(heard.stanza, piece(number), "piece {number}");
        }
    };
    tokio::join!(sending, hearing);
}
