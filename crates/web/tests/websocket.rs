//! XMPP over WebSocket: the handshake, and frames to and from a server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use televisor_web::guard::guard;
use televisor_web::origin::Origins;
use televisor_web::websocket::{self, Door};
use televisor_web::{Config, Web, host_meta};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='tv.local' version='1.0'/>";
const CLOSE: &str = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
const HEADER: &[u8] = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' id='x' version='1.0'>";

static NAMES: OnceLock<watch::Sender<Arc<BTreeSet<String>>>> = OnceLock::new();

/// Opens a web port; whoever comes in by it is handed out.
async fn open(room: bool) -> (Web, SocketAddr, mpsc::Receiver<DuplexStream>) {
    let names = NAMES
        .get_or_init(|| watch::channel(Arc::new(BTreeSet::from(["tv.local".to_owned()]))).0)
        .subscribe();
    let (streams, served) = mpsc::channel(1);
    let door = Door {
        serve: Arc::new(move |stream, _| room && streams.try_send(stream).is_ok()),
        origins: Origins { names: names.clone(), others: Vec::new() },
    };
    let router = websocket::routes(door)
        .merge(host_meta::routes())
        .layer(axum::middleware::from_fn_with_state(names, guard));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::server::ResolvesServerCertUsingSni::new()));
    let config = Config { listen: vec!["127.0.0.1:0".to_owned()], ..Config::default() };
    let web = Web::start(&config, Arc::new(tls), router).await.unwrap();
    let address = web.addresses()[0];
    (web, address, served)
}

async fn connect(
    address: SocketAddr,
    headers: &[(&'static str, &str)],
) -> Result<WebSocketStream<TcpStream>, Error> {
    let mut request = format!("ws://{address}/xmpp-websocket").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let stream = TcpStream::connect(address).await.unwrap();
    Ok(client_async(request, stream).await?.0)
}

const XMPP: (&str, &str) = ("sec-websocket-protocol", "xmpp");

fn status(result: Result<WebSocketStream<TcpStream>, Error>) -> u16 {
    match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> Message {
    timeout(Duration::from_secs(5), socket.next()).await.unwrap().unwrap().unwrap()
}

async fn read(stream: &mut DuplexStream) -> String {
    let mut chunk = vec![0; 4096];
    let read = timeout(Duration::from_secs(5), stream.read(&mut chunk)).await;
    String::from_utf8(chunk[..read.unwrap().unwrap()].to_vec()).unwrap()
}

#[tokio::test]
async fn a_stream_goes_both_ways_and_is_closed() {
    let (_web, address, mut served) = open(true).await;
    let mut client = connect(address, &[XMPP]).await.unwrap();
    let mut server = served.recv().await.unwrap();
    client.send(Message::text(OPEN)).await.unwrap();
    assert!(read(&mut server).await.contains("<stream:stream"));
    server.write_all(HEADER).await.unwrap();
    assert!(next(&mut client).await.to_text().unwrap().starts_with("<open "));
    server.write_all(b"<message/> <presence/>").await.unwrap();
    assert_eq!(next(&mut client).await.to_text().unwrap(), "<message xmlns='jabber:client'/>");
    assert_eq!(next(&mut client).await.to_text().unwrap(), "<presence xmlns='jabber:client'/>");
    client.send(Message::text(CLOSE)).await.unwrap();
    assert_eq!(read(&mut server).await, "</stream:stream>");
    server.write_all(b"</stream:stream>").await.unwrap();
    assert_eq!(next(&mut client).await.to_text().unwrap(), CLOSE);
    assert!(
        matches!(next(&mut client).await, Message::Close(Some(frame)) if u16::from(frame.code) == 1000)
    );
}

#[tokio::test]
async fn a_frame_that_is_no_element_is_nonsense_to_the_server() {
    let (_web, address, mut served) = open(true).await;
    let mut client = connect(address, &[XMPP]).await.unwrap();
    let mut server = served.recv().await.unwrap();
    client.send(Message::text("<a/><b/>")).await.unwrap();
    assert_eq!(read(&mut server).await, "</>");
    client.send(Message::binary(OPEN.as_bytes().to_vec())).await.unwrap();
    assert_eq!(read(&mut server).await, "</>");
}

#[tokio::test]
async fn a_client_that_is_gone_is_the_end_of_the_servers_input() {
    let (_web, address, mut served) = open(true).await;
    let client = connect(address, &[XMPP]).await.unwrap();
    let mut server = served.recv().await.unwrap();
    drop(client);
    assert_eq!(read(&mut server).await, "");
}

#[tokio::test]
async fn a_server_that_is_gone_ends_the_connection() {
    let (_web, address, mut served) = open(true).await;
    let mut client = connect(address, &[XMPP]).await.unwrap();
    drop(served.recv().await.unwrap());
    assert!(
        matches!(next(&mut client).await, Message::Close(Some(frame)) if u16::from(frame.code) == 1001)
    );
}

#[tokio::test]
async fn a_server_that_is_full_says_so() {
    let (_web, address, _served) = open(false).await;
    let mut client = connect(address, &[XMPP]).await.unwrap();
    assert!(
        matches!(next(&mut client).await, Message::Close(Some(frame)) if u16::from(frame.code) == 1013)
    );
}

#[tokio::test]
async fn without_the_subprotocol_there_is_no_handshake() {
    let (_web, address, _served) = open(true).await;
    assert_eq!(status(connect(address, &[]).await), 400);
    let soap = ("sec-websocket-protocol", "soap");
    assert_eq!(status(connect(address, &[soap]).await), 400);
}

#[tokio::test]
async fn a_page_of_another_site_is_refused() {
    let (_web, address, _served) = open(true).await;
    let evil = ("origin", "https://evil.example");
    assert_eq!(status(connect(address, &[XMPP, evil]).await), 403);
    assert_eq!(status(connect(address, &[XMPP, ("host", "evil.example")]).await), 421);
}

async fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: tv.local:8010\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn host_meta_names_the_host_that_was_asked() {
    let (_web, address, _served) = open(true).await;
    let answer = ask(address, "/.well-known/host-meta").await;
    assert!(answer.contains("access-control-allow-origin: *"), "{answer}");
    let link = "rel='urn:xmpp:alt-connections:websocket' href='ws://tv.local:8010/xmpp-websocket'";
    assert!(answer.contains(link), "{answer}");
    let answer = ask(address, "/.well-known/host-meta.json").await;
    assert!(answer.contains("\"href\":\"ws://tv.local:8010/xmpp-websocket\""), "{answer}");
}
