//! The routes, and what they need to know of a connection.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{any, get};
use http::Method;
use televisor_model::DeviceId;
use tokio::time::Instant;

use super::answers;
use super::claim;
use super::device_name::DeviceName;
use super::handle::Pairing;
use super::passcode::Passcode;
use super::trade;
use super::window::{Attempt, Refused};
use crate::digest::Ha1s;
use crate::random::{self, NoRandomness};

/// The root path, as advertised.
pub const ROOT: &str = "/pairing";

/// Who is asking, and how. The web listener puts it into every request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct PeerInfo {
    /// The other end of the connection; no header can change it.
    pub peer: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
    /// Whether it came over TLS.
    pub tls: bool,
    /// Whether it came from this link: an address within the prefix of one of our interfaces.
    pub on_link: bool,
}

impl Pairing {
    /// Returns the routes below [`ROOT`]. They need [`PeerInfo`] in the request's extensions.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/pairing/pair", get(pair))
            .route("/pairing/{uuid}", get(claim::device))
            .route("/pairing/{uuid}/upgrade", any(trade::upgrade))
            .with_state(self.clone())
    }

    /// Makes a UUID and a code.
    pub(super) fn attempt(&self) -> Result<Attempt, NoRandomness> {
        let id = DeviceId(random::uuid()?);
        let code = Passcode::draw(self.inner.config.digits)?;
        let realm = self.receiver().uuid.to_string();
        let ha1s = Ha1s::derive(&id.to_string(), &realm, code.expose());
        Ok(Attempt { id, code, ha1s })
    }

    /// Returns `now` as nonces count it.
    pub(super) fn nonce_time(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.inner.epoch)
    }
}

/// Returns the asker, if it is on this link. To everybody else there is nothing here (R2).
pub(super) fn neighbour(request: &Request) -> Option<PeerInfo> {
    let peer = request.extensions().get::<PeerInfo>().copied();
    if peer.is_none() {
        tracing::error!("a pairing request came without its connection");
    }
    peer.filter(|peer| peer.on_link)
}

/// A page of somebody else's must not put codes on the screen (R11).
pub(super) fn is_cross_site(request: &Request) -> bool {
    request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

/// `GET <root>/pair?device-name=…`: steps 5 to 7 of the draft.
async fn pair(State(pairing): State<Pairing>, request: Request) -> Response {
    if neighbour(&request).is_none() {
        return answers::not_found();
    }
    if request.method() != Method::GET {
        return answers::only("GET");
    }
    if is_cross_site(&request) {
        return answers::foreign_page();
    }
    let name = DeviceName::from_query(request.uri().query());
    let Ok(attempt) = pairing.attempt() else { return answers::unavailable(Duration::ZERO) };
    let id = attempt.id;
    match pairing.change(|desk, now| desk.window.begin(now, name, attempt)) {
        Ok(()) => answers::go_on_at(id),
        Err(Refused::Closed) => answers::not_found(),
        Err(Refused::Full(wait)) => answers::unavailable(wait),
    }
}
