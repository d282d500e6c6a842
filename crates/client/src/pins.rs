//! Whose certificate is whose, as the receivers this device is paired with have told.
//!
//! What is kept on disk decides, so that it holds without any receiver, and for every program of this
//! person at once: it is read again when it may be older than a second.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use televisor_serverless::{Credentials, Owner, Pins};
use televisor_xmpp::payload::household::{Device, from_hex};
use tokio::time::Instant;

use crate::error::Error;
use crate::profile::{Profile, ProfileStore};

/// For how long what was read is believed.
const FRESH: Duration = Duration::from_secs(1);

/// The certificates of every household that this device belongs to. Cheap to clone.
#[derive(Clone)]
pub struct HouseholdPins {
    store: ProfileStore,
    fresh: Duration,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    read: Option<Instant>,
    /// The receivers, then their devices in the order of the profiles; the first that fits counts.
    owners: Arc<[([u8; 32], Owner)]>,
}

impl HouseholdPins {
    /// Knows what the profiles in `store` know.
    #[must_use]
    pub fn new(store: ProfileStore) -> Self {
        Self { store, fresh: FRESH, known: Arc::default() }
    }

    /// Returns this device's certificate and key, and these pins, for a link.
    ///
    /// # Errors
    /// [`Error::File`] if the certificate can be neither read nor kept.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        let identity = self.store.identity()?;
        Ok(Credentials {
            certificate: identity.certificate().clone(),
            key: identity.key().clone_key(),
            pins: Arc::new(self.clone()),
        })
    }

    /// Returns as whom [`Pins::owner`] knows the device with the bare address `jid`: a device has an
    /// address at each of its receivers, and one certificate. `None` if it has told no certificate.
    #[must_use]
    pub fn known_as(&self, jid: &str) -> Option<Owner> {
        let owners = self.owners();
        let (sha256, _) = owners.iter().find(|(_, owner)| owner.jid.eq_ignore_ascii_case(jid))?;
        first(&owners, sha256)
    }

    /// Returns every address of the device with this certificate, in the order of the profiles.
    #[must_use]
    pub fn addresses(&self, sha256: &[u8; 32]) -> Vec<Owner> {
        let owners = self.owners();
        let fitting = owners.iter().filter(|(known, _)| known == sha256);
        fitting.map(|(_, owner)| owner.clone()).collect()
    }

    fn owners(&self) -> Arc<[([u8; 32], Owner)]> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.read.is_none_or(|read| read.elapsed() >= self.fresh) {
            match self.store.list() {
                Ok(profiles) => {
                    let pinned = profiles.iter().filter_map(receiver);
                    let told = profiles.iter().flat_map(|profile| self.devices(profile));
                    // No receiver may say that another's certificate is somebody's of its own.
                    known.owners = pinned.chain(told).collect();
                }
                // Nobody is known rather than somebody who may have been forgotten.
                Err(error) => {
                    tracing::warn!(%error, "whose certificates are whose could not be read");
                    known.owners = Arc::default();
                }
            }
            known.read = Some(Instant::now());
        }
        Arc::clone(&known.owners)
    }

    /// The devices of a household, as its receiver has told.
    fn devices(&self, profile: &Profile) -> Vec<([u8; 32], Owner)> {
        let devices = self.store.household(profile).devices.into_iter();
        let certificates = |device: Device| {
            let owner = Owner { jid: device.jid.to_string(), name: device.name };
            device.certificates.into_iter().map(move |sha256| (sha256, owner.clone()))
        };
        devices.flat_map(certificates).collect()
    }
}

/// A receiver by the certificate that was pinned when pairing.
fn receiver(profile: &Profile) -> Option<([u8; 32], Owner)> {
    let digits = profile.certificate_sha256.as_deref()?;
    let sha256 = from_hex(&digits.chars().filter(|c| *c != ':').collect::<String>())?;
    Some((sha256, Owner { jid: profile.receiver_jid(), name: profile.name.clone() }))
}

fn first(owners: &[([u8; 32], Owner)], sha256: &[u8; 32]) -> Option<Owner> {
    owners.iter().find(|(known, _)| known == sha256).map(|(_, owner)| owner.clone())
}

impl Pins for HouseholdPins {
    fn owner(&self, sha256: &[u8; 32]) -> Option<Owner> {
        first(&self.owners(), sha256)
    }

    fn proves(&self, sha256: &[u8; 32], jid: &str) -> bool {
        self.owners()
            .iter()
            .any(|(known, owner)| known == sha256 && owner.jid.eq_ignore_ascii_case(jid))
    }
}

impl fmt::Debug for HouseholdPins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HouseholdPins").field("store", &self.store).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use televisor_xmpp::payload::household::Household;

    use super::*;
    use crate::household::tests::device;
    use crate::profile::tests::profile;

    const PHONE: [u8; 32] = [1; 32];
    const RECEIVER: [u8; 32] = [0xa7; 32];

    struct House {
        store: ProfileStore,
        _folder: tempfile::TempDir,
    }

    /// Two receivers that know the same telephone.
    fn house() -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = ProfileStore::new(folder.path());
        let mut lounge = profile("1", "Lounge");
        lounge.certificate_sha256 = Some("A7:".repeat(31) + "A7");
        let bedroom = profile("2", "Bedroom");
        for (profile, jid) in [(&lounge, "a@tv.local"), (&bedroom, "b@tv.local")] {
            store.keep(profile).unwrap();
            let devices = vec![device(jid, &[PHONE]), device("evil@tv.local", &[RECEIVER])];
            store.keep_household(profile, &Household { devices }).unwrap();
        }
        House { store, _folder: folder }
    }

    #[test]
    fn a_device_of_two_receivers_is_known_by_the_first_and_found_by_both() {
        let house = house();
        let pins = HouseholdPins::new(house.store);
        assert_eq!(pins.owner(&PHONE).unwrap().jid, "b@tv.local");
        assert_eq!(pins.known_as("a@tv.local").unwrap().jid, "b@tv.local");
        assert_eq!(pins.addresses(&PHONE).len(), 2);
        assert!(pins.proves(&PHONE, "a@tv.local") && pins.proves(&PHONE, "b@tv.local"));
        assert!(!pins.proves(&PHONE, "1@tv.local") && !pins.proves(&[9; 32], "a@tv.local"));
        assert_eq!(pins.known_as("c@tv.local"), None);
    }

    #[test]
    fn the_pinned_certificate_is_the_receivers_whatever_its_household_says() {
        let house = house();
        let pins = HouseholdPins::new(house.store);
        assert_eq!(pins.owner(&RECEIVER).unwrap().jid, "1@tv.local");
    }

    #[test]
    fn who_was_forgotten_is_nobody_from_then_on() {
        let house = house();
        let pins =
            HouseholdPins { fresh: Duration::ZERO, ..HouseholdPins::new(house.store.clone()) };
        assert!(pins.owner(&PHONE).is_some());
        for receiver in ["1", "2"] {
            house.store.remove(receiver).unwrap();
        }
        assert_eq!(pins.owner(&PHONE), None);
    }
}
