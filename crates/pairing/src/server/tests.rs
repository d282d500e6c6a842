//! The routes, asked without a socket.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::future::BoxFuture;
use http::{Request, StatusCode, header};
use televisor_clock::Clock;
use televisor_model::{Credentials, DeviceId};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::digest::authorization::{Ask, WEIGHED};
use crate::digest::{Authorization, Challenge, Ha1s};
use crate::upgrade::Secret;

#[derive(Default)]
struct Book {
    kept: Mutex<HashMap<DeviceId, Credentials>>,
    is_full: AtomicBool,
}

impl Book {
    fn keep(&self, id: DeviceId, new: Credentials) -> BoxFuture<'_, Result<(), LedgerError>> {
        let full = self.is_full.load(Ordering::SeqCst);
        let kept = if full {
            Err(LedgerError("the disk is full".to_owned()))
        } else {
            self.kept.lock().unwrap().insert(id, new);
            Ok(())
        };
        Box::pin(async { kept })
    }
}

impl Ledger for Book {
    fn is_empty(&self) -> bool {
        self.kept.lock().unwrap().is_empty()
    }
    fn credentials(&self, id: DeviceId) -> Option<Credentials> {
        self.kept.lock().unwrap().get(&id).cloned()
    }
    fn name(&self, _: DeviceId) -> Option<String> {
        None
    }
    fn pair(&self, new: NewPairing) -> BoxFuture<'_, Result<(), LedgerError>> {
        self.keep(new.id, new.credentials)
    }
    fn upgrade(&self, id: DeviceId, new: Credentials) -> BoxFuture<'_, Result<(), LedgerError>> {
        self.keep(id, new)
    }
}

struct House {
    pairing: Pairing,
    book: Arc<Book>,
}

const REALM: Uuid = Uuid::from_u128(0x3014_6e8b_0d1a_47b9_825d_bebd_7c23_acaf);

impl House {
    fn new() -> Self {
        let book = Arc::new(Book::default());
        let info = ReceiverInfo {
            uuid: REALM,
            name: "tv".to_owned(),
            jid_domain: "tv.local".to_owned(),
            xmpp_port: 5222,
            https_port: 8010,
            certificate_sha256: "00".repeat(32),
        };
        let ledger: Arc<dyn Ledger> = book.clone();
        let pairing = Pairing::new(Config::default(), info, ledger, Clock::system()).unwrap();
        pairing.open(None);
        Self { pairing, book }
    }

    async fn send(&self, mut request: Request<Body>, on_link: bool) -> Response {
        let peer = SocketAddr::from(([192, 168, 1, 9], 40000));
        let local = SocketAddr::from(([192, 168, 1, 2], 8010));
        request.extensions_mut().insert(PeerInfo { peer, local, tls: true, on_link });
        self.pairing.routes().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.send(Request::get(path).body(Body::empty()).unwrap(), true).await
    }

    async fn begin(&self) -> (DeviceId, String) {
        let answer = self.get("/pairing/pair?device-name=a").await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        let path = text(&answer, header::LOCATION);
        (DeviceId(Uuid::parse_str(path.rsplit('/').next().unwrap()).unwrap()), path)
    }

    fn code(&self) -> String {
        self.pairing.state().borrow().notice.as_ref().unwrap().code.clone()
    }

    /// Answers a bare request's challenge with `password`.
    async fn answer(&self, id: DeviceId, path: &str, password: &str) -> Response {
        let challenge = challenge(&self.get(path).await);
        self.send(given(&challenge, "GET", id, path, password, Body::empty()), true).await
    }

    async fn trade(&self, id: DeviceId, password: &str, secret: &Secret) -> Response {
        let path = format!("/pairing/{id}/upgrade");
        let bare = self.send(Request::post(&path).body(Body::empty()).unwrap(), true).await;
        let body = Body::from(format!("{{\"secret\":\"{}\"}}", secret.expose()));
        let challenge = challenge(&bare);
        self.send(given(&challenge, "POST", id, &path, password, body), true).await
    }

    async fn pair(&self) -> (DeviceId, String, String) {
        let (id, path) = self.begin().await;
        self.get(&path).await;
        let code = self.code();
        assert_eq!(self.answer(id, &path, &code).await.status(), StatusCode::OK);
        (id, path, code)
    }
}

fn text(answer: &Response, name: header::HeaderName) -> String {
    answer.headers().get(name).unwrap().to_str().unwrap().to_owned()
}

fn challenge(answer: &Response) -> Challenge {
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let first = answer.headers().get(header::WWW_AUTHENTICATE).unwrap();
    Challenge::parse(first.as_bytes()).unwrap().remove(0)
}

fn given(
    challenge: &Challenge,
    method: &str,
    id: DeviceId,
    path: &str,
    password: &str,
    body: Body,
) -> Request<Body> {
    let username = id.to_string();
    let ask = Ask { method, uri: path, username: &username, cnonce: "c", nc: 1 };
    let ha1s = Ha1s::derive(&username, &REALM.to_string(), password);
    let answer = Authorization::answer(challenge, &ask, &ha1s).to_string();
    let request = Request::builder().method(method).uri(path);
    request.header(header::AUTHORIZATION, answer).body(body).unwrap()
}

