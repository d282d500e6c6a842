//! A peer written by hand: text goes out as it is, and what comes in is read as it comes.

use anyhow::{Context as _, bail};
use televisor_xmpp::{Element, Limits, StreamEvent, StreamHeader, StreamParser};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::house::PATIENCE;

/// The other end of a connection.
pub(super) struct Raw {
    socket: TcpStream,
    parser: StreamParser,
}

/// What came.
#[derive(Debug)]
pub(super) enum Heard {
    Header(StreamHeader),
    Element(Element),
    /// `</stream:stream>`
    Close,
    /// The connection was closed.
    End,
}

impl Raw {
    pub(super) async fn connect(port: u16) -> Self {
        Self::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap())
    }

    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, parser: StreamParser::new(Limits::REWRITTEN) }
    }

    /// Sends text. Whether it is taken shows in what comes back.
    pub(super) async fn say(&mut self, text: &str) {
        drop(timeout(PATIENCE, self.socket.write_all(text.as_bytes())).await);
    }

    /// Opens a stream as XMPP 1.0 does, and passes over the answer.
    pub(super) async fn open(&mut self, from: &str) -> anyhow::Result<()> {
        self.say(&header(&format!("from='{from}' version='1.0'"))).await;
        match (self.hear().await?, self.hear().await?) {
            (Heard::Header(_), Heard::Element(features)) if features.name() == "features" => Ok(()),
            other => bail!("instead of header and features: {other:?}"),
        }
    }

    pub(super) async fn hear(&mut self) -> anyhow::Result<Heard> {
        timeout(PATIENCE, self.next()).await.context("nothing came")?
    }

    /// Waits for the end of the connection, whatever comes before.
    pub(super) async fn hear_out(&mut self) -> anyhow::Result<Vec<Heard>> {
        let mut all = Vec::new();
        loop {
            match self.hear().await? {
                Heard::End => return Ok(all),
                heard => all.push(heard),
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Heard> {
        loop {
            match self.parser.next_event()? {
                Some(StreamEvent::Open(header)) => return Ok(Heard::Header(header)),
                Some(StreamEvent::Stanza(element)) => return Ok(Heard::Element(element)),
                Some(StreamEvent::Close) => return Ok(Heard::Close),
                None => {}
            }
            let mut chunk = [0; 4096];
            // A connection that is reset has ended as well.
            match self.socket.read(&mut chunk).await {
                Ok(length) if length > 0 => self.parser.push(&chunk[..length]),
                _ => return Ok(Heard::End),
            }
        }
    }
}

/// A stream header with these further attributes.
pub(super) fn header(attributes: &str) -> String {
    format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams' {attributes}>"
    )
}
