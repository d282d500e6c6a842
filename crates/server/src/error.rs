//! What can go wrong with the server as a whole, and what a peer is told of trouble that is ours.

use televisor_xmpp::error::{Condition, StanzaError};

/// Why the server cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A listening address cannot be had.
    #[error("cannot listen on {address}: {source} (set xmpp.listen, or stop the other server)")]
    Listen {
        /// As it is configured.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A domain or alias is none.
    #[error("`{name}` is no domain (set xmpp.domain to a host name)")]
    Domain {
        /// As it is configured.
        name: String,
    },
    /// Two features answer the same payload.
    #[error("{payload} is claimed by both {first} and {second}")]
    DuplicateClaim {
        /// The payload.
        payload: String,
        /// The document of the first.
        first: &'static str,
        /// The document of the second.
        second: &'static str,
    },
    /// The TLS library refuses what it is told.
    #[error("TLS cannot be set up: {0}")]
    Tls(rustls::Error),
    /// The DNS server or the certificate authorities of `[federation]`.
    #[error(transparent)]
    Dial(#[from] televisor_dial::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The database.
    #[error(transparent)]
    Store(#[from] televisor_store::Error),
}

/// Answers for trouble with the database: the log has `what` and why, the peer neither.
pub(crate) fn internal(error: &televisor_store::Error, what: &'static str) -> StanzaError {
    tracing::error!(%error, "{what}");
    Condition::InternalServerError.into()
}
