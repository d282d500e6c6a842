//! What can go wrong when the web port opens.

/// Why the web port is not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source} (set web.listen, or stop the other server)")]
    Listen {
        /// Which.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
}
