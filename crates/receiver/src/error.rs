//! Why a command or query was not answered.

use televisor_model::{DeviceId, EventId, Role, Tier, TimerId};

use crate::{Command, ContactError};

/// Why a command or query was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The actor may not; says what would be needed.
    #[error("this device may not {}", .command.phrase())]
    NotAllowed {
        /// What was asked.
        command: Command,
        /// The least role that may.
        role: Role,
        /// The least tier that may.
        tier: Tier,
    },
    /// The guide has no such event (any more).
    #[error("the guide has no such programme any more")]
    NoEvent(EventId),
    /// The programme is over.
    #[error("that programme is over")]
    PastEvent,
    /// The line-up has no such channel (any more).
    #[error("there is no such channel")]
    NoChannel,
    /// There is no such timer.
    #[error("there is no timer {0}")]
    NoTimer(TimerId),
    /// There is no such device.
    #[error("there is no such device")]
    NoDevice(DeviceId),
    /// The device is paired already; its credentials stay as they are.
    #[error("that device is paired already")]
    Paired(DeviceId),
    /// The last owner cannot be taken away except from the receiver itself.
    #[error("the last owner cannot be un-paired from elsewhere")]
    LastOwner,
    /// There are as many devices as there may be.
    #[error("there are {0} devices already (forget some)")]
    TooManyDevices(usize),
    /// The name is empty once it is cleaned.
    #[error("that is not a name")]
    BadName,
    /// An account elsewhere cannot be invited or let in; says why, and the way out.
    #[error(transparent)]
    Contact(#[from] ContactError),
    /// The recorder refused.
    #[error(transparent)]
    Dvr(televisor_dvr::Error),
    /// The guide failed.
    #[error(transparent)]
    Guide(#[from] televisor_guide::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] televisor_store::Error),
}

impl From<televisor_dvr::Error> for Error {
    fn from(error: televisor_dvr::Error) -> Self {
        match error {
            televisor_dvr::Error::NoTimer(id) => Self::NoTimer(id),
            televisor_dvr::Error::Past => Self::PastEvent,
            other => Self::Dvr(other),
        }
    }
}

impl From<televisor_store::rusqlite::Error> for Error {
    fn from(error: televisor_store::rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
