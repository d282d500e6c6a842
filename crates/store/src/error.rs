//! What can go wrong with the file.

/// Why a database could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened or is no database.
    #[error("cannot open {path}: {source}")]
    Open {
        /// Which file.
        path: String,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file was written by a newer version of the program.
    #[error(
        "part `{part}` has schema {found}, this version knows up to {known} (use the newer version)"
    )]
    Newer {
        /// Whose tables.
        part: &'static str,
        /// What the file has.
        found: u32,
        /// What this version knows.
        known: u32,
    },
    /// A copy of the file cannot be written.
    #[error("cannot write {path}: {source}")]
    Copy {
        /// Which file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A statement failed.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// The writer has ended; the program is going down.
    #[error("the database is closed")]
    Closed,
}
