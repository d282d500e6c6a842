//! One stream of a server that does exactly what a test tells it to, right or wrong.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;
use rustls_pki_types::ServerName;
use televisor_dial::AnyCertificate;
use televisor_server::OneCertificate;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::{Limits, StreamEvent, StreamParser};
use televisor_xmpp::stream::{StreamCondition, StreamError, StreamHeader};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

const LIMITS: Limits = Limits { depth: 100, bytes: 1 << 20 };

/// How long anything may take: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Raw {
    io: Box<dyn Io>,
    parser: StreamParser,
    pub(crate) header: StreamHeader,
}

impl Raw {
    /// Connects to a house, from this address.
    pub(crate) async fn connect(from: &str, to: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        let socket = socket.connect(format!("{to}:5269").parse().unwrap()).await.unwrap();
        Self::over(socket)
    }

    fn over(socket: TcpStream) -> Self {
        let parser = StreamParser::new(LIMITS);
        Self { io: Box::new(socket), parser, header: StreamHeader::default() }
    }

    /// Connects, and goes as far as the features inside TLS.
    pub(crate) async fn secure(
        from: &str,
        to: &str,
        certificate: &OneCertificate,
    ) -> (Self, Element) {
        let mut raw = Self::connect(from, to).await;
        let features = raw.open(from, to).await;
        assert!(features.child("starttls", ns::TLS).unwrap().has_child("required", ns::TLS));
        raw.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
        assert!(raw.element().await.is("proceed", ns::TLS));
        raw.connect_tls(to, certificate, None).await;
        let features = raw.open(from, to).await;
        (raw, features)
    }

    pub(crate) async fn connect_tls(
        &mut self,
        to: &str,
        certificate: &OneCertificate,
        alpn: Option<&str>,
    ) {
        let mut config = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate::new()))
            .with_client_cert_resolver(Arc::new(Shown(certificate.0.clone())));
        config.alpn_protocols = alpn.into_iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from(to.to_owned()).unwrap();
        let plain = std::mem::replace(&mut self.io, Box::new(tokio::io::empty()));
        let tls = TlsConnector::from(Arc::new(config)).connect(name, plain).await.unwrap();
        self.io = Box::new(tls);
        self.parser = StreamParser::new(LIMITS);
    }

    /// Opens a stream and returns the features.
    pub(crate) async fn open(&mut self, from: &str, to: &str) -> Element {
        self.send_header(from, to, "").await;
        match self.event().await {
            Some(StreamEvent::Open(header)) => self.header = header,
            other => panic!("no header but {other:?}"),
        }
        self.element().await
    }

    /// Opens the stream anew after SASL.
    pub(crate) async fn reopen(&mut self, from: &str, to: &str) -> Element {
        self.parser = StreamParser::new(LIMITS);
        self.open(from, to).await
    }

    pub(crate) async fn send_header(&mut self, from: &str, to: &str, more: &str) {
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:server' \
             xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' \
             from='{from}' to='{to}' version='1.0' {more}>"
        ))
        .await;
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.io.write_all(text.as_bytes()).await.unwrap();
        self.io.flush().await.unwrap();
    }

    pub(crate) async fn event(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some(event) = self.parser.next_event().unwrap() {
                return Some(event);
            }
            let mut chunk = [0; 4096];
            let read = timeout(PATIENCE, self.io.read(&mut chunk)).await.expect("it is silent");
            let length = read.unwrap_or(0);
            if length == 0 {
                return None;
            }
            self.parser.push(&chunk[..length]);
        }
    }

    pub(crate) async fn element(&mut self) -> Element {
        match self.event().await {
            Some(StreamEvent::Stanza(element)) => element,
            other => panic!("no element but {other:?}"),
        }
    }

    /// Reads up to the end of the stream.
    pub(crate) async fn end(&mut self) -> Option<StreamCondition> {
        let mut reason = None;
        loop {
            match self.event().await {
                Some(StreamEvent::Stanza(element)) => {
                    let error = StreamError::from_element(&element);
                    reason = reason.or(error.map(|error| error.condition));
                }
                Some(StreamEvent::Open(_)) => {}
                Some(StreamEvent::Close) | None => return reason,
            }
        }
    }

    /// Claims to be `from` with a dialback key, and returns what came of it.
    pub(crate) async fn dialback(&mut self, from: &str, to: &str) -> String {
        self.send(&format!("<db:result from='{from}' to='{to}'>00ff</db:result>")).await;
        let outcome = self.element().await;
        assert!(outcome.is("result", ns::DIALBACK), "{outcome:?}");
        assert_eq!((outcome.attr("from"), outcome.attr("to")), (Some(to), Some(from)));
        outcome.attr("type").unwrap_or_default().to_owned()
    }
}

/// A server at an address that says of every key that it is its own.
pub(crate) async fn vouch_for(name: &str, certificate: OneCertificate) {
    let listener = TcpListener::bind(format!("{name}:5269")).await.unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(vouch(Raw::over(socket), certificate.clone()));
        }
    });
}

async fn vouch(mut raw: Raw, certificate: OneCertificate) {
    raw.accept("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
    assert!(raw.element().await.is("starttls", ns::TLS));
    raw.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
    let config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shown(certificate.0)));
    let plain = std::mem::replace(&mut raw.io, Box::new(tokio::io::empty()));
    let Ok(tls) = TlsAcceptor::from(Arc::new(config)).accept(plain).await else { return };
    raw.io = Box::new(tls);
    raw.parser = StreamParser::new(LIMITS);
    raw.accept("").await;
    while let Some(StreamEvent::Stanza(element)) = raw.event().await {
        let attr = |name: &str| element.attr(name).unwrap_or_default().to_owned();
        if element.is("verify", ns::DIALBACK) {
            let (from, to, id) = (attr("from"), attr("to"), attr("id"));
            raw.send(&format!("<db:verify from='{to}' to='{from}' id='{id}' type='valid'/>")).await;
        }
    }
}

impl Raw {
    /// Answers a header, with these features.
    async fn accept(&mut self, features: &str) {
        let Some(StreamEvent::Open(header)) = self.event().await else { panic!("no header") };
        let (from, to) = (header.to.unwrap_or_default(), header.from.unwrap_or_default());
        self.send_header(&from, &to, "id='raw'").await;
        self.send(&format!("<stream:features>{features}</stream:features>")).await;
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}
