//! What can go wrong for a device, in plain words.

use televisor_model::DeviceId;
use uuid::Uuid;

/// Why pairing did not come about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer, or not in time.
    #[error("the receiver at {at} does not answer: {why}")]
    Unreachable {
        /// Where.
        at: String,
        /// What the network said.
        why: String,
    },
    /// An address that cannot be one of a receiver.
    #[error("{0} is no address of a receiver")]
    Address(String),
    /// The window is closed, or the UUID has run out.
    #[error("the receiver is not open for pairing; open it there first")]
    Closed,
    /// Too many at once.
    #[error("the receiver is busy; try again in {seconds} s")]
    Busy {
        /// How long it asks to wait.
        seconds: u64,
    },
    /// Not four to eight digits.
    #[error("a code has four to eight digits, as on the receiver's screen")]
    NotACode,
    /// Another receiver than the one that was advertised.
    #[error("this is another receiver than the one found: {found}")]
    OtherReceiver {
        /// Who it says it is.
        found: Uuid,
    },
    /// It does not know the code either, or the answer was changed on the way.
    #[error(
        "the answer is not from the receiver whose code this is; pair again on a network you trust"
    )]
    NotGenuine,
    /// The upgrade met another certificate than the pairing promised.
    #[error("the receiver's certificate is not the one it promised")]
    Certificate,
    /// The receiver offers no upgrade: one of 2010.
    #[error("this receiver takes only the code")]
    NoUpgrade,
    /// The receiver no longer knows this device.
    #[error("the receiver does not know device {0} any more; pair again")]
    Forgotten(DeviceId),
    /// Something that is no pairing.
    #[error("the receiver's answer makes no sense: {0}")]
    Nonsense(&'static str),
    /// This device's own trouble.
    #[error("this device cannot pair: {0}")]
    Local(String),
}

impl From<crate::NoRandomness> for Error {
    fn from(error: crate::NoRandomness) -> Self {
        Self::Local(error.to_string())
    }
}
