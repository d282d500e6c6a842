//! One side of a link, whose roster is told by the test who is announced.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use televisor_discovery::Found;
use televisor_xmpp::Element;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::config::{About, Limits};
use crate::link::Incoming;
use crate::listen;
use crate::name::PeerName;
use crate::near::Near;
use crate::roster::Roster;
use crate::stream::{Setting, Streams};
use crate::trust::{Credentials, Owner, Pins};

/// How long anything that must come may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The household, as all sides of a test know it.
#[derive(Clone, Default)]
pub(super) struct Household(Arc<Mutex<HashMap<[u8; 32], Owner>>>);

impl Pins for Household {
    fn owner(&self, sha256: &[u8; 32]) -> Option<Owner> {
        self.0.lock().unwrap().get(sha256).cloned()
    }
}

impl Household {
    /// Makes a certificate, which nobody knows yet.
    pub(super) fn stranger(&self) -> Credentials {
        let made = rcgen::generate_simple_self_signed(vec!["device".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        Credentials {
            certificate: made.cert.der().clone(),
            key: PrivateKeyDer::from(key),
            pins: Arc::new(self.clone()),
        }
    }

    /// Makes a certificate of the owner of this JID.
    pub(super) fn member(&self, jid: &str) -> Credentials {
        let credentials = self.stranger();
        let fingerprint = Sha256::digest(&credentials.certificate).into();
        self.0.lock().unwrap().insert(fingerprint, owner(jid));
        credentials
    }

    /// Forgets whoever has this JID.
    pub(super) fn forget(&self, jid: &str) {
        self.0.lock().unwrap().retain(|_, owner| owner.jid != jid);
    }
}

pub(super) fn owner(jid: &str) -> Owner {
    Owner { jid: jid.to_owned(), name: format!("the device {jid}") }
}

/// One side.
pub(super) struct House {
    pub(super) name: PeerName,
    pub(super) streams: Streams,
    pub(super) inbox: mpsc::Receiver<Incoming>,
    pub(super) roster: Arc<Roster>,
    pub(super) port: u16,
}

/// What a side is made of.
pub(super) struct Plan {
    pub(super) about: About,
    pub(super) limits: Limits,
    pub(super) credentials: Option<Credentials>,
}

impl Plan {
    pub(super) fn new(credentials: Option<Credentials>) -> Self {
        Self { about: About::default(), limits: Limits::default(), credentials }
    }
}

impl House {
    pub(super) fn open(name: &str, plan: Plan) -> Self {
        let name = PeerName::new(name);
        let (listeners, port) = listen::bind(0, true).unwrap();
        let roster = Arc::new(Roster::new(64).0);
        let (streams, inbox) = Streams::start(Setting {
            listeners,
            discovery: televisor_discovery::Config::loopback(),
            roster: Arc::clone(&roster),
            me: watch::channel(Some(name.clone())).1,
            about: plan.about,
            limits: plan.limits,
            credentials: plan.credentials,
        })
        .unwrap();
        Self { name, streams, inbox, roster, port }
    }

    /// Hears that somebody is announced on this machine.
    pub(super) fn learn(&self, name: &str, port: u16) {
        let found = Found {
            instance: name.to_owned(),
            host: "localhost".to_owned(),
            addresses: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))],
            port,
            txt: Vec::new(),
        };
        self.roster.see(&found, &Near::now(&televisor_discovery::Config::loopback()));
    }

    /// Both hear of each other.
    pub(super) fn meet(&self, other: &Self) {
        self.learn(other.name.as_str(), other.port);
        other.learn(self.name.as_str(), self.port);
    }

    /// Waits for what comes in next.
    pub(super) async fn hear(&mut self) -> Incoming {
        timeout(PATIENCE, self.inbox.recv()).await.expect("nothing came").expect("it has ended")
    }

    /// Waits for the next message, and returns its body.
    pub(super) async fn hear_body(&mut self) -> String {
        body(&self.hear().await.stanza)
    }
}

/// Makes a chat message.
pub(super) fn chat(text: &str) -> Element {
    Element::builder("message", "jabber:client").attr("type", "chat").field("body", text).build()
}

/// Returns the body of a message.
pub(super) fn body(message: &Element) -> String {
    message.child("body", "jabber:client").map(Element::text).unwrap_or_default()
}

/// Text of so many bytes, different everywhere.
pub(super) fn text(bytes: usize, seed: usize) -> String {
    let mut text = String::new();
    let mut number = seed;
    while text.len() < bytes {
        write!(text, "{number} ").unwrap();
        number += 7;
    }
    text.truncate(bytes);
    text
}
