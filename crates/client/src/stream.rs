//! One XMPP stream over a byte stream: elements out, elements in.

use std::time::Duration;

use televisor_xmpp::stream::Version;
use televisor_xmpp::writer::write_stream_header;
use televisor_xmpp::{Element, Limits, StreamError, StreamEvent, StreamHeader, StreamParser, ns};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::connect::Io;
use crate::error::Error;

/// A receiver that takes nothing for this long is gone.
const WRITE_DEADLINE: Duration = Duration::from_secs(20);

/// A stream in progress.
pub(crate) struct XmppStream {
    io: Box<dyn Io>,
    parser: StreamParser,
    buffer: Vec<u8>,
}

impl XmppStream {
    pub(crate) fn new(io: Box<dyn Io>) -> Self {
        let parser = StreamParser::new(Limits::AUTHENTICATED);
        Self { io, parser, buffer: vec![0; 8 * 1024] }
    }

    /// Sends our stream header.
    pub(crate) async fn open(&mut self, to: &str) -> Result<(), Error> {
        let header = StreamHeader {
            namespace: ns::CLIENT.to_owned(),
            to: Some(to.to_owned()),
            version: Some(Version::V1_0),
            lang: Some("en".to_owned()),
            ..StreamHeader::default()
        };
        let mut text = String::new();
        write_stream_header(&header, &mut text);
        self.write(text.as_bytes()).await
    }

    pub(crate) async fn send(&mut self, element: &Element) -> Result<(), Error> {
        self.write(&element.to_bytes(ns::CLIENT)).await
    }

    /// Closes our side. What still comes is not waited for.
    pub(crate) async fn close(&mut self) {
        let _ = self.write(b"</stream:stream>").await;
        let _ = timeout(Duration::from_secs(1), self.io.shutdown()).await;
    }

    /// Returns the next first-level element; headers are passed over. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Element, Error> {
        loop {
            match self.parser.next_event().map_err(|e| Error::Stream(e.to_string()))? {
                Some(StreamEvent::Stanza(element)) => return checked(element),
                Some(StreamEvent::Open(_)) => {}
                Some(StreamEvent::Close) => return Err(Error::Stream("closed".to_owned())),
                None => {
                    let read = self.io.read(&mut self.buffer).await?;
                    if read == 0 {
                        return Err(Error::Stream("ended without a close".to_owned()));
                    }
                    self.parser.push(self.buffer.get(..read).unwrap_or_default());
                }
            }
        }
    }

    /// Expects a new header on the same bytes, as after SASL success.
    pub(crate) fn restart(&mut self) {
        self.parser.reset();
    }

    /// Gives back the bytes' stream, for TLS. What was read and not used is dropped: it came in the
    /// clear (RFC 6120 section 5.4.3.3).
    pub(crate) fn into_io(self) -> Box<dyn Io> {
        self.io
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = async {
            self.io.write_all(bytes).await?;
            self.io.flush().await
        };
        timeout(WRITE_DEADLINE, written).await.map_err(|_| Error::TimedOut(WRITE_DEADLINE))??;
        Ok(())
    }
}

fn checked(element: Element) -> Result<Element, Error> {
    match StreamError::from_element(&element) {
        Some(error) => Err(Error::Stream(error.condition.to_string())),
        None => Ok(element),
    }
}
