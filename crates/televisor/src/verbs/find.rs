//! `televisor find`: receivers on this network.

use std::time::Duration;

use serde_json::json;
use televisor_client::{ProfileStore, Sighting, find};

use super::{say, talk::problem};
use crate::cli::{Find, Profile};
use crate::paths;
use crate::problem::Problem;

/// The pairings that this device keeps.
pub(crate) fn store(profile: &Profile) -> ProfileStore {
    let folder = profile.profile.clone().unwrap_or_else(paths::profile_dir);
    ProfileStore::new(folder.join("receivers"))
}

/// `televisor find`.
pub(crate) async fn run(args: &Find) -> Result<(), Problem> {
    let wait = Duration::from_secs(args.wait);
    let found = find(&store(&args.profile), wait).await.map_err(|error| problem(&error))?;
    if args.json {
        let rows: Vec<_> = found.iter().map(row).collect();
        let text = serde_json::to_string_pretty(&rows);
        say(&text.map_err(|e| Problem::failed(e.to_string()))?);
        return Ok(());
    }
    if found.is_empty() {
        return Err(Problem::failed("no receiver answers on this network")
            .hint("is it on, and is this device on the same network?"));
    }
    for nearby in &found {
        let state = match (nearby.paired, nearby.receiver.pairing.is_some()) {
            (true, _) => "paired",
            (false, true) => "ready to pair",
            (false, false) => "not paired; choose “Add remote device” on it to pair",
        };
        say(&format!("{:<32} {state}", nearby.receiver.name));
    }
    Ok(())
}

fn row(nearby: &Sighting) -> serde_json::Value {
    let receiver = &nearby.receiver;
    json!({
        "name": receiver.name,
        "host": receiver.host,
        "uuid": receiver.uuid,
        "xmpp": receiver.xmpp,
        "web": receiver.web,
        "pairing": receiver.pairing.as_ref().map(televisor_discovery::PairingPoint::urls),
        "paired": nearby.paired,
    })
}
