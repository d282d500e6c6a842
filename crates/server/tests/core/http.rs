//! HTTP where clients come in: told apart inside TLS.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use televisor_server::{BoxFuture, Http, Io, Peer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::household::{DOMAIN, Household, LAN};

/// Says whom it serves, and what was asked first.
struct Echo;

impl Http for Echo {
    fn serve(&self, mut io: Box<dyn Io>, peer: Peer) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let mut method = [0; 3];
            io.read_exact(&mut method).await.unwrap();
            let method = String::from_utf8_lossy(&method).into_owned();
            io.write_all(format!("{method} of {}", peer.addr).as_bytes()).await.unwrap();
            io.shutdown().await.unwrap();
        })
    }
}

async fn connect(household: &Household, protocols: &[&str]) -> TlsStream<DuplexStream> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let local = "192.168.1.2:5222".parse().unwrap();
    assert!(household.server.serve(theirs, LAN.parse().unwrap(), local, false));
    let mut roots = RootCertStore::empty();
    roots.add(household.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(DOMAIN.try_into().unwrap(), ours).await.unwrap()
}

async fn ask(tls: &mut TlsStream<DuplexStream>, text: &str) -> String {
    tls.write_all(text.as_bytes()).await.unwrap();
    let mut heard = vec![0; 4096];
    let length = tls.read(&mut heard).await.unwrap();
    String::from_utf8_lossy(&heard[..length]).into_owned()
}

#[tokio::test]
async fn a_browser_is_served_http() {
    let household = Household::new().await;
    household.server.serve_http(Arc::new(Echo));
    let mut tls = connect(&household, &["h2", "http/1.1"]).await;
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
    assert_eq!(ask(&mut tls, "GET / HTTP/1.1\r\n").await, format!("GET of {LAN}"));
}

#[tokio::test]
async fn who_does_not_say_is_told_by_the_first_byte() {
    let household = Household::new().await;
    household.server.serve_http(Arc::new(Echo));
    let mut tls = connect(&household, &[]).await;
    assert_eq!(ask(&mut tls, "PUT / HTTP/1.1\r\n").await, format!("PUT of {LAN}"));
    let mut tls = connect(&household, &[]).await;
    let stream = format!(
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
         to='{DOMAIN}' version='1.0'>"
    );
    assert!(ask(&mut tls, &stream).await.contains("<stream:stream"));
}

#[tokio::test]
async fn a_chat_client_is_never_served_http() {
    let household = Household::new().await;
    household.server.serve_http(Arc::new(Echo));
    let mut tls = connect(&household, &["xmpp-client", "http/1.1"]).await;
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"xmpp-client".as_slice()));
    assert!(ask(&mut tls, "GET / HTTP/1.1\r\n").await.contains("stream:error"));
}

#[tokio::test]
async fn where_nobody_serves_http_there_is_none() {
    let household = Household::new().await;
    let mut tls = connect(&household, &["http/1.1"]).await;
    assert_eq!(tls.get_ref().1.alpn_protocol(), None);
    assert!(ask(&mut tls, "GET / HTTP/1.1\r\n").await.contains("stream:error"));
}
