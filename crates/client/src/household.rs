//! A receiver's household as it was told last: kept beside the profile, so that devices prove each
//! other while the receiver is off.

use std::fs;

use serde::{Deserialize, Serialize};
use televisor_xmpp::payload::household::{Device, Household, from_hex, to_hex};

use crate::error::Error;
use crate::profile::{HOUSEHOLD, Profile, ProfileStore};

/// More than any household has; further ones are not kept.
const CERTIFICATES: usize = 2000;
/// Larger than the file of such a household.
const FILE_LIMIT: u64 = 1024 * 1024;

/// The file.
#[derive(Serialize, Deserialize)]
struct Kept {
    devices: Vec<KeptDevice>,
}

#[derive(Serialize, Deserialize)]
struct KeptDevice {
    jid: String,
    name: String,
    certificates: Vec<String>,
}

impl ProfileStore {
    /// Returns the household of a profile's receiver, as it was told last; empty if it never was.
    pub(crate) fn household(&self, profile: &Profile) -> Household {
        let path = self.path(&profile.receiver, HOUSEHOLD);
        let small = fs::metadata(&path).is_ok_and(|file| file.len() <= FILE_LIMIT);
        let text = if small { fs::read(&path).ok() } else { None };
        let kept: Option<Kept> = text.and_then(|text| serde_json::from_slice(&text).ok());
        let devices = kept.map(|kept| kept.devices).unwrap_or_default();
        Household { devices: devices.into_iter().filter_map(read).collect() }
    }

    /// Keeps what a receiver has told of its household.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be written.
    pub(crate) fn keep_household(
        &self,
        profile: &Profile,
        household: &Household,
    ) -> Result<(), Error> {
        let path = self.path(&profile.receiver, HOUSEHOLD);
        let kept = Kept { devices: household.devices.iter().map(write).collect() };
        let text = serde_json::to_vec_pretty(&kept)
            .map_err(|error| Error::File { path: path.clone(), source: error.into() })?;
        self.write(&path, &text, |part| fs::rename(part, &path))
    }
}

/// Takes out of what a receiver told whatever is not its to tell: it speaks for its own domain.
pub(crate) fn limited(told: Household, profile: &Profile) -> Household {
    let mut room = CERTIFICATES;
    let devices = told.devices.into_iter().filter(|device| {
        let domain = device.jid.domainpart().as_str();
        let fits = domain.eq_ignore_ascii_case(profile.domain());
        let fits = fits && device.certificates.len() <= room;
        room -= if fits { device.certificates.len() } else { 0 };
        fits
    });
    Household { devices: devices.collect() }
}

fn read(kept: KeptDevice) -> Option<Device> {
    let certificates = kept.certificates.iter().filter_map(|digits| from_hex(digits)).collect();
    Some(Device { jid: kept.jid.parse().ok()?, name: kept.name, certificates })
}

fn write(device: &Device) -> KeptDevice {
    KeptDevice {
        jid: device.jid.to_string(),
        name: device.name.clone(),
        certificates: device.certificates.iter().map(to_hex).collect(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::profile::tests::profile;

    pub(crate) fn device(jid: &str, certificates: &[[u8; 32]]) -> Device {
        let certificates = certificates.to_vec();
        Device { jid: jid.parse().unwrap(), name: format!("{jid}'s"), certificates }
    }

    #[test]
    fn what_was_told_is_kept_and_goes_with_the_profile() {
        let folder = tempfile::tempdir().unwrap();
        let store = ProfileStore::new(folder.path());
        let profile = profile("30146e8b", "Test Set-top Box");
        assert_eq!(store.household(&profile), Household::default());
        let told = Household { devices: vec![device("a@tv.local", &[[1; 32], [2; 32]])] };
        store.keep_household(&profile, &told).unwrap();
        assert_eq!(store.household(&profile), told);
        store.remove("30146e8b").unwrap();
        assert_eq!(store.household(&profile), Household::default());
    }

    #[test]
    fn a_receiver_speaks_for_its_own_domain_only() {
        let profile = profile("30146e8b", "Test Set-top Box");
        let (ours, theirs) = (device("a@tv.local", &[[1; 32]]), device("a@b.local", &[[2; 32]]));
        let told = Household { devices: vec![theirs, ours.clone()] };
        assert_eq!(limited(told, &profile).devices, [ours]);
    }
}
