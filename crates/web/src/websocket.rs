//! XMPP over WebSocket (RFC 7395) at `/xmpp-websocket`: a connection becomes the stream of a client, and
//! the program says who serves that.
//!
//! Here are the handshake, the limits and the carrying to and fro; what the frames mean is
//! `televisor_xmpp::framing`. A browser's page may only come from near ([`crate::origin`]), and nothing
//! goes in the clear but within this machine.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, StatusCode};
use televisor_xmpp::framing::{Frame, Inbound, Outbound};
use televisor_xmpp::parser::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf};
use tokio::time::timeout;

use crate::Connection;
use crate::origin::Origins;

/// Where it is: the usual place.
pub const PATH: &str = "/xmpp-websocket";

/// RFC 7395 section 3.1: the subprotocol.
const PROTOCOL: &str = "xmpp";

/// Bytes of one frame, and of one message: more than the largest stanza, so that it is the stream that
/// says what is too long.
const FRAME: usize = 2 * Limits::AUTHENTICATED.bytes;

/// Bytes on their way between the connection and the server, each way.
const BUFFER: usize = 16 * 1024;

/// Bytes taken from the server at a time.
const CHUNK: usize = 8 * 1024;

/// How long one write to a client may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the end of a connection may take: the rest of the stream, and the other end's own close.
const GOODBYE: Duration = Duration::from_secs(10);
const LINGER: Duration = Duration::from_secs(2);

/// Serves the stream of a client; returns whether there is room for it.
pub type Serve = Arc<dyn Fn(DuplexStream, Connection) -> bool + Send + Sync>;

/// What the door to the server needs.
#[derive(Clone)]
pub struct Door {
    /// Who serves the streams.
    pub serve: Serve,
    /// Which pages may come in.
    pub origins: Origins,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("origins", &self.origins).finish_non_exhaustive()
    }
}

/// Returns the route.
pub fn routes(door: Door) -> Router {
    Router::new().route(PATH, get(upgrade)).with_state(door)
}

async fn upgrade(
    State(door): State<Door>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    socket: WebSocketUpgrade,
) -> Response {
    if !door.origins.trust(&headers, &connection) {
        return (StatusCode::FORBIDDEN, "not from another site\n").into_response();
    }
    if !connection.is_private() {
        // RFC 7395 section 3.9: there is no STARTTLS inside.
        return (StatusCode::FORBIDDEN, "not in the clear: use wss\n").into_response();
    }
    let socket = socket.max_frame_size(FRAME).max_message_size(FRAME).protocols([PROTOCOL]);
    if socket.selected_protocol().is_none() {
        return (StatusCode::BAD_REQUEST, "the subprotocol is xmpp\n").into_response();
    }
    socket.on_upgrade(move |socket| carry(socket, door.serve, connection))
}

/// Carries a connection to its end.
async fn carry(mut socket: WebSocket, serve: Serve, connection: Connection) {
    let (ours, theirs) = tokio::io::duplex(BUFFER);
    if !serve(theirs, connection) {
        let busy = CloseFrame { code: close_code::AGAIN, reason: "too busy".into() };
        drop(timeout(GOODBYE, socket.send(Message::Close(Some(busy)))).await);
        return;
    }
    let (to_client, from_client) = socket.split();
    let (from_server, to_server) = tokio::io::split(ours);
    let streams = Arc::new(AtomicUsize::new(1));
    let up =
        Up { from_client, to_server, streams: Arc::clone(&streams), frames: Inbound::default() };
    let down = Down { from_server, to_client, streams, frames: Outbound::default() };
    let mut up = tokio::spawn(up.run());
    let mut down = tokio::spawn(down.run());
    tokio::select! {
        _ = &mut down => {
            // The peer closes in its turn (RFC 6455 section 7.1.1), or is cut off.
            drop(timeout(LINGER, &mut up).await);
        }
        // The server is told by the end of its input; what it still says has a little time.
        _ = &mut up => drop(timeout(GOODBYE, &mut down).await),
    }
    up.abort();
    down.abort();
}

/// From the client to the server.
struct Up {
    from_client: SplitStream<WebSocket>,
    to_server: WriteHalf<DuplexStream>,
    streams: Arc<AtomicUsize>,
    frames: Inbound,
}

impl Up {
    async fn run(mut self) {
        while let Some(Ok(message)) = self.from_client.next().await {
            let streams = self.streams.load(Ordering::Acquire);
            let bytes = match &message {
                Message::Text(text) => self.frames.frame(text, streams),
                Message::Binary(_) => self.frames.not_text().into(),
                Message::Ping(_) | Message::Pong(_) if self.frames.is_open() => b" ".into(),
                Message::Ping(_) | Message::Pong(_) => continue,
                Message::Close(_) => break,
            };
            if self.to_server.write_all(&bytes).await.is_err() {
                break;
            }
        }
        drop(self.to_server.shutdown().await);
    }
}

/// From the server to the client.
struct Down {
    from_server: ReadHalf<DuplexStream>,
    to_client: SplitSink<WebSocket, Message>,
    streams: Arc<AtomicUsize>,
    frames: Outbound,
}

impl Down {
    async fn run(mut self) {
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = self.from_server.read(&mut chunk).await {
            self.frames.push(chunk.get(..length).unwrap_or_default());
            match timeout(PATIENCE, self.pass_on()).await {
                Ok(Ok(true)) => {}
                // It is closed, it is gone, or it does not read.
                Ok(Ok(false) | Err(_)) | Err(_) => return,
            }
        }
        // No word of the end: the server has cut the stream off.
        let away = CloseFrame { code: close_code::AWAY, reason: "".into() };
        drop(timeout(GOODBYE, self.to_client.send(Message::Close(Some(away)))).await);
    }

    /// Sends the frames that are whole; returns whether the stream goes on.
    async fn pass_on(&mut self) -> Result<bool, axum::Error> {
        while let Some(frame) = self.frames.next_frame() {
            // Before the client can know: it opens its next stream when it has read this.
            self.streams.store(self.frames.streams(), Ordering::Release);
            match frame {
                Frame::Text(text) => self.to_client.feed(Message::Text(text.into())).await?,
                Frame::Close(text) => {
                    self.to_client.feed(Message::Text(text.into())).await?;
                    let done = CloseFrame { code: close_code::NORMAL, reason: "".into() };
                    self.to_client.send(Message::Close(Some(done))).await?;
                    return Ok(false);
                }
            }
        }
        self.to_client.flush().await?;
        Ok(true)
    }
}
