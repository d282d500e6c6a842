//! The requests a device makes: begin, finish with the code, upgrade.
//!
//! One HTTP client for each receiver, without proxies, cookies or redirects of its own; every wait
//! has a deadline, and answers are read up to a limit.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, header};
use reqwest::{Client, Method, Response, Url};
use televisor_model::DeviceId;
use uuid::Uuid;

use super::error::Error;
use super::exchange::{Code, Confirmed, answer, believe, choose};
use super::pin::Pin;
use crate::digest::Challenge;
use crate::upgrade::{Request, Secret};

/// For a connection to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// For an answer; a receiver holds the one to a wrong code back for up to 8 s.
const ANSWER: Duration = Duration::from_secs(15);
/// Largest answer that is read.
const BODY: usize = 64 * 1024;

/// Where a receiver was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The root, `http://test-set-top-box.local:8010/pairing`; `https` where it is spoken.
    pub root: String,
    /// The host's addresses, where they are known and need no look-up.
    pub addresses: Vec<SocketAddr>,
    /// Its UUID, as advertised.
    pub uuid: Option<Uuid>,
}

/// Pairs this device with receivers.
#[derive(Debug, Clone, Default)]
pub struct PairingClient(());

/// A receiver shows its code; its person is to type it here.
pub struct Pending {
    place: Place,
    base: Url,
    http: Client,
    pin: Arc<Pin>,
    id: DeviceId,
    realm: Uuid,
    challenge: Challenge,
}

/// What came of a code.
#[derive(Debug)]
pub enum Claim {
    /// Paired.
    Paired(Box<Confirmed>),
    /// The code was wrong; a fresh one is on the screen.
    WrongCode(Box<Pending>),
}

impl PairingClient {
    /// Makes one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to be paired (steps 5 to 9 of the draft): from here on the receiver shows its code.
    ///
    /// # Errors
    /// [`Error::Closed`] and [`Error::Busy`] if it will not, and whatever the network says.
    pub async fn begin(&self, place: &Place, device_name: &str) -> Result<Pending, Error> {
        let base = parse(place.root.trim_end_matches('/'))?;
        let pin = Pin::new(None);
        let http = http_client(&base, &place.addresses, &pin)?;
        let mut ask = base.clone();
        ask.set_path(&format!("{}/pair", base.path().trim_end_matches('/')));
        ask.query_pairs_mut().append_pair("device-name", device_name);
        let response = send(http.get(ask.clone()), &ask).await?;
        let id = redirected(&response, &base)?;
        challenged(Pending {
            place: place.clone(),
            base,
            http,
            pin,
            id,
            realm: Uuid::nil(),
            challenge: no_challenge(),
        })
        .await
    }

