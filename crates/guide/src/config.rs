//! The `[guide]` table of the configuration.

use jiff::SignedDuration;
use serde::Deserialize;

/// Where the guide comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Files or URLs of XMLTV guides, plain, gzip or xz. Where two have the same channel, the first
    /// one wins.
    pub xmltv: Vec<String>,
    /// How often they are looked at again.
    pub refresh: SignedDuration,
}

impl Default for Config {
    fn default() -> Self {
        Self { xmltv: Vec::new(), refresh: SignedDuration::from_hours(6) }
    }
}

impl Config {
    /// Makes a configuration of `xmltv` sources with the usual refresh.
    #[must_use]
    pub fn new(xmltv: Vec<String>) -> Self {
        Self { xmltv, ..Self::default() }
    }
}
