//! A server that does what the test says, with TLS and SCRAM as real ones have them.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use televisor_uplink::Config;
use televisor_xmpp::features::{channel_bindings, features, mechanisms, starttls};
use televisor_xmpp::sasl::{SaslCondition, SaslReply, SaslRequest};
use televisor_xmpp::scram::{ChannelBinding, Hash, Mechanism, derive_keys, server};
use televisor_xmpp::writer::write_stream_header;
use televisor_xmpp::{Element, Limits, StreamEvent, StreamHeader, StreamParser, ns};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Nothing on this machine takes longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The password of the account.
const PASSWORD: &str = "correct horse";
/// What follows the login.
const FEATURES: &str = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
    <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>\
    </stream:features>";
const PLUS: Mechanism = Mechanism { hash: Hash::Sha256, plus: true };

/// The whole test takes no longer than this for one step.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what} does not come"))
}

/// A certificate authority and the file that names it.
pub(crate) struct Authority {
    pub(crate) folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
        std::fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        Self { folder, issuer: Issuer::new(params, key) }
    }

    /// A server with a certificate for `domain`.
    pub(crate) async fn server(&self, domain: &str) -> Server {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![domain.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server { listener, tls: TlsAcceptor::from(Arc::new(tls)) }
    }

    /// The settings of `box@example.org`, whose server is `server`.
    pub(crate) fn config(&self, server: &Server) -> Config {
        Config {
            jid: "box@example.org/tv".to_owned(),
            password_file: self.folder.path().join("password"),
            ca_file: Some(self.folder.path().join("ca.pem")),
            resolver: Some("127.0.0.1:9".to_owned()),
            host: Some(server.address()),
        }
    }
}

pub(crate) struct Server {
    pub(crate) listener: TcpListener,
    tls: TlsAcceptor,
}

impl Server {
    pub(crate) fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// A client up to the offer of STARTTLS.
    pub(crate) async fn knock(&self) -> Peer<TcpStream> {
        let (socket, _) = soon("a connection", self.listener.accept()).await.unwrap();
        let mut peer = Peer::new(socket);
        peer.open(&features([starttls(true)]).to_xml()).await;
        peer
    }

    /// A client inside TLS, which is offered `offered` for the login.
    pub(crate) async fn offer(&self, offered: &[&str]) -> Peer<Tls> {
        let mut peer = self.knock().await;
        assert!(peer.next().await.is("starttls", ns::TLS));
        peer.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
        let tls = soon("TLS", self.tls.accept(peer.io)).await.unwrap();
        let mut peer = Peer::new(tls);
        let types = channel_bindings([ChannelBinding::TLS_EXPORTER]);
        let offered = features([mechanisms(offered.iter().copied()), types]);
        peer.open(&offered.to_xml()).await;
        peer
    }

    /// A client that does not like our certificate.
    pub(crate) async fn shake_hands_in_vain(&self, mut peer: Peer<TcpStream>) {
        peer.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
        // With TLS 1.3 the server may believe it is done before the client has said no.
        if let Ok(mut tls) = soon("TLS", self.tls.accept(peer.io)).await {
            assert!(soon("the end", tls.read_u8()).await.is_err());
        }
    }

    /// A client that has logged in as `box` and sees what there is.
    pub(crate) async fn accept(&self) -> Peer<Tls> {
        let mut peer = self.offer(&[PLUS.as_str()]).await;
        let keys = derive_keys(PASSWORD, b"salt of the earth", 4096, Hash::Sha256).unwrap();
        let (mechanism, first) = match SaslRequest::from_element(&peer.next().await) {
            Ok(Some(SaslRequest::Auth { mechanism, initial: Some(first) })) => (mechanism, first),
            other => panic!("{other:?} in place of a login"),
        };
        assert_eq!(mechanism, "SCRAM-SHA-256-PLUS");
        let binding = vec![0; 32];
        let (_, connection) = peer.io.get_ref();
        let label = ChannelBinding::EXPORTER_LABEL;
        let binding = connection.export_keying_material(binding, label, Some(b"")).unwrap();
        let binding = ChannelBinding::tls_exporter(binding);
        let started = server::start(PLUS, Some(&binding), &first).unwrap();
        assert_eq!(started.username(), "box");
        let (challenge, challenged) = started.challenge(keys, "0123456789abcdef");
        peer.reply(SaslReply::Challenge(challenge.into_bytes())).await;
        let Ok(Some(SaslRequest::Response(last))) = SaslRequest::from_element(&peer.next().await)
        else {
            panic!("no proof")
        };
        match challenged.verify(&last) {
            Ok(proof) => {
                peer.reply(SaslReply::Success(Some(proof.into_bytes()))).await;
                peer.parser = StreamParser::new(Limits::REWRITTEN);
                peer.open(FEATURES).await;
            }
            Err(_) => {
                let failure = SaslCondition::NotAuthorized.into();
                peer.reply(SaslReply::Failure(failure)).await;
            }
        }
        peer
    }

    /// A client with a new session, whose roster has joe; everything it publishes is taken.
    pub(crate) async fn welcome(&self) -> Peer<Tls> {
        let mut peer = self.accept().await;
        peer.begin().await;
        peer
    }
}

pub(crate) type Tls = tokio_rustls::server::TlsStream<TcpStream>;

