//! Bytes in, events out; elements in, bytes out. Below it is a socket, TLS, or a pipe in a test.

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::{Limits, StreamEvent, StreamParser};
use televisor_xmpp::stream::{StreamCondition, StreamError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Instant, timeout};

/// Bytes taken from the peer at a time. They are on the stack: an idle stream holds none.
const CHUNK: usize = 8192;

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
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// The same, to be polled beside other things.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<StreamEvent, Fault>> {
        loop {
            match self.parser.next_event() {
                Ok(Some(StreamEvent::Close)) => return Poll::Ready(Err(Fault::Closed)),
                Ok(Some(event)) => return Poll::Ready(Ok(event)),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Err(Fault::Error((&error).into()))),
            }
            let mut chunk = [MaybeUninit::uninit(); CHUNK];
            let mut chunk = ReadBuf::uninit(&mut chunk);
            let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(cx, &mut chunk) else {
                // Most streams are silent most of the time.
                self.parser.rest();
                return Poll::Pending;
            };
            if read.is_err() || chunk.filled().is_empty() {
                return Poll::Ready(Err(Fault::Gone));
            }
            self.heard = Instant::now();
            self.parser.push(chunk.filled());
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
            let mut chunk = vec![0; CHUNK];
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
