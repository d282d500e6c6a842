//! The `[web]` table.

use serde::Deserialize;

/// Where the web port listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Addresses and port of the web page and of pairing; HTTP and HTTPS alike.
    pub listen: Vec<String>,
    /// Web pages of other sites that may log in over WebSocket, beside those of this network: such as
    /// `https://chat.example.org`.
    pub origins: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self { listen: vec!["[::]:8010".to_owned()], origins: Vec::new() }
    }
}
