//! The receiver's answers: plain words, and never to be kept by a cache.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use televisor_model::DeviceId;

use super::routes::ROOT;
use crate::digest::{Algorithm, Challenge};

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    set(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// Sets a header; a value that cannot be one is left out.
pub(super) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
}

/// Closed, unknown, burnt and off-link all look the same (R6).
pub(super) fn not_found() -> Response {
    plain(StatusCode::NOT_FOUND, "there is nothing here\n")
}

pub(super) fn only(methods: &'static str) -> Response {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "this method is not for here\n");
    set(&mut response, header::ALLOW, methods);
    response
}

pub(super) fn foreign_page() -> Response {
    plain(StatusCode::FORBIDDEN, "a page of another site may not pair devices\n")
}

pub(super) fn malformed() -> Response {
    plain(StatusCode::BAD_REQUEST, "the credentials are not what RFC 7616 says\n")
}

pub(super) fn bad_secret() -> Response {
    plain(StatusCode::BAD_REQUEST, "send {\"secret\": 32 bytes in base64url without padding}\n")
}

pub(super) fn tls_only() -> Response {
    plain(StatusCode::FORBIDDEN, "the upgrade is for HTTPS only\n")
}

pub(super) fn too_late() -> Response {
    plain(
        StatusCode::FORBIDDEN,
        "a code can be traded only within 10 minutes of its pairing; pair the device again\n",
    )
}

pub(super) fn unavailable(wait: Duration) -> Response {
    later(StatusCode::SERVICE_UNAVAILABLE, wait)
}

pub(super) fn too_many(wait: Duration) -> Response {
    later(StatusCode::TOO_MANY_REQUESTS, wait)
}

fn later(status: StatusCode, wait: Duration) -> Response {
    let mut response = plain(status, "not now; try again a little later\n");
    set(&mut response, header::RETRY_AFTER, &(wait.as_secs() + 1).to_string());
    response
}

/// Step 7 of the draft; 302 as its section 3.4 has it.
pub(super) fn go_on_at(id: DeviceId) -> Response {
    let mut response = plain(StatusCode::FOUND, "pairing goes on at the address given\n");
    set(&mut response, header::LOCATION, &format!("{ROOT}/{id}"));
    response
}

/// Step 9: two challenges, the better one first (RFC 7616 section 3.7), with one nonce.
pub(super) fn challenge(realm: &str, nonce: &str, stale: bool) -> Response {
    let mut response = plain(StatusCode::UNAUTHORIZED, "type the code that the screen shows\n");
    for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
        let challenge = Challenge {
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            algorithm,
            stale,
            opaque: None,
        };
        set(&mut response, header::WWW_AUTHENTICATE, &challenge.to_string());
    }
    response
}

/// A 200 with `body` as JSON.
pub(super) fn json(body: &impl serde::Serialize, proof: &str) -> Response {
    let Ok(text) = serde_json::to_string(body) else { return unavailable(Duration::ZERO) };
    let mut response = text.into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    set(&mut response, header::CONTENT_TYPE, "application/json");
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, HeaderName::from_static("authentication-info"), proof);
    response
}
