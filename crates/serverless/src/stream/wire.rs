//! Bytes in, events out; elements in, bytes out. Below it is a socket, TLS, or a pipe in a test.

use std::time::Duration;

use televisor_xmpp::stream::Version;
use televisor_xmpp::writer::{STREAM_CLOSE, write_stream_header};
use televisor_xmpp::{
    Element, Limits, StreamCondition, StreamError, StreamEvent, StreamHeader, StreamParser, ns,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{sleep_until, timeout};

use super::pace::Pace;

/// Bytes taken from the peer at a time; it is part of every open stream's memory.
const CHUNK: usize = 4096;

/// How long, and for how many bytes, a stream that was ended is still read: closing a socket with
/// unread bytes in it takes back what was written last, which is the reason for the end.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_CHUNKS: usize = 256;

/// A peer that takes nothing for this long is gone.
pub(super) const WRITE_DEADLINE: Duration = Duration::from_secs(20);

/// What a stream runs over.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Io for T {}

/// Why a stream ends.
#[derive(Debug)]
pub(super) enum Fault {
    /// The other end is gone, or has told us that it will not go on: it is told nothing.
    Gone(String),
    /// It closed its stream; ours is to be closed too.
    Closed,
    /// It is to be told this, and the stream closed.
    Error(StreamError),
}

impl Fault {
    pub(super) fn gone(reason: impl ToString) -> Self {
        Self::Gone(reason.to_string())
    }
}

impl From<StreamCondition> for Fault {
    fn from(condition: StreamCondition) -> Self {
        Self::Error(condition.into())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Gone(reason) => f.write_str(reason),
            Self::Closed => f.write_str("the stream was closed"),
            Self::Error(error) => error.fmt(f),
        }
    }
}

/// A stream's reading half, or both halves while it is negotiated.
#[derive(Debug)]
pub(super) struct Wire<R> {
    pub(super) io: R,
    pub(super) parser: StreamParser,
    pub(super) pace: Pace,
}

impl<R: AsyncRead + Unpin> Wire<R> {
    pub(super) fn new(io: R, limits: Limits, pace: Pace) -> Self {
        Self { io, parser: StreamParser::new(limits), pace }
    }

    /// Waits for the next event, no faster than the peer may be heard. Nothing is lost if it is
    /// cancelled.
    pub(super) async fn event(&mut self) -> Result<StreamEvent, Fault> {
        loop {
            match self.parser.next_event() {
                Ok(Some(StreamEvent::Close)) => return Err(Fault::Closed),
                Ok(Some(StreamEvent::Stanza(element))) => return heard(element),
                Ok(Some(event)) => return Ok(event),
                Ok(None) => {}
                Err(error) => return Err(Fault::Error((&error).into())),
            }
            sleep_until(self.pace.ready_at()).await;
            let mut chunk = [0; CHUNK];
            let length = self.io.read(&mut chunk).await.map_err(Fault::gone)?;
            self.pace.take(length);
            match chunk.get(..length) {
                Some(bytes) if length > 0 => self.parser.push(bytes),
                _ => return Err(Fault::gone("the connection was closed")),
            }
        }
    }

    /// Waits for the stream header.
    pub(super) async fn header(&mut self) -> Result<StreamHeader, Fault> {
        match self.event().await? {
            StreamEvent::Open(header) => Ok(header),
            StreamEvent::Stanza(_) | StreamEvent::Close => Err(StreamCondition::BadFormat.into()),
        }
    }

    /// Waits for the next first-level element.
    pub(super) async fn element(&mut self) -> Result<Element, Fault> {
        match self.event().await? {
            StreamEvent::Stanza(element) => Ok(element),
            StreamEvent::Open(_) | StreamEvent::Close => Err(StreamCondition::BadFormat.into()),
        }
    }

    /// Reads on for a moment, so that the peer gets to see what it was told.
    pub(super) async fn linger(&mut self) {
        let read = async {
            let mut chunk = [0; CHUNK];
            for _ in 0..LINGER_CHUNKS {
                if !matches!(self.io.read(&mut chunk).await, Ok(length) if length > 0) {
                    break;
                }
            }
        };
        // Who does not close by then is cut off.
        drop(timeout(LINGER, read).await);
    }
}

/// A stream error says that nothing more will come.
fn heard(element: Element) -> Result<StreamEvent, Fault> {
    match StreamError::from_element(&element) {
        Some(error) => Err(Fault::gone(error)),
        None => Ok(StreamEvent::Stanza(element)),
    }
}

/// Returns the header of a stream of ours. `id` is for the receiving entity to give; without
/// `modern`, neither side speaks of versions.
pub(super) fn header(
    from: Option<&str>,
    to: Option<&str>,
    id: Option<String>,
    modern: bool,
) -> Vec<u8> {
    let header = StreamHeader {
        namespace: ns::CLIENT.to_owned(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        id,
        version: modern.then_some(Version::V1_0),
        lang: None,
    };
    let mut text = String::new();
    write_stream_header(&header, &mut text);
    text.into_bytes()
}

/// Returns the end of a stream, with its reason if it has one.
pub(super) fn goodbye(error: Option<&StreamError>) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(error) = error {
        text.extend_from_slice(&error.to_element().to_bytes(ns::CLIENT));
    }
    text.extend_from_slice(STREAM_CLOSE.as_bytes());
    text
}

/// Writes all of it and flushes, within the deadline.
pub(super) async fn write(io: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), Fault> {
    let written = async {
        io.write_all(bytes).await?;
        io.flush().await
    };
    match timeout(WRITE_DEADLINE, written).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Fault::gone(error)),
        Err(_) => Err(Fault::gone("it takes nothing any more")),
    }
}
