//! A client that does exactly what a test tells it to, right or wrong.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, ServerName};
use televisor_xmpp::element::Element;
use televisor_xmpp::features::offered_mechanisms;
use televisor_xmpp::ht::{HtMechanism, Initiator};
use televisor_xmpp::ns;
use televisor_xmpp::parser::{Limits, StreamEvent, StreamParser};
use televisor_xmpp::sasl::{Plain, SaslReply, SaslRequest};
use televisor_xmpp::sasl2::{Sasl2Reply, Sasl2Request, UserAgent};
use televisor_xmpp::scram::client::{self as scram, Binding};
use televisor_xmpp::scram::{ChannelBinding, Mechanism};
use televisor_xmpp::stream::{StreamCondition, StreamError, StreamHeader};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use crate::household::DOMAIN;

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

pub(crate) struct Client {
    io: Box<dyn Io>,
    parser: StreamParser,
    certificate: CertificateDer<'static>,
    binding: Option<ChannelBinding>,
}

const LIMITS: Limits = Limits { depth: 100, bytes: 1 << 20 };

impl Client {
    pub(crate) fn new(io: impl Io + 'static, certificate: CertificateDer<'static>) -> Self {
        Self { io: Box::new(io), parser: StreamParser::new(LIMITS), certificate, binding: None }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.io.write_all(text.as_bytes()).await.unwrap();
        self.io.flush().await.unwrap();
    }

    /// Sends as much as the server takes before it closes.
    pub(crate) async fn send_what_goes(&mut self, text: &str) {
        drop(self.io.write_all(text.as_bytes()).await);
    }

