//! What can go wrong, and what is refused.

use jiff::Timestamp;

/// Why there is no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The file is larger than any may be.
    #[error("a file is limited to {most} bytes")]
    TooLarge {
        /// The most bytes of one file.
        most: u64,
    },
    /// There is no room now.
    #[error("there is no room for it now")]
    Full {
        /// When there will be, if nothing else comes.
        again: Timestamp,
    },
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A slot is refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no such slot, or it has had its time.
    #[error("there is no such file")]
    Unknown,
    /// The file is there already, or on its way in.
    #[error("the file is there already")]
    Taken,
    /// What came is not what was promised.
    #[error("{came} bytes came where {promised} were promised")]
    Size {
        /// What was promised.
        promised: u64,
        /// What came.
        came: u64,
    },
    /// The disk does not take it.
    #[error("the file cannot be kept: {0}")]
    Disk(#[from] std::io::Error),
    /// The database does not.
    #[error(transparent)]
    Store(#[from] televisor_store::Error),
    /// The system has no random numbers.
    #[error("the system has no random numbers")]
    Random,
}
