//! One reader's end of an upstream.

use bytes::Bytes;
use tokio::sync::broadcast;

/// A stretch that is missing. The stream may go on after it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lost {
    /// The source gives nothing; it is being tried again, and packets follow once it is back.
    #[error("no signal ({reason})")]
    Signal {
        /// What was tried and what happened, in words.
        reason: String,
    },
    /// This reader was too slow, and so many blocks of packets were thrown away.
    #[error("too slow, {blocks} blocks lost")]
    Lagged {
        /// How many.
        blocks: u64,
    },
}

/// A reader of a channel; the upstream ends shortly after its last reader.
#[derive(Debug)]
pub struct Subscription {
    pub(crate) blocks: broadcast::Receiver<Result<Bytes, Lost>>,
}

impl Subscription {
    /// Waits for the next block: whole packets of 188 bytes. `None` when the tuner has shut down.
    ///
    /// May be cancelled without loss. There is no deadline: the upstream reports a
    /// [`Lost::Signal`] when its own has passed.
    pub async fn next(&mut self) -> Option<Result<Bytes, Lost>> {
        match self.blocks.recv().await {
            Ok(block) => Some(block),
            Err(broadcast::error::RecvError::Lagged(blocks)) => Some(Err(Lost::Lagged { blocks })),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
