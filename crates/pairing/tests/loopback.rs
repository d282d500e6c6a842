//! The whole exchange over real sockets: with our own client, over HTTP and HTTPS, and with curl.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use futures_util::future::BoxFuture;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use televisor_clock::Clock;
use televisor_model::{Credentials, DeviceId};
use televisor_pairing::client::{Claim, Code, Error, Place};
use televisor_pairing::upgrade::Secret;
use televisor_pairing::{
    Config, Ledger, LedgerError, NewPairing, Pairing, PairingClient, PeerInfo, ReceiverInfo,
};
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use uuid::Uuid;

#[derive(Default)]
struct Book(Mutex<HashMap<DeviceId, (String, Credentials)>>);

impl Ledger for Book {
    fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
    fn credentials(&self, id: DeviceId) -> Option<Credentials> {
        self.0.lock().unwrap().get(&id).map(|(_, c)| c.clone())
    }
    fn name(&self, id: DeviceId) -> Option<String> {
        self.0.lock().unwrap().get(&id).map(|(n, _)| n.clone())
    }
    fn pair(&self, new: NewPairing) -> BoxFuture<'_, Result<(), LedgerError>> {
        self.0.lock().unwrap().insert(new.id, (new.name, new.credentials));
        Box::pin(async { Ok(()) })
    }
    fn upgrade(&self, id: DeviceId, new: Credentials) -> BoxFuture<'_, Result<(), LedgerError>> {
        self.0.lock().unwrap().get_mut(&id).unwrap().1 = new;
        Box::pin(async { Ok(()) })
    }
}

struct Receiver {
    pairing: Pairing,
    book: Arc<Book>,
    uuid: Uuid,
    http: SocketAddr,
    https: SocketAddr,
}

impl Receiver {
    async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["tv.local".to_owned()]).unwrap();
        let der = made.cert.der().clone();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![der.clone()], key.unwrap())
            .unwrap();
        let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let secure = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (http, https) = (plain.local_addr().unwrap(), secure.local_addr().unwrap());
        let uuid = Uuid::from_u128(0x3014_6e8b_0d1a_47b9_825d_bebd_7c23_acaf);
        let info = ReceiverInfo {
            uuid,
            name: "Test Set-top Box".to_owned(),
            jid_domain: "test-set-top-box.local".to_owned(),
            xmpp_port: 5222,
            https_port: https.port(),
            certificate_sha256: sha256_hex(&der),
        };
        let book = Arc::new(Book::default());
        let ledger: Arc<dyn Ledger> = book.clone();
        let pairing = Pairing::new(Config::default(), info, ledger, Clock::system()).unwrap();
        tokio::spawn(serve(plain, None, pairing.routes()));
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
        tokio::spawn(serve(secure, Some(acceptor), pairing.routes()));
        Self { pairing, book, uuid, http, https }
    }

    fn code(&self) -> String {
        self.pairing.state().borrow().notice.as_ref().unwrap().code.clone()
    }

    fn place(&self, scheme: &str) -> Place {
        let at = if scheme == "http" { self.http } else { self.https };
        let root = format!("{scheme}://{at}/pairing");
        Place { root, addresses: Vec::new(), uuid: Some(self.uuid) }
    }

    fn credentials(&self, id: DeviceId) -> Credentials {
        self.book.credentials(id).unwrap()
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    televisor_pairing::digest::hex(&sha2::Sha256::digest(bytes))
}

async fn serve(listener: TcpListener, tls: Option<tokio_rustls::TlsAcceptor>, routes: Router) {
    loop {
        let (stream, peer) = listener.accept().await.unwrap();
        let local = stream.local_addr().unwrap();
        let info = PeerInfo { peer, local, tls: tls.is_some(), on_link: true };
        let service = routes.clone().map_request(move |mut request: http::Request<_>| {
            request.extensions_mut().insert(info);
            let request: Request = request.map(axum::body::Body::new);
            request
        });
        let service = TowerToHyperService::new(service);
        let tls = tls.clone();
        tokio::spawn(async move {
            let builder = hyper::server::conn::http1::Builder::new();
            match tls {
                Some(tls) => {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                }
                None => {
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                }
            }
        });
    }
}

async fn pairs_and_upgrades(scheme: &str) {
    let receiver = Receiver::start().await;
    receiver.pairing.open(None);
    let mut paired_events = receiver.pairing.paired();
    let client = PairingClient::new();
    let place = receiver.place(scheme);
    let pending = client.begin(&place, "Dan's iPhone").await.unwrap();
    let id = pending.id();
    let Claim::Paired(paired) =
        pending.finish(Code::read(&receiver.code()).unwrap()).await.unwrap()
    else {
        panic!("the code was taken for wrong")
    };
    assert_eq!(paired.id, id);
    assert_eq!(paired.offer.as_ref().unwrap().jid, format!("{id}@test-set-top-box.local"));
    assert_eq!(paired_events.recv().await.unwrap().name, "Dan's iPhone");
    assert!(!receiver.pairing.is_open());
    let before = receiver.credentials(id);
    let secret = Secret::generate().unwrap();
    client.upgrade(&place, &paired, &secret).await.unwrap();
    let after = receiver.credentials(id);
    assert!(before != after);
    let known = |password: &str| {
        televisor_xmpp::scram::verify_plain(password, &receiver.credentials(id).scram_sha256)
    };
    assert!(known(secret.expose()) && !known(paired.code.expose()));
    // The answer may get lost: the same trade again does no harm.
    client.upgrade(&place, &paired, &secret).await.unwrap();
}

#[tokio::test]
async fn our_own_client_pairs_over_http_and_upgrades() {
    pairs_and_upgrades("http").await;
}

#[tokio::test]
async fn our_own_client_pairs_over_https_and_upgrades() {
    pairs_and_upgrades("https").await;
}

