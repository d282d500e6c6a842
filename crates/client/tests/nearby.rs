//! Devices beside each other, each test on a multicast port of its own on the loopback interface:
//! without a receiver, among impostors, and beside a receiver that comes and goes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use televisor_client::{
    Answers, Arrival, Asked, Credentials, Error, Incoming, Nearby, NearbyOptions, Options, Owner,
    PeerName, Pins, Profile, ProfileStore, Responder, Secret, Session, To, Way,
};
use televisor_clock::Clock;
use televisor_server::{
    Account, Accounts, BoxFuture, Config, Handle, OneCertificate, PART, Peer, Refusal, Server,
    ServerParts,
};
use televisor_store::Database;
use televisor_xmpp::scram::{Hash, derive_keys};
use televisor_xmpp::{Element, IqType, StanzaError};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const WAIT: Duration = Duration::from_secs(20);
const RECEIVER: &str = "30146e8b-0d1a-47b9-825d-bebd7c23acaf";
const DEVICES: [&str; 2] =
    ["0b9e7f4a-0000-4000-8000-000000000001", "0b9e7f4a-0000-4000-8000-000000000002"];
const SECRET: &str = "correct horse battery staple";

fn jid(device: usize) -> String {
    format!("{}@tv.local", DEVICES[device])
}

/// Whose certificate is whose, by hand.
#[derive(Default)]
struct Known(HashMap<[u8; 32], Owner>);

impl Pins for Known {
    fn owner(&self, sha256: &[u8; 32]) -> Option<Owner> {
        self.0.get(sha256).cloned()
    }
}

/// Makes a certificate for each of `names`; the first of them are of the devices.
fn certificates(names: &[&str]) -> Vec<Credentials> {
    let folder = tempfile::tempdir().unwrap();
    let identities: Vec<_> = names
        .iter()
        .map(|name| ProfileStore::new(folder.path().join(name)).identity().unwrap())
        .collect();
    let mut known = Known::default();
    for (n, identity) in identities.iter().enumerate().take(DEVICES.len()) {
        let owner = Owner { jid: jid(n), name: names[n].to_owned() };
        known.0.insert(identity.sha256(), owner);
    }
    let pins = Arc::new(known);
    let credentials = identities.iter().map(|identity| Credentials {
        certificate: identity.certificate().clone(),
        key: identity.key().clone_key(),
        pins: Arc::clone(&pins) as Arc<dyn Pins>,
    });
    credentials.collect()
}

fn options(port: u16, user: &str) -> NearbyOptions {
    NearbyOptions {
        discovery: televisor_discovery::Config::loopback().on_port(port),
        ..NearbyOptions::named(user, "machine")
    }
}

async fn start(options: NearbyOptions) -> (Nearby, mpsc::Receiver<Arrival>) {
    let (nearby, arrivals) = Nearby::start(options).await.unwrap();
    nearby.announced(WAIT).await.expect("announced");
    (nearby, arrivals)
}

async fn sees(nearby: &Nearby, user: &str) -> PeerName {
    let mut changes = nearby.changes();
    let seen = async {
        loop {
            if let Some(peer) = nearby.peer(user) {
                return peer.name;
            }
            drop(changes.recv().await);
        }
    };
    timeout(WAIT, seen).await.unwrap_or_else(|_| panic!("{user} is not seen"))
}

async fn next(arrivals: &mut mpsc::Receiver<Arrival>) -> Arrival {
    timeout(WAIT, arrivals.recv()).await.expect("something comes").expect("the link goes on")
}

/// The next text; what comes by the way is passed over.
async fn text(arrivals: &mut mpsc::Receiver<Arrival>) -> (Arrival, String) {
    loop {
        let arrival = next(arrivals).await;
        if let Incoming::Message(message) = &arrival.what {
            let body = message.body.clone();
            return (arrival, body);
        }
    }
}

/// The next data; what comes by the way is passed over.
async fn data(arrivals: &mut mpsc::Receiver<Arrival>) -> Element {
    loop {
        if let Incoming::Data { message, .. } = next(arrivals).await.what {
            return message;
        }
    }
}

struct Doubling;

impl Responder for Doubling {
    fn namespace(&self) -> &'static str {
        "urn:example:double"
    }

    fn answer(&self, asked: Asked<'_>) -> Result<Option<Element>, StanzaError> {
        let text = asked.payload.text();
        Ok(Some(Element::builder("twice", "urn:example:double").text(text.repeat(2)).build()))
    }
}

