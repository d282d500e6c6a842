//! One connection of a session, read and written side by side in the session's own task.

use std::pin::Pin;
use std::task::{Context, Poll};

use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::stream::StreamError;
use tokio::io::{AsyncWrite as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use crate::outbox::Outbox;
use crate::wire::{Fault, GOODBYE, Io, Wire, goodbye, write};

/// Bytes that may wait to be written before the next stanza is read: who asks faster than it reads is
/// slowed down, not thrown out.
const UNWRITTEN: usize = 64 * 1024;

/// A connection.
pub(super) struct Line {
    wire: Wire<Box<dyn Io>>,
    /// What is being written, and how much of it has been.
    writing: Vec<u8>,
    written: usize,
    unflushed: bool,
    /// Since when a write has been waiting for the peer to read.
    stuck: Option<Instant>,
    broken: bool,
}

impl Line {
    pub(super) const fn new(wire: Wire<Box<dyn Io>>) -> Self {
        let writing = Vec::new();
        Self { wire, writing, written: 0, unflushed: false, stuck: None, broken: false }
    }

    /// When the peer last sent anything.
    pub(super) const fn heard(&self) -> Instant {
        self.wire.heard
    }

    /// Since when it has not read what is written to it.
    pub(super) const fn stuck(&self) -> Option<Instant> {
        self.stuck
    }

    /// Waits for what comes next, writing what there is to write meanwhile.
    pub(super) fn poll(
        &mut self,
        outbox: &Outbox,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamEvent, Fault>> {
        self.write(outbox, cx);
        if self.broken {
            return Poll::Ready(Err(Fault::Gone));
        }
        let unwritten = self.writing.len() - self.written;
        // Behind what its peer does not take there are the answers to what it has asked since.
        if unwritten > UNWRITTEN || (unwritten > 0 && outbox.len() > UNWRITTEN) {
            return Poll::Pending;
        }
        self.wire.poll_event(cx)
    }

    /// Writes what there is to write. That the peer is gone shows when it is read from next.
    pub(super) fn write(&mut self, outbox: &Outbox, cx: &mut Context<'_>) {
        if let Poll::Ready(Err(_)) = self.poll_write(Some(outbox), cx) {
            self.broken = true;
        }
    }

    fn poll_write(
        &mut self,
        outbox: Option<&Outbox>,
        cx: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        loop {
            if self.writing.is_empty() {
                self.written = 0;
                if let Some(outbox) = outbox {
                    outbox.take(&mut self.writing);
                }
            }
            let Some(rest) = self.writing.get(self.written..).filter(|rest| !rest.is_empty())
            else {
                return self.poll_flush(cx);
            };
            match Pin::new(&mut self.wire.io).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => {
                    return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
                }
                Poll::Ready(Ok(length)) => {
                    self.stuck = None;
                    self.unflushed = true;
                    self.written += length;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.stuck.get_or_insert_with(Instant::now);
                    return Poll::Pending;
                }
            }
            if self.written >= self.writing.len() {
                // An idle session holds no buffer.
                self.writing = Vec::new();
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        if self.unflushed {
            match Pin::new(&mut self.wire.io).poll_flush(cx) {
                Poll::Pending => {
                    self.stuck.get_or_insert_with(Instant::now);
                    return Poll::Pending;
                }
                Poll::Ready(flushed) => {
                    self.stuck = None;
                    self.unflushed = false;
                    flushed?;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what has been begun, what is left in the outbox if that goes with it, and the end of the
    /// stream; then the connection ends.
    pub(super) async fn close(mut self, outbox: Option<&Outbox>, error: Option<&StreamError>) {
        let last = async {
            std::future::poll_fn(|cx| self.poll_write(outbox, cx))
                .await
                .map_err(|_| Fault::Gone)?;
            write(&mut self.wire.io, &goodbye(error)).await?;
            self.wire.io.shutdown().await.map_err(|_| Fault::Gone)
        };
        if matches!(timeout(GOODBYE, last).await, Ok(Ok(()))) {
            self.wire.linger().await;
        }
    }
}
