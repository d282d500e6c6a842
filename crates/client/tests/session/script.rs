//! A tiny scripted server: it logs the client in with real SCRAM, then does what the test says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use televisor_client::{Connect, Connecting, Error, Io, Profile, Secret};
use televisor_xmpp::sasl::{SaslCondition, SaslReply, SaslRequest};
use televisor_xmpp::scram::{Hash, Mechanism, derive_keys, server};
use televisor_xmpp::stream::Version;
use televisor_xmpp::writer::write_stream_header;
use televisor_xmpp::{Element, Limits, StreamEvent, StreamHeader, StreamParser, features, ns};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

pub(crate) const RECEIVER: &str = "30146e8b-0d1a-47b9-825d-bebd7c23acaf";
pub(crate) const DEVICE: &str = "0b9e7f4a-0000-4000-8000-000000000001";
const WAIT: Duration = Duration::from_secs(10);

pub(crate) fn profile() -> Profile {
    Profile {
        receiver: RECEIVER.to_owned(),
        name: "Test Set-top Box".to_owned(),
        jid: format!("{DEVICE}@tv.local"),
        secret: Secret("12345678".to_owned()),
        next_secret: None,
        certificate_sha256: None,
        host: None,
        xmpp_port: 5222,
        https_port: 8010,
        addresses: Vec::new(),
        vcard_sent: Default::default(),
    }
}

/// Hands the other end of a new pipe to the test at every attempt.
#[derive(Debug)]
pub(crate) struct Pipes(mpsc::Sender<DuplexStream>);

impl Connect for Pipes {
    fn connect<'a>(&'a mut self, profile: &'a Profile) -> Connecting<'a> {
        Box::pin(async move {
            let (ours, theirs) = duplex(64 * 1024);
            let gone = |_| Error::Unreachable { name: profile.name.clone() };
            self.0.send(theirs).await.map_err(gone)?;
            Ok((Box::new(ours) as Box<dyn Io>, None::<SocketAddr>))
        })
    }
}

/// Where the test gets the server's ends of the pipes.
#[derive(Clone)]
pub(crate) struct Listener(Arc<Mutex<mpsc::Receiver<DuplexStream>>>);

pub(crate) fn pipes() -> (Box<dyn Connect>, Listener) {
    let (sender, receiver) = mpsc::channel(4);
    (Box::new(Pipes(sender)), Listener(Arc::new(Mutex::new(receiver))))
}

impl Listener {
    pub(crate) async fn accept(&self) -> Script {
        let io = timeout(WAIT, async { self.0.lock().await.recv().await }).await;
        let io = io.expect("an attempt in time").expect("a session");
        Script { io, parser: StreamParser::new(Limits::AUTHENTICATED) }
    }
}

/// How the scripted server treats the login.
pub(crate) enum Login {
    /// As it should.
    Honest,
    /// It pretends that the proof was right, without one of its own.
    Impostor,
}

pub(crate) struct Script {
    io: DuplexStream,
    parser: StreamParser,
}

impl Script {
    pub(crate) async fn next(&mut self) -> Option<Element> {
        loop {
            match self.parser.next_event().expect("well-formed") {
                Some(StreamEvent::Stanza(element)) => return Some(element),
                Some(StreamEvent::Open(_)) => self.header().await,
                Some(StreamEvent::Close) => return None,
                None => {
                    let mut buffer = [0; 4096];
                    let read = timeout(WAIT, self.io.read(&mut buffer)).await.expect("in time");
                    match read {
                        Ok(read) if read > 0 => self.parser.push(&buffer[..read]),
                        _ => return None,
                    }
                }
            }
        }
    }

    /// Returns the next element of this name, passing over others.
    pub(crate) async fn expect(&mut self, name: &str) -> Element {
        loop {
            let element = self.next().await.expect(name);
            if element.name() == name {
                return element;
            }
        }
    }

    /// Returns the next iq that carries a payload in `namespace`, passing over everything else.
    pub(crate) async fn expect_iq(&mut self, namespace: &str) -> Element {
        loop {
            let iq = self.expect("iq").await;
            if iq.children().any(|child| child.namespace() == namespace) {
                return iq;
            }
        }
    }

    pub(crate) async fn send(&mut self, element: &Element) {
        self.io.write_all(&element.to_bytes(ns::CLIENT)).await.expect("sent");
    }

