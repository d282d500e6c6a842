//! How long messages are archived, and how many.

use std::time::Duration;

/// A year, and a gigabyte: the bodies of some three million messages.
const RETENTION: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const BYTES: u64 = 1 << 30;

/// What the archive keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveConfig {
    /// How long a message is kept; `None`: nothing is archived.
    pub retention: Option<Duration>,
    /// Bytes of messages kept for the whole household; the oldest go first.
    pub bytes: u64,
}

impl ArchiveConfig {
    /// An archive that takes nothing.
    pub const OFF: Self = Self { retention: None, bytes: BYTES };
}

impl Default for ArchiveConfig {
    fn default() -> Self {
        Self { retention: Some(RETENTION), bytes: BYTES }
    }
}
