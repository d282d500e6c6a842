//! Bytes in, events out; elements in, bytes out. Below it is a socket, TLS, or a pipe in a test.

use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::{Limits, StreamEvent, StreamParser};
use televisor_xmpp::stream::{StreamCondition, StreamError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

/// Bytes taken from the peer at a time; it is part of every idle session's memory.
const CHUNK: usize = 2048;

/// How long, and for how many bytes, a stream that was ended is still read: closing a socket with
/// unread bytes in it takes back what was written last, which is the reason for the end.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_CHUNKS: usize = 256;

/// How long the end of a stream may take to write.
pub(crate) const GOODBYE: Duration = Duration::from_secs(5);

/// What a stream runs over.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Why a stream ends.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The other end is gone, and cannot be told anything.
    Gone,
    /// It closed its stream; ours is to be closed too.
    Closed,
    /// It is to be told this, and the stream closed.
    Error(StreamError),
}

impl From<StreamCondition> for Fault {
    fn from(condition: StreamCondition) -> Self {
        Self::Error(condition.into())
    }
}

/// The reading half of a stream.
#[derive(Debug)]
pub(crate) struct Wire<R> {
    pub(crate) io: R,
    pub(crate) parser: StreamParser,
    /// When the peer last sent anything, were it white space.
    pub(crate) heard: Instant,
}

impl<R: AsyncRead + Unpin> Wire<R> {
    pub(crate) fn new(io: R, limits: Limits) -> Self {
        Self { io, parser: StreamParser::new(limits), heard: Instant::now() }
    }

    /// Waits for the next event. Nothing is lost if it is cancelled.
    pub(crate) async fn event(&mut self) -> Result<StreamEvent, Fault> {
        loop {
            match self.parser.next_event() {
                Ok(Some(StreamEvent::Close)) => return Err(Fault::Closed),
                Ok(Some(event)) => return Ok(event),
                Ok(None) => {}
                Err(error) => return Err(Fault::Error((&error).into())),
            }
            let mut chunk = [0; CHUNK];
            let length = self.io.read(&mut chunk).await.map_err(|_| Fault::Gone)?;
            self.heard = Instant::now();
            match chunk.get(..length) {
                Some(bytes) if length > 0 => self.parser.push(bytes),
                _ => return Err(Fault::Gone),
            }
        }
    }

    /// Waits for the next first-level element.
    pub(crate) async fn element(&mut self) -> Result<Element, Fault> {
        match self.event().await? {
            StreamEvent::Stanza(element) => Ok(element),
            _ => Err(StreamCondition::BadFormat.into()),
        }
    }

    /// Reads on for a moment, so that the peer gets to see what it was told.
    pub(crate) async fn linger(&mut self) {
        let read = async {
            let mut chunk = [0; CHUNK];
            for _ in 0..LINGER_CHUNKS {
                if !matches!(self.io.read(&mut chunk).await, Ok(length) if length > 0) {
                    break;
                }
            }
        };
        // Whoever does not close by then is cut off.
        drop(timeout(LINGER, read).await);
    }
}

/// Returns the end of a stream, with its reason if it has one.
pub(crate) fn goodbye(error: Option<&StreamError>) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(error) = error {
        text.extend_from_slice(&error.to_element().to_bytes(ns::CLIENT));
    }
    text.extend_from_slice(televisor_xmpp::writer::STREAM_CLOSE.as_bytes());
    text
}

/// Writes all of it and flushes, or says that the peer is gone.
pub(crate) async fn write(io: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), Fault> {
    io.write_all(bytes).await.map_err(|_| Fault::Gone)?;
    io.flush().await.map_err(|_| Fault::Gone)
}