#[tokio::test]
async fn two_devices_without_any_receiver_chat_and_hand_over_data_in_order() {
    let mut answering = options(25_471, "ann");
    answering.answers = Answers::new(vec![Arc::new(Doubling)]);
    let (ann, mut of_ann) = start(answering).await;
    let (joe, mut of_joe) = start(options(25_471, "joe")).await;
    let to = To::Peer(sees(&joe, "ann").await);

    let (id, delivery) = joe.say(&to, "hello").await.unwrap();
    assert_eq!((delivery.way, delivery.proven), (Way::Link { encrypted: false }, None));
    let (arrival, body) = text(&mut of_ann).await;
    assert_eq!((body.as_str(), &arrival.proven), ("hello", &None));
    assert_eq!(arrival.peer, joe.me());
    let receipt = next(&mut of_joe).await.what;
    assert!(matches!(receipt, Incoming::Received { id: of, .. } if of == id));
    ann.say(&arrival.sender().unwrap(), "hello yourself").await.unwrap();
    assert_eq!(text(&mut of_joe).await.1, "hello yourself");

    let filling = "x".repeat(30_000);
    let taken = tokio::spawn(async move {
        for n in 0..40 {
            let message = data(&mut of_ann).await;
            let part = message.child("part", "urn:example:file").unwrap();
            assert_eq!(part.attr("n"), Some(n.to_string().as_str()));
            assert_eq!(part.text().len(), 30_000);
        }
    });
    for n in 0..40 {
        let part = Element::builder("part", "urn:example:file").attr("n", n.to_string());
        joe.send_data(&to, part.text(&filling).build()).await.unwrap();
    }
    timeout(WAIT, taken).await.unwrap().unwrap();

    let question = Element::builder("once", "urn:example:double").text("ha").build();
    let answer = joe.request(&to, IqType::Get, question).await.unwrap().unwrap();
    assert_eq!(answer.text(), "haha");
    let unknown = joe.request(&to, IqType::Set, Element::new("order", "urn:example:other")).await;
    assert!(matches!(unknown, Err(Error::Stanza(_))), "{unknown:?}");
    joe.close().await;
    ann.close().await;
}

#[tokio::test]
async fn who_only_says_it_is_a_device_gets_nothing_that_is_for_the_device() {
    let mut certificates = certificates(&["joe", "ann", "eve"]).into_iter();
    let mut device = |user: &str, n: usize| {
        let credentials = certificates.next().unwrap();
        options(25_472, user).with_credentials(credentials).with_addresses(&[jid(n)])
    };
    let (joe, _of_joe) = start(device("joe", 0)).await;
    let honest = device("ann", 1);
    // A certificate of its own, and the device's name and address.
    let (eve, mut of_eve) = start(device("ann", 1)).await;
    let name = sees(&joe, "ann").await;
    assert_eq!(joe.prove(&name).await.unwrap(), None);
    let refused = joe.say(&To::Device(jid(1)), "the key is under the mat").await;
    assert!(matches!(refused, Err(Error::NotHere(_))), "{refused:?}");

    // Her own name is taken: she gets a number, and what is meant for her.
    let (ann, mut of_ann) = start(honest).await;
    assert_ne!(ann.me(), eve.me());
    sees(&joe, ann.me().unwrap().as_str()).await;
    let (_, delivery) = joe.say(&To::Device(jid(1)), "the key is under the mat").await.unwrap();
    assert_eq!(delivery.way, Way::Link { encrypted: true });
    assert_eq!(delivery.proven.map(|owner| owner.jid), Some(jid(1)));
    let (arrival, body) = text(&mut of_ann).await;
    assert_eq!(body, "the key is under the mat");
    assert_eq!(arrival.proven.map(|owner| owner.jid), Some(jid(0)));
    assert!(of_eve.try_recv().is_err());
    for nearby in [joe, ann, eve] {
        nearby.close().await;
    }
}

struct TwoDevices;

impl Accounts for TwoDevices {
    fn account(&self, localpart: &str) -> Option<Account> {
        let keys = |hash| derive_keys(SECRET, b"0123456789abcdef", 4096, hash).unwrap();
        DEVICES.contains(&localpart).then(|| Account {
            localpart: localpart.to_owned(),
            name: format!("device {localpart}"),
            scram_sha1: keys(Hash::Sha1),
            scram_sha256: keys(Hash::Sha256),
            has_logged_in: true,
        })
    }

    fn accounts(&self) -> Vec<Account> {
        DEVICES.iter().filter_map(|device| self.account(device)).collect()
    }

