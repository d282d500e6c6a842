//! The front page, and the receiver's screen: large code, device name, countdown.
//!
//! The screen is for the receiver's own display, so it is shown to this machine alone.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde::Serialize;

use crate::Connection;

/// What the screen shows. The shape is that of `televisor screen --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScreenView {
    /// The code to type, while one is shown.
    pub passcode: Option<Passcode>,
    /// An invitation for somebody's own account, while one is good.
    pub invitation: Option<Invitation>,
    /// Whether devices may pair now.
    pub pairing_open: bool,
    /// Lines for the household, newest first.
    pub notices: Vec<String>,
}

/// A code on the screen.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Passcode {
    /// The digits, without a space.
    pub code: String,
    /// The device that asked, as it calls itself.
    pub device_name: String,
    /// The UUID that it was given.
    pub client_uuid: String,
    /// When the code goes, RFC 3339.
    pub expires_at: String,
}

impl std::fmt::Debug for Passcode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passcode").field("device_name", &self.device_name).finish_non_exhaustive()
    }
}

/// An invitation on the screen: a link, and the same as a picture to point a phone at.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// The link, `xmpp:…`.
    pub uri: String,
    /// The QR code, an `<svg>` element; empty if it could not be drawn.
    pub picture: String,
    /// When it ends, RFC 3339.
    pub expires_at: String,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What the pages ask of the program.
pub trait Screen: Send + Sync + 'static {
    /// Returns the receiver's friendly name.
    fn name(&self) -> String;
    /// Returns what the screen shows now.
    fn view(&self) -> ScreenView;
    /// Opens the pairing window, as the button on the receiver does.
    fn open_pairing(&self);
    /// Returns whether `peer` is this very machine.
    fn is_this_machine(&self, peer: IpAddr) -> bool;
}

type Shared = Arc<dyn Screen>;

/// Returns the routes of the front page and of the screen.
pub fn routes(screen: Shared) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/screen", get(screen_page))
        .route("/screen.json", get(screen_json))
        .route("/screen/pairing", post(open_pairing))
        .route("/screen.js", get(|| asset("text/javascript", include_str!("pages/screen.js"))))
        .route("/style.css", get(|| asset("text/css", include_str!("pages/style.css"))))
        .with_state(screen)
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=3600")], text).into_response()
}

async fn front(State(screen): State<Shared>) -> Html<String> {
    let name = escape(&screen.name());
    Html(include_str!("pages/front.html").replace("{name}", &name))
}

async fn screen_page(State(screen): State<Shared>, from: Extension<Connection>) -> Response {
    own(&screen, &from, || {
        let name = escape(&screen.name());
        Html(include_str!("pages/screen.html").replace("{name}", &name)).into_response()
    })
}

async fn screen_json(State(screen): State<Shared>, from: Extension<Connection>) -> Response {
    own(&screen, &from, || {
        ([(header::CACHE_CONTROL, "no-store")], Json(screen.view())).into_response()
    })
}

async fn open_pairing(State(screen): State<Shared>, from: Extension<Connection>) -> Response {
    own(&screen, &from, || {
        screen.open_pairing();
        Redirect::to("/screen").into_response()
    })
}

/// Answers only this machine; for others the screen does not exist.
fn own(screen: &Shared, from: &Connection, answer: impl FnOnce() -> Response) -> Response {
    if screen.is_this_machine(from.peer.ip()) {
        answer()
    } else {
        (StatusCode::NOT_FOUND, "not found\n").into_response()
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
