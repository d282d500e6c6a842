//! XEP-0156: how a client in a browser finds the WebSocket, at `/.well-known/host-meta` and, as JSON,
//! `/.well-known/host-meta.json` (RFC 6415).
//!
//! The link names the host that the client used, which it can evidently reach, and is inside TLS unless
//! the client asked in the clear within this machine. Every page may read it: there is nothing in it
//! that whoever can ask does not know.

use axum::Router;
use axum::extract::{Extension, Request};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::Connection;
use crate::guard::authority_of;
use crate::websocket;

/// The link relation of a WebSocket.
const RELATION: &str = "urn:xmpp:alt-connections:websocket";

/// What a page of any site may be answered with.
pub(crate) const EVERYBODY: (HeaderName, HeaderValue) =
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));

/// Returns the routes of both forms.
pub fn routes() -> Router {
    Router::new()
        .route("/.well-known/host-meta", get(xrd).options(preflight))
        .route("/.well-known/host-meta.json", get(json).options(preflight))
}

async fn xrd(connection: Extension<Connection>, request: Request) -> Response {
    let Some(link) = link(&connection, &request) else { return nowhere() };
    let text = format!(
        "<?xml version='1.0' encoding='utf-8'?>\n\
         <XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n  \
         <Link rel='{RELATION}' href='{link}'/>\n</XRD>\n"
    );
    ([EVERYBODY], [(header::CONTENT_TYPE, "application/xrd+xml; charset=utf-8")], text)
        .into_response()
}

async fn json(connection: Extension<Connection>, request: Request) -> Response {
    let Some(link) = link(&connection, &request) else { return nowhere() };
    let text = format!("{{\"links\":[{{\"rel\":\"{RELATION}\",\"href\":\"{link}\"}}]}}\n");
    ([EVERYBODY], [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

async fn preflight() -> Response {
    let mut headers = HeaderMap::from_iter([EVERYBODY]);
    let methods = HeaderValue::from_static("GET, HEAD, OPTIONS");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn nowhere() -> Response {
    (StatusCode::BAD_REQUEST, "which host is that\n").into_response()
}

fn link(connection: &Connection, request: &Request) -> Option<String> {
    let authority = authority_of(request).filter(|authority| is_plain(authority))?;
    let scheme = if connection.tls || !connection.is_private() { "wss" } else { "ws" };
    Some(format!("{scheme}://{authority}{}", websocket::PATH))
}

/// Whether an authority can stand in a link as it is: a host name or an address, and a port.
fn is_plain(authority: &str) -> bool {
    !authority.is_empty()
        && authority.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b))
}
