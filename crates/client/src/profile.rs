//! What a device keeps of each receiver it is paired with: one file each, for its owner alone.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Larger than any profile; a bigger file is not one.
const FILE_LIMIT: u64 = 64 * 1024;

/// What the name of a profile's file ends with.
const PROFILE: &str = "json";
/// And that of the household that belongs to it.
pub(crate) const HOUSEHOLD: &str = "household";

/// A password. It is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// One pairing, seen from the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The receiver's UUID; also the localpart of its own address.
    pub receiver: String,
    /// The receiver's friendly name.
    pub name: String,
    /// This device's bare address: `<uuid>@test-set-top-box.local`.
    pub jid: String,
    /// The password: the 256-bit secret, or the passcode while the upgrade has not been made.
    pub secret: Secret,
    /// A secret that was being sent to the receiver when pairing was cut off: it may already be the
    /// password.
    #[serde(default)]
    pub next_secret: Option<Secret>,
    /// SHA-256 of the receiver's certificate, in hexadecimal. Without it only loopback is used.
    pub certificate_sha256: Option<String>,
    /// The receiver's host name, for finding it again: `test-set-top-box.local`.
    pub host: Option<String>,
    /// The XMPP port.
    pub xmpp_port: u16,
    /// The port of the receiver's pages.
    pub https_port: u16,
    /// Addresses where its XMPP listener was, the last good one first.
    #[serde(default)]
    pub addresses: Vec<SocketAddr>,
    /// The vCard fields last sent, so that what a person edited on the server is recognised.
    #[serde(default)]
    pub vcard_sent: BTreeMap<String, String>,
}

impl Profile {
    /// Returns the domain of the device's address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.jid.split_once('@').map_or(self.jid.as_str(), |(_, domain)| domain)
    }

    /// Returns the receiver's own address, where chat goes to.
    #[must_use]
    pub fn receiver_jid(&self) -> String {
        format!("{}@{}", self.receiver, self.domain())
    }
}

/// The folder of profiles.
#[derive(Debug, Clone)]
pub struct ProfileStore {
    folder: PathBuf,
}

impl ProfileStore {
    /// Uses `folder`, which is made when the first profile is kept.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Uses the person's own folder: `$XDG_CONFIG_HOME/televisor/receivers`, or the same below
    /// `~/.config`. `None` without a home folder.
    #[must_use]
    pub fn of_this_person() -> Option<Self> {
        let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
        Some(Self::new(config.join("televisor").join("receivers")))
    }

    /// Returns every profile, by name. A file that cannot be read as one is skipped.
    ///
    /// # Errors
    /// [`Error::File`] if the folder is there and cannot be read.
    pub fn list(&self) -> Result<Vec<Profile>, Error> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::File { path: self.folder.clone(), source }),
        };
        let mut profiles: Vec<Profile> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ext| ext == PROFILE))
            .filter_map(|path| read(&path))
            .collect();
        profiles.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.receiver.cmp(&b.receiver)));
        Ok(profiles)
    }

    /// Returns the profile of the receiver with this UUID or name (case does not matter); without
    /// either, the only one there is.
    ///
    /// # Errors
    /// [`Error::NotPaired`] if none fits, [`Error::Ambiguous`] if several do.
    pub fn find(&self, wanted: Option<&str>) -> Result<Profile, Error> {
        let lower = wanted.map(str::to_lowercase);
        let mut fitting: Vec<Profile> = self
            .list()?
            .into_iter()
            .filter(|profile| {
                lower.as_ref().is_none_or(|wanted| {
                    profile.receiver.eq_ignore_ascii_case(wanted)
                        || profile.name.to_lowercase() == *wanted
                })
            })
            .collect();
        match (fitting.pop(), fitting.is_empty()) {
            (Some(profile), true) => Ok(profile),
            (Some(last), false) => {
                let mut names: Vec<String> = fitting.into_iter().map(|p| p.name).collect();
                names.push(last.name);
                Err(Error::Ambiguous { names })
            }
            (None, _) => Err(Error::NotPaired(wanted.unwrap_or("any receiver").to_owned())),
        }
    }

    /// Keeps `profile`: afterwards the file is the old one or the new one, never half of it.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be written.
    pub fn keep(&self, profile: &Profile) -> Result<(), Error> {
        let path = self.path(&profile.receiver, PROFILE);
        let text = serde_json::to_vec_pretty(profile)
            .map_err(|error| Error::File { path: path.clone(), source: error.into() })?;
        self.write(&path, &text, |part| fs::rename(part, &path))
    }

    /// Removes the profile of a receiver, and what its household was. It is no error if there is none.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be removed.
    pub fn remove(&self, receiver: &str) -> Result<(), Error> {
        for kind in [HOUSEHOLD, PROFILE] {
            let path = self.path(receiver, kind);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::File { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes `text` to a file of its own for its owner alone; `place` then puts that where it belongs.
    pub(crate) fn write(
        &self,
        path: &Path,
        text: &[u8],
        place: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let failed = |source| Error::File { path: path.to_path_buf(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(failed)?;
        // A name of its own: two processes may keep the same thing at the same time.
        let part = self.folder.join(format!(".{}.part", uuid::Uuid::new_v4()));
        let written = write_whole(&part, text).and_then(|()| place(&part));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written.map_err(failed)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A receiver's UUID comes from the network: nothing but its letters and digits reach a path.
    pub(crate) fn path(&self, receiver: &str, kind: &str) -> PathBuf {
        let name: String =
            receiver
                .chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '_' }
                })
                .take(100)
                .collect();
        self.folder.join(format!("{name}.{kind}"))
    }
}

fn read(path: &Path) -> Option<Profile> {
    if fs::metadata(path).ok()?.len() > FILE_LIMIT {
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write_whole(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    pub(crate) fn profile(receiver: &str, name: &str) -> Profile {
        Profile {
            receiver: receiver.to_owned(),
            name: name.to_owned(),
            jid: "0b9e7f4a-0000-4000-8000-000000000001@tv.local".to_owned(),
            secret: Secret("12345678".to_owned()),
            next_secret: None,
            certificate_sha256: None,
            host: None,
            xmpp_port: 5222,
            https_port: 8010,
            addresses: Vec::new(),
            vcard_sent: BTreeMap::new(),
        }
    }

    #[test]
    fn a_profile_is_kept_for_its_owner_alone_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = ProfileStore::new(folder.path().join("receivers"));
        let kept = profile("30146e8b", "Test Set-top Box");
        store.keep(&kept).unwrap();
        assert_eq!(store.find(None).unwrap(), kept);
        let mode = fs::metadata(store.path("30146e8b", PROFILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        store.remove("30146e8b").unwrap();
        assert!(matches!(store.find(None), Err(Error::NotPaired(_))));
    }

    #[test]
    fn several_pairings_must_be_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let store = ProfileStore::new(folder.path());
        store.keep(&profile("a", "Lounge")).unwrap();
        store.keep(&profile("b", "Bedroom")).unwrap();
        assert!(matches!(store.find(None), Err(Error::Ambiguous { .. })));
        assert_eq!(store.find(Some("lounge")).unwrap().receiver, "a");
        assert_eq!(store.find(Some("B")).unwrap().name, "Bedroom");
    }

    #[test]
    fn a_hostile_uuid_stays_in_the_folder() {
        let store = ProfileStore::new("/profiles");
        assert_eq!(store.path("../../etc/x", PROFILE), Path::new("/profiles/______etc_x.json"));
    }

    #[test]
    fn the_secret_is_not_in_debug_output() {
        assert!(!format!("{:?}", profile("a", "b")).contains("12345678"));
    }
}
