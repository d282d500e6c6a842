//! The `[tuner]` table of the configuration.

use serde::Deserialize;

/// Where channels come from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Files or URLs of M3U playlists, in the order in which their channels are numbered.
    pub playlists: Vec<String>,
}

impl Config {
    /// Makes a configuration of `playlists`.
    #[must_use]
    pub fn new(playlists: Vec<String>) -> Self {
        Self { playlists }
    }
}
