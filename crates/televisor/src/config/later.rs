//! Tables whose part of the receiver is not in this version: read and checked all the same, so that
//! one file serves every version, and named at start so that nobody waits for what will not come.

use std::path::PathBuf;

use serde::Deserialize;

/// `[federation]`: talking to other servers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Federation {
    enabled: bool,
    listen: Vec<String>,
    ca_file: Option<PathBuf>,
    resolver: Option<String>,
}

impl Default for Federation {
    fn default() -> Self {
        Self { enabled: true, listen: vec!["[::]:5269".to_owned()], ca_file: None, resolver: None }
    }
}

/// `[reach]`: opening a way in from outside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Reach {
    enabled: bool,
    public_name: Option<String>,
    dns: Option<ReachDns>,
    acme: Option<ReachAcme>,
}

impl Default for Reach {
    fn default() -> Self {
        Self { enabled: true, public_name: None, dns: None, acme: None }
    }
}

/// `[reach.dns]`: keeping a public name up to date (RFC 2136).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReachDns {
    server: String,
    zone: String,
    tsig_name: String,
    tsig_secret_file: PathBuf,
}

/// `[reach.acme]`: a certificate that strangers' servers trust (RFC 8555).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReachAcme {
    directory: String,
    contact: Option<String>,
    challenge: Option<String>,
    ca_file: Option<PathBuf>,
}

/// `[uplink]`: an ordinary account through which the receiver can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Uplink {
    jid: String,
    password_file: PathBuf,
}

/// `[component]`: a place on somebody else's server (XEP-0114).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    host: String,
    domain: String,
    secret_file: PathBuf,
}
