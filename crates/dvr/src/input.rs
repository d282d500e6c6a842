//! What inputs must offer, whatever they are: an IPTV line-up, a tuner card, another recorder.
//!
//! Several backends are one [`Inputs`] that asks each of its own in turn; nothing above needs to
//! know.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use televisor_model::{ChannelId, Failure};

use crate::schedule::Limits;

/// A way to get at the transport streams of channels.
pub trait Inputs: Send + Sync {
    /// Starts to read `channel`. Readers of the same channel share one upstream.
    ///
    /// Fails with [`Failure::ChannelGone`], [`Failure::NoFreeInput`] or [`Failure::NoSignal`]; the
    /// recorder then tries again, with back-off, until the timer's end.
    fn open<'a>(
        &'a self,
        channel: &'a ChannelId,
    ) -> BoxFuture<'a, Result<Box<dyn PacketSource>, Failure>>;

    /// Returns what viewers call `channel` now, for file names.
    fn name(&self, channel: &ChannelId) -> Option<String>;

    /// Returns how much can be received at once.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// A transport stream being received. Dropping it lets go of the input.
pub trait PacketSource: Send {
    /// Returns the next whole 188-byte packets, one or many; `None` or a failure when the input has
    /// nothing more to give for now. Cancel-safe.
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Bytes, Failure>>>;
}
