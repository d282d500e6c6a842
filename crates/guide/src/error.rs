//! What can go wrong with the guide.

/// Why the guide could not be filled or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `guide.db` cannot be used, not even anew.
    #[error(transparent)]
    Store(#[from] televisor_store::Error),
    /// A source cannot be fetched.
    #[error("cannot fetch the guide {location}: {reason}")]
    Fetch {
        /// Which one, without credentials.
        location: String,
        /// What happened.
        reason: String,
    },
    /// A source is no XMLTV.
    #[error("{location} is no XMLTV guide: {reason}")]
    Format {
        /// Which one, without credentials.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<televisor_store::rusqlite::Error> for Error {
    fn from(source: televisor_store::rusqlite::Error) -> Self {
        Self::Store(source.into())
    }
}