#[tokio::test]
async fn r2_to_who_is_not_on_the_link_there_is_nothing_here() {
    let house = House::new();
    let (_, path) = house.begin().await;
    for path in ["/pairing/pair?device-name=a", path.as_str()] {
        let request = Request::get(path).header("x-forwarded-for", "192.168.1.9");
        let answer = house.send(request.body(Body::empty()).unwrap(), false).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
    assert!(house.pairing.state().borrow().notice.is_none());
}

#[tokio::test]
async fn r1_a_closed_window_answers_404() {
    let house = House::new();
    house.pairing.close();
    let answer = house.get("/pairing/pair?device-name=a").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn r3_the_fourth_pending_device_is_told_when_to_come_back() {
    let house = House::new();
    for _ in 0..3 {
        house.begin().await;
    }
    let answer = house.get("/pairing/pair?device-name=a").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let wait: u64 = text(&answer, header::RETRY_AFTER).parse().unwrap();
    assert!((1..=121).contains(&wait), "{wait}");
    tokio::time::advance(Duration::from_secs(wait)).await;
    house.begin().await;
}

#[tokio::test]
async fn what_the_ledger_cannot_keep_is_no_pairing() {
    let house = House::new();
    house.book.is_full.store(true, Ordering::SeqCst);
    let mut paired = house.pairing.paired();
    let (id, path) = house.begin().await;
    house.get(&path).await;
    let code = house.code();
    let answer = house.answer(id, &path, &code).await;
    assert!(answer.status().is_server_error());
    assert!(house.book.is_empty() && house.pairing.is_open());
    assert!(paired.try_recv().is_err());
    house.book.is_full.store(false, Ordering::SeqCst);
    assert_eq!(house.answer(id, &path, &code).await.status(), StatusCode::OK);
    assert_eq!(paired.try_recv().unwrap().id, id);
}

#[tokio::test(start_paused = true)]
async fn r5_a_stale_nonce_is_no_wrong_code() {
    let house = House::new();
    let (id, path) = house.begin().await;
    let old = challenge(&house.get(&path).await);
    let code = house.code();
    tokio::time::advance(Duration::from_secs(61)).await;
    for _ in 0..12 {
        let request = given(&old, "GET", id, &path, "00000000", Body::empty());
        assert!(challenge(&house.send(request, true).await).stale);
    }
    assert!(house.pairing.is_open());
    assert_eq!(house.answer(id, &path, &code).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn r5_a_wrong_code_leads_to_a_fresh_uuid() {
    let house = House::new();
    let (id, path) = house.begin().await;
    let answer = house.answer(id, &path, "00000000").await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_ne!(text(&answer, header::LOCATION), path);
    assert!(house.book.is_empty());
}

#[tokio::test]
async fn r6_an_unknown_uuid_is_as_much_work_as_a_wrong_code() {
    let house = House::new();
    let (id, path) = house.begin().await;
    let challenge = challenge(&house.get(&path).await);
    let work = async |request| {
        let before = WEIGHED.get();
        let answer = house.send(request, true).await;
        (answer.status(), WEIGHED.get() - before)
    };
    let unknown = DeviceId(Uuid::from_u128(7));
    let elsewhere = format!("/pairing/{unknown}");
    let lost = given(&challenge, "GET", unknown, &elsewhere, "00000000", Body::empty());
    assert_eq!(work(lost).await, (StatusCode::NOT_FOUND, 1));
    let wrong = given(&challenge, "GET", id, &path, "00000000", Body::empty());
    assert_eq!(work(wrong).await, (StatusCode::FOUND, 1));
}

#[tokio::test]
async fn r7_both_challenges_are_offered_sha_256_first_and_never_basic() {
    let house = House::new();
    let (_, path) = house.begin().await;
    let answer = house.get(&path).await;
    let all = answer.headers().get_all(header::WWW_AUTHENTICATE);
    let all: Vec<_> = all.iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(all.len(), 2);
    assert!(all[0].starts_with("Digest ") && all[0].contains("algorithm=SHA-256"));
    assert!(all[1].starts_with("Digest ") && all[1].contains("algorithm=MD5"));
}

#[tokio::test(start_paused = true)]
async fn r9_a_code_is_traded_within_10_minutes_and_then_no_more() {
    let house = House::new();
    let (id, _, code) = house.pair().await;
    tokio::time::advance(Duration::from_secs(601)).await;
    let refused = house.trade(id, &code, &Secret::generate().unwrap()).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    house.pairing.open(None);
    let (id, _, code) = house.pair().await;
    let secret = Secret::generate().unwrap();
    assert_eq!(house.trade(id, &code, &secret).await.status(), StatusCode::OK);
    let kept = house.book.credentials(id);
    tokio::time::advance(Duration::from_secs(3600)).await;
    let again = house.trade(id, secret.expose(), &secret).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert!(house.book.credentials(id) == kept, "the same secret again changes nothing");
    let dead = house.trade(id, &code, &secret).await;
    assert_eq!(dead.status(), StatusCode::UNAUTHORIZED);
}
