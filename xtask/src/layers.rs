//! The direction of imports between crates: top may import below, never sideways, never up.

use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The layers of `ARCHITECTURE.md`, lowest first. Within one layer nobody imports anybody.
const LAYERS: &[&[&str]] = &[
    &["model", "clock"],
    &["store", "xmpp", "broadcast", "dial", "fetch", "discovery"],
    &["dvr", "guide", "tuner", "uploads"],
    &["receiver"],
    &["server", "web", "pairing", "serverless", "reach", "uplink", "conversation"],
    &["client"],
    &["televisor"],
];

/// What the SDK may use of ours: a device has no receiver in it.
const CLIENT_MAY_USE: &[&str] = &["model", "clock", "xmpp", "pairing", "discovery", "serverless"];

/// The embeddable server knows nothing of television.
const SERVER_MAY_USE: &[&str] = &["model", "clock", "store", "xmpp", "dial"];

/// Devices speak to each other without a receiver: of ours only the wire and the looking.
const SERVERLESS_MAY_USE: &[&str] = &["xmpp", "discovery"];

/// Crates for tests and chores: they may use anything, and only tests may use them.
const DEV: &[&str] = &["testkit", "e2e", "xtask"];

/// Returns a line for every import that goes the wrong way.
pub(crate) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata")?;
    let mut broken = Vec::new();
    for package in metadata.workspace_packages() {
        let name = short(&package.name);
        if DEV.contains(&name) {
            continue;
        }
        let Some(layer) = layer_of(name) else {
            broken.push(format!("crate `{name}` is in no layer: see xtask/src/layers.rs"));
            continue;
        };
        for used in own_dependencies(package) {
            if DEV.contains(&used) || layer_of(used).is_none_or(|other| other >= layer) {
                broken.push(format!("crate `{name}` may not import `{used}`: sideways or up"));
            }
            let narrow = match name {
                "client" => CLIENT_MAY_USE,
                "server" => SERVER_MAY_USE,
                "serverless" => SERVERLESS_MAY_USE,
                _ => continue,
            };
            if !narrow.contains(&used) {
                broken.push(format!("crate `{name}` may not import `{used}`"));
            }
        }
    }
    Ok(broken)
}

fn own_dependencies(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|d| d.kind != DependencyKind::Development && d.path.is_some())
        .map(|d| short(&d.name))
}

fn short(name: &str) -> &str {
    name.strip_prefix("televisor-").unwrap_or(name)
}

fn layer_of(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}
