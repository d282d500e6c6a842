//! What can go wrong when a channel is opened.

use televisor_model::ChannelId;

/// Why a channel cannot be opened at all. What goes wrong later is [`crate::Lost`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The line-up has no such channel.
    #[error("no channel `{0}` in the line-up")]
    UnknownChannel(ChannelId),
    /// Its address is of a kind that cannot be received.
    #[error("`{channel}` is sent in a way that cannot be received here: {reason}")]
    Unsupported {
        /// Which channel.
        channel: ChannelId,
        /// What about its address.
        reason: String,
    },
}
