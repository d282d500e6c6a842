//! Bytes that wait to be written: the loop writes as much as goes whenever it goes, and never waits
//! for it alone, so that two servers that send to each other cannot block one another.

use bytes::{Buf as _, BytesMut};
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::io::{AsyncWriteExt as _, WriteHalf};
use tokio::time::Instant;

use crate::wire::{Fault, Io};

/// The writing half of a stream.
pub(super) struct Output {
    io: WriteHalf<Box<dyn Io>>,
    buffer: BytesMut,
    /// Whether what was written may still be in the TLS layer.
    unflushed: bool,
    /// Since when nothing has gone on.
    since: Instant,
}

impl Output {
    pub(super) fn new(io: WriteHalf<Box<dyn Io>>) -> Self {
        Self { io, buffer: BytesMut::new(), unflushed: false, since: Instant::now() }
    }

    pub(super) fn push(&mut self, element: &Element) {
        self.push_bytes(&element.to_bytes(ns::SERVER));
    }

    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        if !self.wants() {
            self.since = Instant::now();
        }
        self.buffer.extend_from_slice(bytes);
    }

    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether there is anything to write.
    pub(super) fn wants(&self) -> bool {
        !self.buffer.is_empty() || self.unflushed
    }

    /// Since when nothing has gone on, though there is something to write.
    pub(super) fn stalled(&self) -> Option<Instant> {
        self.wants().then_some(self.since)
    }

    /// Writes what goes. Nothing is lost, and nothing written twice, if it is cancelled.
    pub(super) async fn progress(&mut self) -> Result<(), Fault> {
        if self.buffer.is_empty() {
            self.io.flush().await.map_err(|_| Fault::Gone)?;
            self.unflushed = false;
            if self.buffer.capacity() > 64 * 1024 {
                self.buffer = BytesMut::new();
            }
        } else {
            let length = self.io.write(&self.buffer).await.map_err(|_| Fault::Gone)?;
            if length == 0 {
                return Err(Fault::Gone);
            }
            self.buffer.advance(length);
            self.unflushed = true;
        }
        self.since = Instant::now();
        Ok(())
    }

    /// Writes everything, and the end of the connection.
    pub(super) async fn finish(&mut self) -> Result<(), Fault> {
        while self.wants() {
            self.progress().await?;
        }
        self.io.shutdown().await.map_err(|_| Fault::Gone)
    }
}