    pub(crate) async fn result(&mut self, iq: &Element, payload: Option<Element>) {
        let result = Element::builder("iq", ns::CLIENT)
            .attr("type", "result")
            .attr_opt("id", iq.attr("id"))
            .children(payload);
        self.send(&result.build()).await;
    }

    async fn header(&mut self) {
        let header = StreamHeader {
            namespace: ns::CLIENT.to_owned(),
            id: Some("1".to_owned()),
            from: Some("tv.local".to_owned()),
            version: Some(Version::V1_0),
            ..StreamHeader::default()
        };
        let mut text = String::new();
        write_stream_header(&header, &mut text);
        self.io.write_all(text.as_bytes()).await.expect("sent");
    }

    async fn offer(&mut self, offered: Element) {
        // The client's header comes first; `next` answers it, so wait for it by hand.
        loop {
            match self.parser.next_event().expect("well-formed") {
                Some(StreamEvent::Open(_)) => break self.header().await,
                Some(other) => panic!("{other:?} instead of a header"),
                None => {
                    let mut buffer = [0; 4096];
                    let read = timeout(WAIT, self.io.read(&mut buffer)).await.expect("in time");
                    self.parser.push(&buffer[..read.expect("open")]);
                }
            }
        }
        self.send(&features::features([offered])).await;
    }

    /// Plays the server's part up to the bound resource.
    pub(crate) async fn log_in(&mut self, password: &str, login: Login) {
        let mechanism: Mechanism = "SCRAM-SHA-256".parse().expect("known");
        self.offer(features::mechanisms(["SCRAM-SHA-256"])).await;
        let auth = self.expect("auth").await;
        let Ok(Some(SaslRequest::Auth { initial: Some(first), .. })) =
            SaslRequest::from_element(&auth)
        else {
            panic!("{auth:?}")
        };
        let started = server::start(mechanism, None, &first).expect("a good first message");
        assert_eq!(started.username(), DEVICE);
        let keys = derive_keys(password, b"0123456789abcdef", 4096, Hash::Sha256).expect("keys");
        let (challenge, challenged) = started.challenge(keys, "abcdefghijklmnopqrst");
        self.send(&SaslReply::Challenge(challenge.into_bytes()).to_element()).await;
        let response = self.expect("response").await;
        let Ok(Some(SaslRequest::Response(last))) = SaslRequest::from_element(&response) else {
            panic!("{response:?}")
        };
        let answer = match (challenged.verify(&last), login) {
            (Ok(proof), Login::Honest) => SaslReply::Success(Some(proof.into_bytes())),
            (_, Login::Impostor) => SaslReply::Success(Some(b"v=AAAA".to_vec())),
            (Err(_), Login::Honest) => SaslReply::Failure(SaslCondition::NotAuthorized.into()),
        };
        let ok = matches!(answer, SaslReply::Success(_));
        self.send(&answer.to_element()).await;
        if !ok {
            return;
        }
        self.parser.reset();
    }

    pub(crate) async fn bind(&mut self) {
        self.offer(features::bind()).await;
        let iq = self.expect_iq(ns::BIND).await;
        let jid = format!("{DEVICE}@tv.local/phone");
        let jid = Element::builder("jid", ns::BIND).text(jid);
        self.result(&iq, Some(Element::builder("bind", ns::BIND).child(jid).build())).await;
    }

    /// Logs the client in and answers its roster request with the receiver alone.
    pub(crate) async fn welcome(&mut self) {
        self.log_in("12345678", Login::Honest).await;
        self.bind().await;
        let iq = self.expect_iq(ns::ROSTER).await;
        let item = Element::builder("item", ns::ROSTER)
            .attr("jid", format!("{RECEIVER}@tv.local"))
            .attr("name", "Test Set-top Box")
            .attr("subscription", "both");
        self.result(&iq, Some(Element::builder("query", ns::ROSTER).child(item).build())).await;
        self.expect("presence").await;
    }

    /// Sends what the receiver says.
    pub(crate) async fn receiver_says(&mut self, children: Vec<Element>) {
        let message = Element::builder("message", ns::CLIENT)
            .attr("type", "chat")
            .attr("id", "m1")
            .attr("from", format!("{RECEIVER}@tv.local/tv"))
            .attr("to", format!("{DEVICE}@tv.local/phone"))
            .children(children);
        self.send(&message.build()).await;
    }
}

pub(crate) fn body(text: &str) -> Element {
    Element::builder("body", ns::CLIENT).text(text).build()
}
