//! Receivers on this network, and which of them this device is paired with.

use std::time::Duration;

use televisor_discovery::{Config, Receiver, find_receivers};

use crate::error::Error;
use crate::profile::{Profile, ProfileStore};

/// A receiver that answered.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// What it announces.
    pub receiver: Receiver,
    /// Whether this device is paired with it. Paired receivers are marked, never left out (draft
    /// section 3.2).
    pub paired: bool,
}

/// Collects the receivers that answer within `wait`, on every interface, loopback too.
///
/// # Errors
/// [`Error::Discovery`] if multicast cannot be had, [`Error::File`] for the profile store.
pub async fn find(store: &ProfileStore, wait: Duration) -> Result<Vec<Sighting>, Error> {
    let profiles = store.list()?;
    let found = find_receivers(&Config::default(), wait).await?;
    Ok(found
        .into_iter()
        .map(|receiver| {
            let paired = profiles.iter().any(|profile| is_same(profile, &receiver));
            Sighting { receiver, paired }
        })
        .collect())
}

/// Whether an announcement is of the receiver of this profile. Its UUID decides where it is told,
/// else the host name.
pub(crate) fn is_same(profile: &Profile, receiver: &Receiver) -> bool {
    match (&receiver.uuid, &profile.host) {
        (Some(uuid), _) => uuid.eq_ignore_ascii_case(&profile.receiver),
        (None, Some(host)) => host.eq_ignore_ascii_case(&receiver.host),
        (None, None) => receiver.name == profile.name,
    }
}
