//! One port for HTTP and HTTPS, and who may see what on it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::Router;
use televisor_web::guard::guard;
use televisor_web::{Config, Screen, ScreenView, Web, pages};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

struct Fake {
    this_machine: bool,
}

impl Screen for Fake {
    fn name(&self) -> String {
        "Joe's <TV>".to_owned()
    }
    fn view(&self) -> ScreenView {
        ScreenView { passcode: None, invitation: None, pairing_open: true, notices: vec![] }
    }
    fn open_pairing(&self) {}
    fn is_this_machine(&self, _: IpAddr) -> bool {
        self.this_machine
    }
}

/// Keeps the sender of the names for as long as the test process runs.
static NAMES: OnceLock<watch::Sender<Arc<BTreeSet<String>>>> = OnceLock::new();

async fn open(this_machine: bool) -> (Web, SocketAddr) {
    let names = NAMES
        .get_or_init(|| watch::channel(Arc::new(BTreeSet::from(["tv.local".to_owned()]))).0)
        .subscribe();
    let router: Router = pages::routes(Arc::new(Fake { this_machine }))
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
    (web, address)
}

async fn ask(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_front_page_names_the_receiver_as_text() {
    let (_web, address) = open(true).await;
    let answer = ask(address, "GET / HTTP/1.1\r\nHost: tv.local:8010").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("Joe's &lt;TV&gt;"), "{answer}");
    assert!(answer.contains("content-security-policy"), "{answer}");
}

#[tokio::test]
async fn a_foreign_host_is_misdirected() {
    let (_web, address) = open(true).await;
    let answer = ask(address, "GET / HTTP/1.1\r\nHost: evil.example").await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[tokio::test]
async fn the_screen_is_shown_to_this_machine_only() {
    let (_web, address) = open(true).await;
    let answer = ask(address, "GET /screen.json HTTP/1.1\r\nHost: tv.local").await;
    let shown = r#"{"passcode":null,"invitation":null,"pairing_open":true,"notices":[]}"#;
    assert!(answer.ends_with(shown), "{answer}");
    let (_web, address) = open(false).await;
    let answer = ask(address, "GET /screen HTTP/1.1\r\nHost: tv.local").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[tokio::test]
async fn another_site_cannot_press_the_button() {
    let (_web, address) = open(true).await;
    let head = "POST /screen/pairing HTTP/1.1\r\nHost: tv.local\r\nContent-Length: 0";
    let answer = ask(address, &format!("{head}\r\nOrigin: http://evil.example")).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let answer = ask(address, head).await;
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
}

#[tokio::test]
async fn a_first_byte_of_tls_is_answered_in_tls() {
    let (_web, address) = open(true).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[0x16, 3, 1, 0, 4, 0xff, 0, 0, 0]).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer.first(), Some(&0x15), "a TLS alert, not an HTTP answer");
}
