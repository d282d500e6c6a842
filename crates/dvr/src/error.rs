//! Why a command was not carried out.

use televisor_model::{TimerId, TimerState};

/// Why a command was not carried out, or the recorder could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is known by that id.
    #[error("there is no timer {0}")]
    NoTimer(TimerId),
    /// Its time has passed, padding included.
    #[error("its time has passed")]
    Past,
    /// It ends before it begins, or runs for longer than a day.
    #[error("a recording must end after it begins, and within 24 hours")]
    BadSpan,
    /// The padding is negative or longer than three hours.
    #[error("padding must be between nothing and three hours")]
    BadPadding,
    /// The timer is not in a state that allows it; this is its state.
    #[error("timer {id} cannot be changed any more")]
    NotNow {
        /// Which timer.
        id: TimerId,
        /// How it stands.
        state: TimerState,
    },
    /// There are too many timers waiting already.
    #[error("there are {0} timers waiting already (cancel some)")]
    TooMany(usize),
    /// The folder for recordings cannot be used.
    #[error("cannot use the recordings folder {path}: {source} (set recordings.dir)")]
    Folder {
        /// Which folder.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] televisor_store::Error),
}

impl From<televisor_store::rusqlite::Error> for Error {
    fn from(error: televisor_store::rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