    /// Sends bytes that need not be text.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.io.write_all(bytes).await.unwrap();
    }

    /// Expects another header on the same connection.
    pub(crate) fn restart(&mut self) {
        self.parser = StreamParser::new(LIMITS);
    }

    pub(crate) async fn event(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some(event) = self.parser.next_event().unwrap() {
                return Some(event);
            }
            let mut chunk = [0; 4096];
            let length = self.io.read(&mut chunk).await.unwrap_or(0);
            if length == 0 {
                return None;
            }
            self.parser.push(&chunk[..length]);
        }
    }

    pub(crate) async fn header(&mut self) -> StreamHeader {
        match self.event().await {
            Some(StreamEvent::Open(header)) => header,
            other => panic!("no header but {other:?}"),
        }
    }

    pub(crate) async fn element(&mut self) -> Element {
        match self.event().await {
            Some(StreamEvent::Stanza(element)) => element,
            other => panic!("no element but {other:?}"),
        }
    }

    /// Reads up to the end of the stream, which must be in order.
    pub(crate) async fn end(&mut self) -> Option<StreamCondition> {
        let mut reason = None;
        loop {
            match self.event().await {
                Some(StreamEvent::Stanza(element)) => {
                    reason = StreamError::from_element(&element).map(|error| error.condition);
                }
                Some(StreamEvent::Open(_)) => {}
                Some(StreamEvent::Close) => break,
                None => panic!("the stream was cut"),
            }
        }
        let mut rest = [0; 1];
        assert_eq!(self.io.read(&mut rest).await.unwrap_or(0), 0, "bytes after the end");
        reason
    }

    pub(crate) async fn open(&mut self, to: &str) -> StreamHeader {
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams' to='{to}' version='1.0'>"
        ))
        .await;
        self.header().await
    }

    /// Opens a stream and returns what is offered on it.
    pub(crate) async fn features(&mut self, to: &str) -> Element {
        self.open(to).await;
        self.element().await
    }

    pub(crate) async fn starttls(&mut self) {
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
        assert!(self.element().await.is("proceed", ns::TLS));
        self.handshake().await;
    }

    pub(crate) async fn handshake(&mut self) {
        let config = self.tls();
        self.handshake_as(config).await;
    }

    /// What this client does its handshakes with; it resumes the sessions begun with the same.
    pub(crate) fn tls(&self) -> Arc<rustls::ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }

    /// Does the handshake; returns whether it was a whole one or resumed.
    pub(crate) async fn handshake_as(
        &mut self,
        config: Arc<rustls::ClientConfig>,
    ) -> Option<rustls::HandshakeKind> {
        let plain = std::mem::replace(&mut self.io, Box::new(tokio::io::empty()));
        let name = ServerName::try_from(DOMAIN).unwrap();
        let tls = TlsConnector::from(config).connect(name, plain).await.unwrap();
        let connection = tls.get_ref().1;
        let label = ChannelBinding::EXPORTER_LABEL;
        let exported = connection.export_keying_material([0; 32], label, Some(b"")).unwrap();
        self.binding = Some(ChannelBinding::tls_exporter(exported.to_vec()));
        let kind = connection.handshake_kind();
        self.io = Box::new(tls);
        self.parser = StreamParser::new(LIMITS);
        kind
    }

    /// Opens a stream and authenticates, up to the features of the next.
    pub(crate) async fn login(&mut self, to: &str, mechanism: &str, user: &str, password: &str) {
        let features = self.features(to).await;
        assert!(offered_mechanisms(&features).iter().any(|m| m == mechanism), "{features:?}");
        let reply = self.authenticate(mechanism, user, password).await;
        assert!(matches!(reply, SaslReply::Success(_)), "{reply:?}");
        self.parser = StreamParser::new(LIMITS);
        let features = self.features(to).await;
        assert!(features.has_child("bind", ns::BIND));
    }

    pub(crate) async fn authenticate(&mut self, name: &str, user: &str, pass: &str) -> SaslReply {
        if name == "PLAIN" {
            return self.plain("", user, pass).await;
        }
        let mechanism: Mechanism = name.parse().unwrap();
        let binding = match (&self.binding, mechanism.plus) {
            (Some(binding), true) => Binding::Bound(binding),
            _ => Binding::Unsupported,
        };
        let nonce = "fyko+d2lbbFgONRv9qkxdawL";
        let (first, started) = scram::start(mechanism, user, pass, binding, nonce).unwrap();
        match self.sasl(auth(name, first.into_bytes())).await {
            SaslReply::Challenge(challenge) => {
                let (last, responded) = started.respond(&challenge).unwrap();
                let reply = self.sasl(SaslRequest::Response(last.into_bytes())).await;
                if let SaslReply::Success(Some(proof)) = &reply {
                    responded.verify(proof).unwrap();
                }
                reply
            }
            other => other,
        }
    }

    /// Begins with this first message, and returns the challenge.
    pub(crate) async fn challenge(&mut self, mechanism: Mechanism, first: &str) -> String {
        match self.sasl(auth(mechanism.as_str(), first.as_bytes().to_vec())).await {
            SaslReply::Challenge(challenge) => String::from_utf8(challenge).unwrap(),
            other => panic!("no challenge: {other:?}"),
        }
    }

    /// Binds what follows to the channel in another way.
    pub(crate) fn bind_to(&mut self, binding: ChannelBinding) {
        self.binding = Some(binding);
    }

    /// Authenticates by XEP-0388, with this inside the request; returns the success or failure.
    pub(crate) async fn sasl2(
        &mut self,
        name: &str,
        user: &str,
        pass: &str,
        with: &str,
    ) -> Element {
        let mechanism: Mechanism = name.parse().unwrap();
        let binding = match (&self.binding, mechanism.plus) {
            (Some(binding), true) => Binding::Bound(binding),
            _ => Binding::Unsupported,
        };
        let nonce = "fyko+d2lbbFgONRv9qkxdawL";
        let (first, started) = scram::start(mechanism, user, pass, binding, nonce).unwrap();
        let reply = self.authenticate2(name, first.into_bytes(), with).await;
        match Sasl2Reply::from_element(&reply).unwrap().unwrap() {
            Sasl2Reply::Challenge(challenge) => {
                let (last, _) = started.respond(&challenge).unwrap();
                let response = Sasl2Request::Response(last.into_bytes());
                self.send(&response.to_element().to_xml()).await;
                self.element().await
            }
            _ => reply,
        }
    }

    /// The same with a token.
    pub(crate) async fn fast(
        &mut self,
        mechanism: HtMechanism,
        user: &str,
        token: &str,
        with: &str,
    ) -> Element {
        let binding = self.binding.as_ref().filter(|_| mechanism.binding().is_some());
        let first = Initiator::new(user, token, binding).to_bytes();
        self.authenticate2(mechanism.as_str(), first, with).await
    }

    pub(crate) async fn authenticate2(
        &mut self,
        name: &str,
        initial: Vec<u8>,
        with: &str,
    ) -> Element {
        let request = Sasl2Request::Authenticate {
            mechanism: name.to_owned(),
            initial: Some(initial),
            user_agent: UserAgent::default(),
        };
        let text = request.to_element().to_xml();
        self.send(&text.replace("</authenticate>", &format!("{with}</authenticate>"))).await;
        self.element().await
    }

    /// Authenticates by PLAIN, for somebody if that is not empty.
    pub(crate) async fn plain(&mut self, authzid: &str, user: &str, pass: &str) -> SaslReply {
        let authzid = (!authzid.is_empty()).then(|| authzid.to_owned());
        let plain = Plain { authzid, authcid: user.to_owned(), password: pass.to_owned() };
        self.sasl(auth("PLAIN", plain.to_bytes())).await
    }

    pub(crate) async fn sasl(&mut self, request: SaslRequest) -> SaslReply {
        self.send(&request.to_element().to_xml()).await;
        SaslReply::from_element(&self.element().await).unwrap().unwrap()
    }

    /// Binds a resource; an empty one leaves the choice to the server.
    pub(crate) async fn bind(&mut self, resource: &str) -> String {
        self.send(&format!(
            "<iq type='set' id='b'><bind xmlns='{}'><resource>{resource}</resource></bind></iq>",
            ns::BIND
        ))
        .await;
        let reply = self.element().await;
        assert_eq!(reply.attr("type"), Some("result"), "{reply:?}");
        reply.child("bind", ns::BIND).unwrap().child("jid", ns::BIND).unwrap().text()
    }
}

fn auth(name: &str, initial: Vec<u8>) -> SaslRequest {
    SaslRequest::Auth { mechanism: name.to_owned(), initial: Some(initial) }
}