    /// Trades the code for a secret, over TLS with the certificate that the pairing promised. The
    /// secret is the caller's, so that it can be on disk before it is sent; sending it twice does
    /// no harm.
    ///
    /// # Errors
    /// [`Error::NoUpgrade`] for a receiver of 2010, [`Error::Certificate`] for another certificate.
    pub async fn upgrade(
        &self,
        place: &Place,
        paired: &Confirmed,
        secret: &Secret,
    ) -> Result<(), Error> {
        let offer = paired.offer.as_ref().ok_or(Error::NoUpgrade)?;
        let mut url = parse(place.root.trim_end_matches('/'))?;
        let address = || Error::Address(place.root.clone());
        url.set_scheme("https").map_err(|()| address())?;
        url.set_port(Some(offer.https_port)).map_err(|()| address())?;
        url.set_path(&format!("{}/{}/upgrade", url.path().trim_end_matches('/'), paired.id));
        let pin = Pin::new(Some(&offer.certificate_sha256));
        let http = http_client(&url, &place.addresses, &pin)?;
        let body = Request { secret: secret.clone() };
        let bare = send(http.request(Method::POST, url.clone()), &url);
        let bare = bare.await;
        if pin.has_refused() {
            return Err(Error::Certificate);
        }
        let challenge = match bare_challenge(bare?) {
            Ok(challenge) => challenge,
            Err(StatusCode::NOT_FOUND) => return Err(Error::Forgotten(paired.id)),
            Err(_) => return Err(Error::Nonsense("no challenge for the upgrade")),
        };
        if challenge.realm != paired.realm.to_string() {
            return Err(Error::NotGenuine);
        }
        // The secret itself is tried when the code is worth nothing any more: then the trade was
        // made, and only its answer was lost.
        for password in [paired.code.expose(), secret.expose()] {
            let uri = url.path();
            let (given, ha1s) = answer(&challenge, paired.id, "POST", uri, password)?;
            let request = http.request(Method::POST, url.clone()).json(&body);
            let request = request.header(header::AUTHORIZATION, given.to_string());
            let response = send(request, &url).await?;
            match response.status() {
                status if status.is_success() => {
                    let info = response.headers().get("authentication-info").cloned();
                    return believe(&given, &ha1s, info.as_ref().map(|i| i.as_bytes()), b"")
                        .map(|_| ());
                }
                StatusCode::UNAUTHORIZED => {}
                status => return Err(refusal(status, &response)),
            }
        }
        Err(Error::Forgotten(paired.id))
    }
}

impl Pending {
    /// Returns the UUID that the receiver gave this device.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// Returns the receiver's UUID.
    #[must_use]
    pub fn realm(&self) -> Uuid {
        self.realm
    }

    /// Sends the code (steps 11 to 13 of the draft).
    ///
    /// # Errors
    /// [`Error::NotGenuine`] if the other side did not know the code, [`Error::Closed`] if it has
    /// run out, and whatever the network says.
    pub async fn finish(mut self, code: Code) -> Result<Claim, Error> {
        // A person may take longer than the nonce lives: then there is a second challenge.
        for _ in 0..2 {
            let url = self.url();
            let (given, ha1s) = answer(&self.challenge, self.id, "GET", url.path(), code.expose())?;
            let request = self.http.get(url.clone());
            let request = request.header(header::AUTHORIZATION, given.to_string());
            let response = send(request, &url).await?;
            let status = response.status();
            if status.is_success() {
                let info = response.headers().get("authentication-info").cloned();
                let body = read(response, &url).await?;
                let info = info.as_ref().map(|value| value.as_bytes());
                let offer = believe(&given, &ha1s, info, &body)?;
                self.check_certificate(offer.as_ref().map(|o| o.certificate_sha256.as_str()))?;
                let paired = Confirmed { id: self.id, code, realm: self.realm, offer };
                return Ok(Claim::Paired(Box::new(paired)));
            }
            if status.is_redirection() {
                self.id = redirected(&response, &self.base)?;
                return Ok(Claim::WrongCode(Box::new(challenged(self).await?)));
            }
            match bare_challenge(response) {
                Ok(challenge) if challenge.stale => self.challenge = challenge,
                Ok(_) => return Ok(Claim::WrongCode(Box::new(challenged(self).await?))),
                Err(StatusCode::NOT_FOUND) => return Err(Error::Closed),
                Err(_) => return Err(Error::Nonsense("neither yes nor no")),
            }
        }
        Err(Error::Nonsense("every answer is too old for it"))
    }

