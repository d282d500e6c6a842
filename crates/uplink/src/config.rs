//! `[uplink]` of the configuration.

use std::path::PathBuf;

use serde::Deserialize;

/// Which account, on which server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The account: `receiver@example.org`; a resource after `/` is asked for.
    pub jid: String,
    /// The file that holds the password, on its first line; readable by its owner only.
    pub password_file: PathBuf,
    /// PEM file with further authorities that may vouch for the server.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// DNS server to ask, as `127.0.0.1` or `[::1]:5300`; the system's if absent.
    #[serde(default)]
    pub resolver: Option<String>,
    /// `host:port` to connect to with STARTTLS, in place of what SRV records say.
    #[serde(default)]
    pub host: Option<String>,
}
