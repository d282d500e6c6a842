//! The `[discovery]` table of the configuration.

use serde::{Deserialize, Serialize};

/// Says whether and where the receiver is announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the receiver is announced at all.
    pub enabled: bool,
    /// The interfaces to use, by name (`eth0`) or by one of their addresses. Empty means every
    /// interface but loopback; `["lo"]` keeps everything on this machine.
    pub interfaces: Vec<String>,
    /// A private UDP port instead of 5353, so that tests on one machine do not hear each other.
    #[serde(skip)]
    pub port: Option<u16>,
}

impl Default for Config {
    fn default() -> Self {
        Self { enabled: true, interfaces: Vec::new(), port: None }
    }
}

impl Config {
    /// Keeps everything on the loopback interface.
    #[must_use]
    pub fn loopback() -> Self {
        Self { interfaces: vec!["lo".to_owned()], ..Self::default() }
    }

    /// Uses `port` instead of 5353, for tests.
    #[must_use]
    pub fn on_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_table_announces_on_every_interface() {
        let config: Config = toml::from_str("").unwrap();
        assert_eq!(config, Config::default());
        assert!(config.enabled);
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<Config>("interface = ['lo']").is_err());
        assert!(toml::from_str::<Config>("port = 1").is_err());
    }
}
