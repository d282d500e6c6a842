//! `[reach]`: what the configuration file says about being reached from outside.

use std::path::PathBuf;

use serde::Deserialize;

/// `[reach]`: opening a way in from outside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the router is asked for a way in at all.
    pub enabled: bool,
    /// The name other servers know the receiver by; without it, the external address is the name.
    pub public_name: Option<String>,
    /// Keeping the name's records right; without it they are somebody else's business.
    pub dns: Option<DnsConfig>,
    /// Having a certificate for the name.
    pub acme: Option<AcmeConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self { enabled: true, public_name: None, dns: None, acme: None }
    }
}

/// `[reach.dns]`: keeping the public name's records right (RFC 2136, signed by RFC 8945).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsConfig {
    /// The primary server of the zone: `address:port`, port 53 when it is left out.
    pub server: String,
    /// The zone that may be changed; the public name lies in it.
    pub zone: String,
    /// The name of the TSIG key.
    pub tsig_name: String,
    /// The file with the TSIG key's secret, in base64.
    pub tsig_secret_file: PathBuf,
}

/// `[reach.acme]`: a certificate that strangers' servers trust (RFC 8555).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcmeConfig {
    /// The URL of the authority's directory.
    pub directory: String,
    /// Whom the authority may write to: `mailto:…`.
    pub contact: Option<String>,
    /// How the name is proven to be ours; `dns-01` when it is left out.
    pub challenge: Option<String>,
    /// The roots (PEM) by which the authority's own server is trusted, when not the system's.
    pub ca_file: Option<PathBuf>,
}
