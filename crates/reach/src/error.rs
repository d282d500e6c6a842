//! What can go wrong with the receiver's TLS identity.

use std::path::PathBuf;

/// Why there is no usable TLS identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder or a file in it cannot be read or written.
    #[error("cannot use {path}: {source} (is the data folder writable?)")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The kept certificate and key do not belong together or cannot be read.
    #[error(
        "the certificate in {path} cannot be used: {why} (move the folder away to have a new one made; paired devices must then pair again)"
    )]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A certificate for the public name cannot be used.
    #[error("the certificate for {name} cannot be used: {why}")]
    Public {
        /// The public name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}
