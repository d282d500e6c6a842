//! What can go wrong on the link.

use televisor_xmpp::StanzaError;

/// An error of serverless messaging.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Multicast DNS could not be had.
    #[error(transparent)]
    Discovery(#[from] televisor_discovery::Error),
    /// The port cannot be listened on; most often another program has it.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// Why not.
        source: std::io::Error,
    },
    /// Nobody of this name is on the link.
    #[error("{0} is not on this link")]
    NotHere(String),
    /// The peer is announced but cannot be reached, or the stream to it broke.
    #[error("{peer} cannot be reached: {reason}")]
    Unreachable {
        /// Whom we wanted.
        peer: String,
        /// What happened.
        reason: String,
    },
    /// The peer did not answer in time.
    #[error("{0} did not answer in time")]
    Timeout(String),
    /// The peer answered an iq with an error (RFC 6120 section 8.3).
    #[error("{peer} refused: {error}")]
    Refused {
        /// Who answered.
        peer: String,
        /// Its answer.
        error: Box<StanzaError>,
    },
    /// The stream to the peer is not proven to be with whom it was meant for; nothing was sent.
    #[error("{0} is not proven to be who was meant")]
    NotProven(String),
    /// What was to be sent is not a stanza, or larger than the link takes.
    #[error("cannot be sent: {0}")]
    Stanza(String),
    /// More is waiting for this peer, or for all, than the limits allow.
    #[error("too much is waiting to be sent")]
    Busy,
    /// The key or certificate cannot be used.
    #[error("cannot use the certificate: {0}")]
    Credentials(String),
    /// This link only watches: it has no name and takes part in no conversation.
    #[error("this link only watches")]
    WatchOnly,
    /// The link has been closed.
    #[error("the link has been closed")]
    Closed,
}