#[tokio::test]
async fn a_wrong_code_leads_to_a_fresh_one() {
    let receiver = Receiver::start().await;
    receiver.pairing.open(None);
    let pending = PairingClient::new().begin(&receiver.place("http"), "a").await.unwrap();
    let (first, code) = (pending.id(), receiver.code());
    let wrong = if code == "40718293" { "40718294" } else { "40718293" };
    let again = pending.finish(Code::read(wrong).unwrap()).await.unwrap();
    let Claim::WrongCode(again) = again else { panic!("a wrong code was taken") };
    assert_ne!(again.id(), first);
    assert_ne!(receiver.code(), code);
    let claim = again.finish(Code::read(&receiver.code()).unwrap()).await.unwrap();
    assert!(matches!(claim, Claim::Paired(_)));
}

#[tokio::test]
async fn a_closed_window_and_another_receiver_are_told() {
    let receiver = Receiver::start().await;
    let client = PairingClient::new();
    let refused = client.begin(&receiver.place("http"), "a").await;
    assert!(matches!(refused, Err(Error::Closed)));
    receiver.pairing.open(None);
    let place = Place { uuid: Some(Uuid::from_u128(1)), ..receiver.place("http") };
    assert!(matches!(client.begin(&place, "a").await, Err(Error::OtherReceiver { .. })));
}

#[tokio::test]
async fn an_upgrade_meets_only_the_certificate_that_was_promised() {
    let receiver = Receiver::start().await;
    receiver.pairing.open(None);
    let (client, place) = (PairingClient::new(), receiver.place("http"));
    let pending = client.begin(&place, "a").await.unwrap();
    let claim = pending.finish(Code::read(&receiver.code()).unwrap()).await.unwrap();
    let Claim::Paired(mut paired) = claim else { panic!("wrong") };
    paired.offer.as_mut().unwrap().certificate_sha256 = "00".repeat(32);
    let refused = client.upgrade(&place, &paired, &Secret::generate().unwrap()).await;
    assert!(matches!(refused, Err(Error::Certificate)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_pairs() {
    let curl = |arguments: &[&str]| {
        let output = Command::new("curl").args(["-s", "-i", "-m", "20"]).args(arguments).output();
        String::from_utf8(output.ok()?.stdout).ok()
    };
    if curl(&["--version"]).is_none() {
        println!("skipped: curl is missing");
        return;
    }
    let receiver = Receiver::start().await;
    receiver.pairing.open(None);
    let base = format!("http://{}", receiver.http);
    let answer = curl(&[&format!("{base}/pairing/pair?device-name=curl")]).unwrap();
    assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
    let path = answer.lines().find_map(|l| l.strip_prefix("location: ")).unwrap().trim();
    assert!(receiver.pairing.state().borrow().notice.is_none(), "only the 401 shows the code");
    let answer = curl(&[&format!("{base}{path}")]).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains(&receiver.uuid.to_string()));
    let user = format!("{}:{}", path.rsplit('/').next().unwrap(), receiver.code());
    let answer = curl(&["--digest", "-u", &user, &format!("{base}{path}")]).unwrap();
    assert!(answer.contains("HTTP/1.1 200") && answer.contains("rspauth="), "{answer}");
    let again = curl(&["--digest", "-u", &user, &format!("{base}{path}")]).unwrap();
    assert!(again.contains("HTTP/1.1 200"), "a paired device is let in again: {again}");
    let lost = curl(&[&format!("{base}/pairing/{}", Uuid::from_u128(5))]).unwrap();
    assert!(lost.starts_with("HTTP/1.1 404"), "{lost}");
}

/// A device of 2010 reads one challenge, and that is MD5's.
#[tokio::test(flavor = "multi_thread")]
async fn curl_pairs_with_md5_alone() {
    use televisor_pairing::digest::{Algorithm, Challenge};
    let receiver = Receiver::start().await;
    receiver.pairing.open(None);
    let base = format!("http://{}", receiver.http);
    let curl = |arguments: &[&str]| {
        let output = Command::new("curl").args(["-s", "-i", "-m", "20"]).args(arguments).output();
        String::from_utf8(output.ok()?.stdout).ok()
    };
    let Some(answer) = curl(&[&format!("{base}/pairing/pair?device-name=old")]) else {
        println!("skipped: curl is missing");
        return;
    };
    let path = answer.lines().find_map(|l| l.strip_prefix("location: ")).unwrap().trim();
    let answer = curl(&[&format!("{base}{path}")]).unwrap();
    let lines = answer.lines().filter_map(|l| l.strip_prefix("www-authenticate: "));
    let mut challenges = lines.flat_map(|l| Challenge::parse(l.trim().as_bytes()).unwrap());
    let challenge = challenges.find(|c| c.algorithm == Algorithm::Md5).unwrap();
    let id = path.rsplit('/').next().unwrap();
    let hash = |parts: &[&str]| televisor_pairing::digest::hex(&Algorithm::Md5.hash(parts));
    let ha1 = hash(&[id, &challenge.realm, &receiver.code()]);
    let ha2 = hash(&["GET", path]);
    let response = hash(&[&ha1, &challenge.nonce, "00000001", "c", "auth", &ha2]);
    // No `algorithm`: it is MD5 then.
    let given = format!(
        "Authorization: Digest username=\"{id}\", realm=\"{}\", nonce=\"{}\", uri=\"{path}\", \
         qop=auth, nc=00000001, cnonce=\"c\", response=\"{response}\"",
        challenge.realm, challenge.nonce
    );
    let answer = curl(&["-H", &given, &format!("{base}{path}")]).unwrap();
    assert!(answer.contains("HTTP/1.1 200") && answer.contains("rspauth="), "{answer}");
}