/// A client, as its server sees it.
pub(crate) struct Peer<T> {
    io: T,
    parser: StreamParser,
    counting: bool,
    /// Stanzas that came since `<enabled/>`.
    pub(crate) came: u32,
    /// Stanzas that went since then.
    pub(crate) went: u32,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Peer<T> {
    fn new(io: T) -> Self {
        let parser = StreamParser::new(Limits::REWRITTEN);
        Self { io, parser, counting: false, came: 0, went: 0 }
    }

    /// The connection breaks.
    pub(crate) async fn cut(&mut self) {
        self.io.shutdown().await.unwrap();
    }

    /// Reads the client's header, and sends ours with `features`.
    async fn open(&mut self, features: &str) {
        let header = match self.event().await {
            Some(StreamEvent::Open(header)) => header,
            other => panic!("{other:?} in place of a stream"),
        };
        assert_eq!(header.to.as_deref(), Some("example.org"));
        let answer =
            StreamHeader { from: header.to, id: Some("stream".to_owned()), to: None, ..header };
        let mut text = String::new();
        write_stream_header(&answer, &mut text);
        self.write(&(text + features)).await;
    }

    pub(crate) async fn event(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some(event) = self.parser.next_event().unwrap() {
                return Some(event);
            }
            let mut buffer = [0; 4096];
            let read = soon("something from the client", self.io.read(&mut buffer)).await;
            match read {
                Ok(read) if read > 0 => self.parser.push(&buffer[..read]),
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// The next first-level element.
    pub(crate) async fn next(&mut self) -> Element {
        match self.event().await {
            Some(StreamEvent::Stanza(element)) => {
                let managed = element.namespace() == ns::STREAM_MANAGEMENT;
                self.came += u32::from(self.counting && !managed);
                element
            }
            other => panic!("{other:?} in place of an element"),
        }
    }

    /// The next stanza; requests for acknowledgement are passed over.
    pub(crate) async fn stanza(&mut self) -> Element {
        loop {
            let element = self.next().await;
            if element.namespace() != ns::STREAM_MANAGEMENT {
                return element;
            }
        }
    }

    /// The next stanza of this name.
    pub(crate) async fn expect(&mut self, name: &str) -> Element {
        let element = self.stanza().await;
        assert_eq!(element.name(), name, "{element:?}");
        element
    }

    /// Sends something that is no stanza.
    pub(crate) async fn say(&mut self, text: &str) {
        self.write(text).await;
    }

    /// Sends a stanza.
    pub(crate) async fn give(&mut self, stanza: &str) {
        self.went += u32::from(self.counting);
        self.write(stanza).await;
    }

    /// Acknowledges everything.
    pub(crate) async fn acknowledge(&mut self) {
        self.write(&format!("<a xmlns='urn:xmpp:sm:3' h='{}'/>", self.came)).await;
    }

    /// Answers an iq with an empty result.
    pub(crate) async fn done(&mut self, request: &Element) {
        let id = request.attr("id").unwrap();
        self.give(&format!("<iq type='result' id='{id}'/>")).await;
    }

    async fn reply(&mut self, reply: SaslReply) {
        self.write(&reply.to_element().to_xml()).await;
    }

    async fn write(&mut self, text: &str) {
        self.io.write_all(text.as_bytes()).await.unwrap();
        self.io.flush().await.unwrap();
    }

    /// Binds what is asked for, with stream management, and takes what the client publishes.
    pub(crate) async fn begin(&mut self) {
        let bind = self.next().await;
        let wanted = bind.child("bind", ns::BIND).unwrap();
        let resource = wanted.child("resource", ns::BIND).map_or("chosen".into(), Element::text);
        let id = bind.attr("id").unwrap();
        let text = format!(
            "<iq type='result' id='{id}'><bind xmlns='{}'>\
             <jid>box@example.org/{resource}</jid></bind></iq>",
            ns::BIND
        );
        self.write(&text).await;
        let enable = self.next().await;
        assert_eq!((enable.name(), enable.attr("resume")), ("enable", Some("true")));
        self.write("<enabled xmlns='urn:xmpp:sm:3' id='token' resume='true' max='300'/>").await;
        self.counting = true;
        let roster = self.expect("iq").await;
        assert!(roster.has_child("query", ns::ROSTER));
        let id = roster.attr("id").unwrap().to_owned();
        self.give(&format!(
            "<iq type='result' id='{id}'><query xmlns='jabber:iq:roster'>\
             <item jid='joe@example.org' subscription='both'/></query></iq>"
        ))
        .await;
        let presence = self.expect("presence").await;
        assert_eq!(presence.child("status", ns::CLIENT).unwrap().text(), "On air");
        for published in ["vCard", "pubsub", "pubsub"] {
            let iq = self.expect("iq").await;
            assert_eq!(iq.children().next().unwrap().name(), published);
            self.done(&iq).await;
        }
    }

    /// Goes on where the session before was lost: what came and went there counts.
    pub(crate) async fn resume(&mut self, before: &Self, handled: u32) {
        let resume = self.next().await;
        assert_eq!((resume.name(), resume.attr("previd")), ("resume", Some("token")));
        // Exactly: one less and something comes twice, one more and something is lost.
        assert_eq!(resume.attr("h"), Some(before.went.to_string().as_str()));
        (self.counting, self.came, self.went) = (true, handled, before.went);
        self.write(&format!("<resumed xmlns='urn:xmpp:sm:3' previd='token' h='{handled}'/>")).await;
    }
}
