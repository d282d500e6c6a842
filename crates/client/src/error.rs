//! What can go wrong on the device's side.

use std::path::PathBuf;
use std::time::Duration;

/// An error of the client. `Display` is fit for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Looking around on the network failed.
    #[error(transparent)]
    Discovery(#[from] televisor_discovery::Error),
    /// Speaking over the link failed.
    #[error(transparent)]
    Link(#[from] televisor_serverless::Error),
    /// A device of the household is neither at the receiver nor on the link.
    #[error("{0} is neither at the receiver nor on this link")]
    NotHere(String),
    /// Pairing did not come about.
    #[error(transparent)]
    Pairing(#[from] televisor_pairing::client::Error),
    /// The receiver announces no pairing; "Add remote device" opens it there.
    #[error("{0} is not open for pairing; open it there first")]
    NotOpen(String),
    /// No receiver answered at any address known.
    #[error("cannot reach {name}")]
    Unreachable {
        /// The receiver's name.
        name: String,
    },
    /// No pairing is kept for what was asked for.
    #[error("not paired with {0}")]
    NotPaired(String),
    /// Several pairings fit; say which.
    #[error("paired with several receivers: {}", names.join(", "))]
    Ambiguous {
        /// Their names.
        names: Vec<String>,
    },
    /// A file of the profile store cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate is not the one that was pinned when pairing.
    #[error("what answers is not the receiver this device was paired with")]
    WrongCertificate,
    /// The receiver offers no way to log in that is safe to use.
    #[error("the receiver offers no usable login: {0}")]
    NoLogin(&'static str),
    /// The receiver refused the credentials: most likely it has forgotten this device.
    #[error("the receiver refused the login ({condition})")]
    Refused {
        /// The SASL condition.
        condition: String,
    },
    /// The receiver could not prove that it knows the secret.
    #[error("the receiver could not prove who it is")]
    Impostor,
    /// The stream broke its rules, or ended.
    #[error("the connection failed: {0}")]
    Stream(String),
    /// Input or output failed.
    #[error("the connection failed: {0}")]
    Io(#[from] std::io::Error),
    /// The other side answered with a stanza error.
    #[error("{0}")]
    Stanza(televisor_xmpp::StanzaError),
    /// There is no connection at the moment; the session keeps trying.
    #[error("not connected to the receiver")]
    NotConnected,
    /// Nothing came in time.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The session has been closed.
    #[error("the session has ended")]
    Ended,
}

impl Error {
    /// Says whether trying again later is pointless.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Impostor | Self::NoLogin(_))
    }
}
