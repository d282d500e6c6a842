//! Packets on their way to the disk. Writing and flushing happen off the async threads, one at a
//! time, while the next packets gather; a slow disk never stalls the input for long.

use std::io;

use tokio::task::JoinHandle;

use crate::library::Tape;

/// Packets that may gather while the disk is busy: eight seconds of a strong channel. Past that
/// the input is left waiting.
const MOST_PENDING: usize = 8 * 1024 * 1024;

/// Written as soon as so much has gathered; less waits for the next flush.
const WORTH_WRITING: usize = 128 * 1024;

type Written = (Box<dyn Tape>, io::Result<()>);

/// A file, and what is on its way there.
pub(crate) struct Reel {
    tape: Option<Box<dyn Tape>>,
    busy: Option<JoinHandle<Written>>,
    pending: Vec<u8>,
    flush: bool,
    size: u64,
}

impl Reel {
    pub(crate) fn new(tape: Box<dyn Tape>) -> Self {
        let size = tape.size();
        Self { tape: Some(tape), busy: None, pending: Vec::new(), flush: false, size }
    }

    /// Returns how long the file is, as far as is known here.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn has_room(&self) -> bool {
        self.pending.len() < MOST_PENDING
    }

    /// Takes packets in, by way of `put`.
    pub(crate) fn gather(&mut self, put: impl FnOnce(&mut Vec<u8>)) {
        put(&mut self.pending);
        if self.pending.len() >= WORTH_WRITING {
            self.start();
        }
    }

    /// Sends everything so far to the disk for good, as soon as the disk is free.
    pub(crate) fn flush(&mut self) {
        self.flush = true;
        self.start();
    }

    /// Waits until the write in hand has ended, for ever if there is none. Cancel-safe.
    pub(crate) async fn landed(&mut self) -> io::Result<()> {
        let Some(busy) = &mut self.busy else { return std::future::pending().await };
        let result = busy.await;
        self.busy = None;
        let (tape, result) = result.map_err(io::Error::other)?;
        self.size = tape.size();
        self.tape = Some(tape);
        result?;
        if self.flush || self.pending.len() >= WORTH_WRITING {
            self.start();
        }
        Ok(())
    }

    /// Writes and flushes what is left.
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        self.flush();
        while self.busy.is_some() {
            self.landed().await?;
        }
        Ok(())
    }

    fn start(&mut self) {
        let Some(mut tape) = self.tape.take() else { return };
        let packets = std::mem::take(&mut self.pending);
        let flush = std::mem::take(&mut self.flush);
        self.busy = Some(tokio::task::spawn_blocking(move || {
            let mut result = if packets.is_empty() { Ok(()) } else { tape.append(&packets) };
            if flush && result.is_ok() {
                result = tape.sync();
            }
            (tape, result)
        }));
    }
}
