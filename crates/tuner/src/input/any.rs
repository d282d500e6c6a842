//! The sources behind one `read`.

use bytes::Bytes;
use televisor_fetch::WebClient;

use super::datagram::DatagramInput;
use super::file::FileInput;
use super::http::HttpInput;
use crate::source::Source;

/// An open source.
pub(crate) enum Input {
    Http(HttpInput),
    Datagrams(DatagramInput),
    File(FileInput),
}

impl Input {
    /// Opens `source`; the caller sets the deadline.
    pub(crate) async fn open(source: &Source, web: &WebClient) -> Result<Self, String> {
        Ok(match source {
            Source::Http { url, user_agent } => {
                Self::Http(HttpInput::open(web, url.clone(), user_agent.as_deref()).await?)
            }
            Source::Datagrams(place) => Self::Datagrams(DatagramInput::open(place)?),
            Source::File(path) => Self::File(FileInput::open(path).await?),
        })
    }

    /// Reads some bytes, never none. May be cancelled without loss.
    pub(crate) async fn read(&mut self) -> Result<Bytes, String> {
        match self {
            Self::Http(input) => input.read().await,
            Self::Datagrams(input) => input.read().await,
            Self::File(input) => input.read().await,
        }
    }
}
