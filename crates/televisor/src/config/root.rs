//! The whole file.

use std::path::PathBuf;

use serde::Deserialize;

use super::later::{Component, Federation, Reach, Uplink};

/// Every table of the file; the default works on a home network with no file at all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The receiver's friendly name, the same on every service.
    pub(crate) name: Option<String>,
    /// Where it keeps everything, unless `--data-dir` says otherwise.
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) xmpp: Xmpp,
    pub(crate) web: televisor_web::Config,
    pub(crate) discovery: televisor_discovery::Config,
    pub(crate) tuner: televisor_tuner::Config,
    pub(crate) guide: televisor_guide::Config,
    pub(crate) recordings: televisor_dvr::Config,
    pub(crate) pairing: televisor_pairing::Config,
    pub(crate) screen: Screen,
    pub(crate) federation: Federation,
    pub(crate) reach: Reach,
    pub(crate) uplink: Option<Uplink>,
    pub(crate) component: Option<Component>,
}

impl Config {
    /// The friendly name: as configured, else `Televisor`.
    pub(crate) fn friendly_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| "Televisor".to_owned())
    }

    /// Names the tables that are set but have no effect in this version.
    pub(crate) fn without_effect(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if self.federation != Federation::default() {
            names.push("federation");
        }
        if self.reach != Reach::default() {
            names.push("reach");
        }
        if self.uplink.is_some() {
            names.push("uplink");
        }
        if self.component.is_some() {
            names.push("component");
        }
        names
    }

    /// Says what is wrong although it could be read, with the key's full path.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = self.friendly_name();
        // RFC 6763 section 4.1.1: an instance name is one DNS label, at most 63 bytes.
        if name.trim().is_empty() || name.len() > 60 || name.chars().any(char::is_control) {
            return Err(
                "name: must be 1 to 60 bytes of text, since it is a name on the network".into()
            );
        }
        check_addresses("xmpp.listen", &self.xmpp.listen)?;
        check_addresses("web.listen", &self.web.listen)
    }
}

fn check_addresses(key: &str, addresses: &[String]) -> Result<(), String> {
    if addresses.is_empty() {
        return Err(format!("{key}: at least one address is needed"));
    }
    match addresses.iter().find(|a| a.parse::<std::net::SocketAddr>().is_err()) {
        Some(bad) => {
            Err(format!("{key}: `{bad}` is not an address with a port, such as \"[::]:5222\""))
        }
        None => Ok(()),
    }
}

/// `[xmpp]`: the household's XMPP server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Xmpp {
    /// Addresses and port; one listener for clients and servers.
    pub(crate) listen: Vec<String>,
    /// The domain of the household's addresses [default: made from the name, `NAME.local`].
    pub(crate) domain: Option<String>,
}

impl Default for Xmpp {
    fn default() -> Self {
        Self { listen: vec!["[::]:5222".to_owned()], domain: None }
    }
}

/// `[screen]`: the receiver's display.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Screen {
    /// A program to run whenever the code on the screen changes, with `TELEVISOR_CODE`,
    /// `TELEVISOR_DEVICE` and `TELEVISOR_SECONDS` in its environment (empty when the code goes).
    pub(crate) command: Option<PathBuf>,
}
