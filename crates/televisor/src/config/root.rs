//! The whole file.

use std::path::PathBuf;

use serde::Deserialize;

use super::archive::{Retention, Size};

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
    pub(crate) uploads: televisor_uploads::Config,
    pub(crate) pairing: televisor_pairing::Config,
    pub(crate) screen: Screen,
    pub(crate) nearby: Nearby,
    pub(crate) federation: televisor_server::federation::Config,
    pub(crate) reach: televisor_reach::Config,
    pub(crate) uplink: Option<televisor_uplink::Config>,
    pub(crate) component: Option<televisor_server::federation::ComponentConfig>,
}

impl Config {
    /// The friendly name: as configured, else `Televisor`.
    pub(crate) fn friendly_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| "Televisor".to_owned())
    }

    /// The name that the world is to know the receiver by, where the file gives one: a `.local` domain
    /// is known in one home only.
    pub(crate) fn public_name(&self) -> Option<String> {
        let own = self.xmpp.domain.as_ref().filter(|domain| !is_local(domain));
        self.reach.public_name.as_ref().or(own).cloned()
    }
}

/// Whether a domain is known in one home only (RFC 6762 section 3).
pub(super) fn is_local(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    domain.ends_with(".local") || !domain.contains('.')
}

/// `[xmpp]`: the household's XMPP server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Xmpp {
    /// Addresses and port; one listener for clients and servers.
    pub(crate) listen: Vec<String>,
    /// The domain of the household's addresses [default: made from the name, `NAME.local`].
    pub(crate) domain: Option<String>,
    /// How long messages are archived; `"off"`: not at all.
    pub(crate) archive: Retention,
    /// How large the archive of the whole household may grow.
    pub(crate) archive_size: Size,
}

impl Default for Xmpp {
    fn default() -> Self {
        Self {
            listen: vec!["[::]:5222".to_owned()],
            domain: None,
            archive: Retention::default(),
            archive_size: Size::default(),
        }
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

/// `[nearby]`: chat on the link without any server (XEP-0174).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Nearby {
    /// Whether the receiver takes part; only where it is announced at all.
    pub(crate) enabled: bool,
    /// The port; any other is used, and announced, where it is taken.
    pub(crate) port: u16,
}

impl Default for Nearby {
    fn default() -> Self {
        Self { enabled: true, port: televisor_serverless::config::PORT }
    }
}