    fn admit(&self, _: &str, peer: &Peer) -> Result<(), Refusal> {
        if peer.secure { Ok(()) } else { Err(Refusal::Elsewhere) }
    }

    fn logged_in<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

async fn receiver(folder: &tempfile::TempDir) -> (Handle, [Profile; 2]) {
    let names = ["tv.local".to_owned()];
    let identity =
        televisor_reach::certificate::Identity::load_or_make(&folder.path().join("tls"), &names)
            .unwrap();
    let handle = Server::start(ServerParts {
        config: Config {
            listen: vec!["127.0.0.1:0".to_owned()],
            domain: "tv.local".to_owned(),
            ..Config::default()
        },
        certificates: Arc::new(OneCertificate(identity.for_name(None))),
        accounts: Arc::new(TwoDevices),
        residents: Vec::new(),
        store: Database::open(&folder.path().join("household.db"), &[PART]).unwrap(),
        clock: Clock::system(),
        on_link: Arc::new(|_, _| true),
        features: Vec::new(),
    })
    .await
    .unwrap();
    let profile = |n| Profile {
        receiver: RECEIVER.to_owned(),
        name: "Test Set-top Box".to_owned(),
        jid: jid(n),
        secret: Secret(SECRET.to_owned()),
        next_secret: None,
        certificate_sha256: Some(identity.fingerprint()),
        host: None,
        xmpp_port: 5222,
        https_port: 8010,
        addresses: handle.local_addrs().to_vec(),
        vcard_sent: BTreeMap::new(),
    };
    let profiles = [profile(0), profile(1)];
    (handle, profiles)
}

async fn online(session: &Session, device: usize) {
    let mut online = session.online();
    let there = online.wait_for(|all| all.iter().any(|full| full.starts_with(&jid(device))));
    timeout(WAIT, there).await.expect("online").unwrap();
}

#[tokio::test]
async fn the_receiver_is_preferred_while_it_is_there_and_the_link_does_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (handle, [of_joe, of_ann]) = receiver(&folder).await;
    let mut credentials = certificates(&["joe", "ann"]).into_iter();
    let mut device = async |profile: Profile, user: &str| {
        let answers = Answers::new(vec![Arc::new(Doubling)]);
        let session = Session::connect(
            profile.clone(),
            Options { answers: answers.clone(), ..Options::default() },
        );
        let session = session.await.unwrap();
        let mut options = options(25_473, user)
            .with_credentials(credentials.next().unwrap())
            .with_addresses(&[profile.jid])
            .with_session(session.clone());
        options.answers = answers;
        (session, start(options).await)
    };
    let (session, (joe, _arrivals)) = device(of_joe, "joe").await;
    let (of_ann_session, (_ann, mut of_ann)) = device(of_ann, "ann").await;
    online(&session, 1).await;
    let to = To::Device(jid(1));

    let (_, delivery) = joe.say(&to, "by the receiver").await.unwrap();
    assert_eq!(delivery.way, Way::Receiver);
    let (arrival, body) = text(&mut of_ann).await;
    assert_eq!((body.as_str(), arrival.way), ("by the receiver", Way::Receiver));
    assert_eq!(arrival.proven.map(|owner| owner.jid), Some(jid(0)));
    let note = Element::builder("note", "urn:example:note").text("7").build();
    joe.send_data(&to, note).await.unwrap();
    let message = data(&mut of_ann).await;
    assert_eq!(message.child("note", "urn:example:note").unwrap().text(), "7");
    let question = || Element::builder("once", "urn:example:double").text("ha").build();
    let answer = joe.request(&to, IqType::Get, question()).await.unwrap().unwrap();
    assert_eq!(answer.text(), "haha");

    handle.shutdown().await;
    let gone = async {
        while !session.online().borrow().is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(WAIT, gone).await.unwrap();
    sees(&joe, "ann").await;
    let (_, delivery) = joe.say(&to, "over the link").await.unwrap();
    assert_eq!(delivery.way, Way::Link { encrypted: true });
    let (arrival, body) = text(&mut of_ann).await;
    assert_eq!((body.as_str(), arrival.way), ("over the link", Way::Link { encrypted: true }));
    assert_eq!(arrival.proven.map(|owner| owner.jid), Some(jid(0)));
    let answer = joe.request(&to, IqType::Get, question()).await.unwrap().unwrap();
    assert_eq!(answer.text(), "haha");
    session.close().await;
    of_ann_session.close().await;
}
