//! One XMPP stream over a byte stream: elements out, elements in.

use std::time::Duration;

use televisor_xmpp::stream::Version;
use televisor_xmpp::writer::write_stream_header;
use televisor_xmpp::{Element, Limits, StreamError, StreamEvent, StreamHeader, StreamParser, ns};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::failure::Failure;

/// A server that takes nothing for this long is gone.
const WRITE_DEADLINE: Duration = Duration::from_secs(15);
/// How long the goodbye may take.
const CLOSE_DEADLINE: Duration = Duration::from_millis(500);

/// The bytes below: TCP, then TLS.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A stream in progress.
pub(crate) struct XmppStream {
    io: Box<dyn Io>,
    parser: StreamParser,
    buffer: Vec<u8>,
}

impl XmppStream {
    /// Takes a byte stream on which nothing has been said.
    pub(crate) fn new(io: Box<dyn Io>) -> Self {
        Self { io, parser: StreamParser::new(Limits::UNAUTHENTICATED), buffer: vec![0; 8 * 1024] }
    }

    /// Sends our stream header. The account is told inside TLS only (RFC 6120 section 4.7.1).
    pub(crate) async fn open(&mut self, to: &str, from: Option<&str>) -> Result<(), Failure> {
        let header = StreamHeader {
            namespace: ns::CLIENT.to_owned(),
            to: Some(to.to_owned()),
            from: from.map(str::to_owned),
            version: Some(Version::V1_0),
            lang: Some("en".to_owned()),
            ..StreamHeader::default()
        };
        let mut text = String::new();
        write_stream_header(&header, &mut text);
        self.write(text.as_bytes()).await
    }

    /// Returns the features that follow the server's header.
    pub(crate) async fn features(&mut self) -> Result<Element, Failure> {
        let element = self.next().await?;
        if element.is("features", ns::STREAMS) {
            return Ok(element);
        }
        Err(Failure::Lost(format!("the server sent {} in place of features", element.name())))
    }

    pub(crate) async fn send(&mut self, element: &Element) -> Result<(), Failure> {
        self.write(&element.to_bytes(ns::CLIENT)).await
    }

    /// Closes our side. What still comes is not waited for.
    pub(crate) async fn close(&mut self) {
        let goodbye = async {
            self.io.write_all(b"</stream:stream>").await?;
            self.io.shutdown().await
        };
        // A server that is gone already needs no goodbye.
        let _ = timeout(CLOSE_DEADLINE, goodbye).await;
    }

    /// Returns the next first-level element; headers are passed over. Cancelling it loses nothing.
    ///
    /// # Errors
    /// Stream errors, and whatever else ends the stream.
    pub(crate) async fn next(&mut self) -> Result<Element, Failure> {
        loop {
            match self.parser.next_event() {
                Ok(Some(StreamEvent::Stanza(element))) => {
                    return match StreamError::from_element(&element) {
                        Some(error) => Err(error.into()),
                        None => Ok(element),
                    };
                }
                Ok(Some(StreamEvent::Open(_))) => {}
                Ok(Some(StreamEvent::Close)) => {
                    return Err(Failure::lost("the server closed the stream"));
                }
                Ok(None) => self.read().await?,
                Err(error) => return Err(Failure::Lost(format!("not understood: {error}"))),
            }
        }
    }

    async fn read(&mut self) -> Result<(), Failure> {
        let read = self.io.read(&mut self.buffer).await?;
        if read == 0 {
            return Err(Failure::lost("the connection ended"));
        }
        self.parser.push(self.buffer.get(..read).unwrap_or_default());
        Ok(())
    }

    /// Expects a new header on the same bytes, from a server that has proved who it is.
    pub(crate) fn restart(&mut self) {
        self.parser = StreamParser::new(Limits::REWRITTEN);
    }

    /// Gives back the bytes' stream, for TLS. What was read and not used is dropped: it came in the
    /// clear (RFC 6120 section 5.4.3.3).
    pub(crate) fn into_io(self) -> Box<dyn Io> {
        self.io
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = async {
            self.io.write_all(bytes).await?;
            self.io.flush().await
        };
        match timeout(WRITE_DEADLINE, written).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(Failure::lost("the server takes nothing any more")),
        }
    }
}
