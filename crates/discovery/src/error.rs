//! What can go wrong while announcing or browsing.

/// An error of discovery.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The multicast sockets or their thread could not be had.
    #[error("cannot use multicast DNS: {0}")]
    Unavailable(String),
    /// A service cannot be announced as it was given.
    #[error("cannot announce {kind}: {reason}")]
    Service {
        /// The service type.
        kind: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The announcer has been shut down.
    #[error("announcing has ended")]
    Ended,
}

impl From<mdns_sd::Error> for Error {
    fn from(error: mdns_sd::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}
