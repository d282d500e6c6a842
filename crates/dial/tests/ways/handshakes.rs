//! TLS that takes any certificate, and TLS that does not.

use std::io;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ServerConfig, SignatureScheme};
use televisor_dial::AnyCertificate;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::authority::{Authority, Leaf};

/// Shows this certificate, to whoever asks.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

impl ResolvesClientCert for Shows {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn server(key: Arc<CertifiedKey>) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(Arc::new(AnyCertificate::new()))
        .with_cert_resolver(Arc::new(Shows(key)))
}

type Chain = Option<Vec<CertificateDer<'static>>>;

/// Shakes hands, and says which certificates each side saw of the other: (the server's, the client's).
async fn shake(client: ClientConfig, server: ServerConfig) -> io::Result<(Chain, Chain)> {
    let (near, far) = duplex(1 << 16);
    let accepting = tokio::spawn(async move {
        let mut stream = TlsAcceptor::from(Arc::new(server)).accept(far).await?;
        // With TLS 1.3 the client learns of a refusal with the first byte it reads.
        stream.write_all(b"!").await?;
        stream.flush().await?;
        io::Result::Ok(stream.get_ref().1.peer_certificates().map(owned))
    });
    let name = ServerName::try_from("example.org").unwrap();
    let connected = TlsConnector::from(Arc::new(client)).connect(name, near);
    let mut stream = connected.await?;
    stream.read_u8().await?;
    let servers = stream.get_ref().1.peer_certificates().map(owned);
    let clients = accepting.await.unwrap()?;
    Ok((servers, clients))
}

fn owned(chain: &[CertificateDer<'static>]) -> Vec<CertificateDer<'static>> {
    chain.to_vec()
}

#[tokio::test]
async fn any_certificate_is_taken_on_both_sides_and_seen() {
    let (near, far) = (Leaf::self_signed("near.example"), Leaf::self_signed("far.example"));
    let trust = Authority::new().trust();
    let client = trust.open_client(Arc::new(Shows(near.certified()))).unwrap();
    let seen = shake(client, server(far.certified())).await.unwrap();
    assert_eq!(seen, (Some(far.chain), Some(near.chain)));
}

#[tokio::test]
async fn a_certificate_whose_key_did_not_sign_is_not_taken() {
    let (near, far) = (Leaf::self_signed("near.example"), Leaf::self_signed("far.example"));
    let trust = Authority::new().trust();
    let client = trust.open_client(Arc::new(Shows(near.certified()))).unwrap();
    let stolen = server(far.certified_with(&near.key));
    assert!(shake(client, stolen).await.is_err());

    let thief = trust.open_client(Arc::new(Shows(near.certified_with(&far.key)))).unwrap();
    assert!(shake(thief, server(far.certified())).await.is_err());
}

#[tokio::test]
async fn a_strict_client_takes_what_it_trusts_and_nothing_else() {
    let authority = Authority::new();
    let trust = authority.trust();
    let good = server(authority.issue(&["example.org"]).certified());
    assert!(shake(trust.strict_client().unwrap(), good).await.is_ok());
    for leaf in [authority.issue(&["example.com"]), Leaf::self_signed("example.org")] {
        let bad = server(leaf.certified());
        assert!(shake(trust.strict_client().unwrap(), bad).await.is_err());
    }
}

#[tokio::test]
async fn a_client_without_certificate_is_served_too() {
    let authority = Authority::new();
    let config = server(authority.issue(&["example.org"]).certified());
    let strict = authority.trust().strict_client().unwrap();
    let (_, clients) = shake(strict, config).await.unwrap();
    assert_eq!(clients, None);
}
