//! The web port: the receiver's pages, pairing, XMPP over WebSocket, and files. What chat clients need of
//! it is served on the XMPP port as well, inside TLS: that one is open to the world.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use televisor_pairing::PeerInfo;
use televisor_reach::{Identity, link};
use televisor_server::{BoxFuture, Handle, Http, Io, Peer};
use televisor_uploads::Uploads;
use televisor_web::guard::{Names, guard, guard_open};
use televisor_web::origin::Origins;
use televisor_web::websocket::{self, Door};
use televisor_web::{Config, Connection, Web, files, host_meta, listener, pages};

use super::screen::Display;
use crate::problem::Problem;

/// What the web port shows.
pub(super) struct Parts<'a> {
    pub(super) config: &'a Config,
    pub(super) display: &'a Display,
    pub(super) server: &'a Handle,
    pub(super) uploads: Option<Uploads>,
    pub(super) names: Names,
}

/// Opens the web port, and the door for chat clients on the XMPP port.
pub(super) async fn open(parts: Parts<'_>, identity: &Identity) -> Result<Web, Problem> {
    let Parts { config, display, server, names, .. } = &parts;
    let for_chat = for_chat(&parts);
    server.serve_http(Arc::new(WorldDoor { router: for_chat.clone() }));
    let router = pages::routes(Arc::new((*display).clone()))
        .merge(display.pairing.routes().layer(from_fn(tell_pairing_who_asks)))
        .layer(from_fn_with_state(names.clone(), guard))
        .merge(for_chat);
    Web::start(config, Arc::clone(&identity.server_config), router)
        .await
        .map_err(|error| Problem::failed(error.to_string()))
}

/// What a chat client needs, wherever it is: nothing of it has authority by being asked for.
fn for_chat(parts: &Parts<'_>) -> Router {
    let server = parts.server.clone();
    let door = Door {
        serve: Arc::new(move |stream, connection: Connection| {
            server.serve(stream, connection.peer, connection.local, connection.is_private())
        }),
        origins: Origins { names: parts.names.clone(), others: parts.config.origins.clone() },
    };
    let router = websocket::routes(door).merge(host_meta::routes());
    let router = match parts.uploads.clone() {
        Some(uploads) => router.merge(files::routes(uploads)),
        None => router,
    };
    router.layer(from_fn_with_state(parts.names.clone(), guard_open))
}

/// Chat clients that speak HTTP on the XMPP port.
struct WorldDoor {
    router: Router,
}

impl Http for WorldDoor {
    fn serve(&self, io: Box<dyn Io>, peer: Peer) -> BoxFuture<'static, ()> {
        let connection = Connection { peer: peer.addr, local: peer.local, tls: true };
        Box::pin(listener::serve(io, connection, self.router.clone()))
    }
}

/// Hands the web port's knowledge of a connection to pairing in pairing's own words.
async fn tell_pairing_who_asks(mut request: Request, next: Next) -> Response {
    if let Some(Connection { peer, local, tls }) = request.extensions().get().copied() {
        let on_link = link::is_on_link(peer.ip());
        request.extensions_mut().insert(PeerInfo { peer, local, tls, on_link });
    }
    next.run(request).await
}