    fn url(&self) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{}", self.base.path().trim_end_matches('/'), self.id));
        url
    }

    /// Over TLS, the certificate seen must be the one promised.
    fn check_certificate(&self, promised: Option<&str>) -> Result<(), Error> {
        match (self.pin.sha256(), promised) {
            (Some(seen), Some(promised)) if !seen.eq_ignore_ascii_case(promised) => {
                Err(Error::Certificate)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("place", &self.place).field("id", &self.id).finish()
    }
}

/// Steps 8 and 9: goes to the UUID's own address and is asked for the code.
async fn challenged(mut pending: Pending) -> Result<Pending, Error> {
    let url = pending.url();
    let response = send(pending.http.get(url.clone()), &url).await?;
    let status = response.status();
    let challenge = match bare_challenge(response) {
        Ok(challenge) => challenge,
        Err(StatusCode::NOT_FOUND) => return Err(Error::Closed),
        Err(_) if status.is_success() => return Err(Error::Nonsense("it asks for no code")),
        Err(_) => return Err(Error::Nonsense("it offers no Digest")),
    };
    let realm = Uuid::parse_str(&challenge.realm);
    pending.realm = realm.map_err(|_| Error::Nonsense("its realm is no UUID"))?;
    match pending.place.uuid {
        Some(uuid) if uuid != pending.realm => Err(Error::OtherReceiver { found: pending.realm }),
        _ => {
            pending.challenge = challenge;
            Ok(pending)
        }
    }
}

fn no_challenge() -> Challenge {
    Challenge {
        realm: String::new(),
        nonce: String::new(),
        algorithm: crate::digest::Algorithm::Sha256,
        stale: false,
        opaque: None,
    }
}

/// Returns the challenge of a 401, or the status that is none.
#[expect(clippy::needless_pass_by_value, reason = "the answer is used up")]
fn bare_challenge(response: Response) -> Result<Challenge, StatusCode> {
    let status = response.status();
    let values = response.headers().get_all(header::WWW_AUTHENTICATE);
    let challenge = choose(values.iter().map(http::HeaderValue::as_bytes));
    challenge.filter(|_| status == StatusCode::UNAUTHORIZED).ok_or(status)
}

/// Returns the UUID that a 301 or 302 sends us to. It must be one of the same root.
fn redirected(response: &Response, base: &Url) -> Result<DeviceId, Error> {
    let status = response.status();
    if !matches!(status, StatusCode::FOUND | StatusCode::MOVED_PERMANENTLY) {
        return Err(refusal(status, response));
    }
    let elsewhere = || Error::Nonsense("it sends us somewhere else");
    let location = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
    let url = base.join(location.ok_or_else(elsewhere)?).map_err(|_| elsewhere())?;
    let root = base.path().trim_end_matches('/');
    let last = url.path().strip_prefix(root).and_then(|rest| rest.strip_prefix('/'));
    let id = last.and_then(|last| Uuid::parse_str(last).ok()).map(DeviceId);
    if url.origin() == base.origin() { id.ok_or_else(elsewhere) } else { Err(elsewhere()) }
}

fn refusal(status: StatusCode, response: &Response) -> Error {
    let wait = response.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok());
    let seconds = wait.and_then(|wait| wait.parse().ok()).unwrap_or(60);
    match status {
        StatusCode::NOT_FOUND => Error::Closed,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Error::Busy { seconds },
        _ => Error::Nonsense("this is no pairing service"),
    }
}

fn parse(root: &str) -> Result<Url, Error> {
    let url = Url::parse(root).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.filter(Url::has_host).ok_or_else(|| Error::Address(root.to_owned()))
}

fn http_client(url: &Url, addresses: &[SocketAddr], pin: &Arc<Pin>) -> Result<Client, Error> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(pin.client_config()?)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(ANSWER);
    if let (Some(host), false) = (url.host_str(), addresses.is_empty()) {
        builder = builder.resolve_to_addrs(host, addresses);
    }
    builder.build().map_err(|error| Error::Local(error.to_string()))
}

async fn send(request: reqwest::RequestBuilder, url: &Url) -> Result<Response, Error> {
    request.send().await.map_err(|error| unreachable_at(url, &error))
}

async fn read(mut response: Response, url: &Url) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| unreachable_at(url, &e))? {
        if body.len() + chunk.len() > BODY {
            return Err(Error::Nonsense("its answer has no end"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause is the one that says something.
fn unreachable_at(url: &Url, error: &reqwest::Error) -> Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let at = url.host_str().unwrap_or_default().to_owned();
    Error::Unreachable { at, why: cause.to_string() }
}
