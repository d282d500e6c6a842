//! The certificate that this device shows on the link, and its key: made once, one for all receivers.
//!
//! It says nothing of who the device is. Receivers tell their households whose it is; see
//! [`HouseholdPins`](crate::HouseholdPins).

use std::fmt;
use std::fs;
use std::io::{Error as IoError, ErrorKind};
use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::profile::ProfileStore;

/// The file, beside the profiles.
const FILE: &str = "identity.pem";
/// Larger than any such file.
const FILE_LIMIT: u64 = 16 * 1024;

/// A certificate and its key.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Returns the certificate (DER).
    #[must_use]
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Returns the key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKeyDer<'static> {
        &self.key
    }

    /// Returns the SHA-256 of the certificate, which is how others know it.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl ProfileStore {
    /// Returns this device's certificate and key, which are made the first time.
    ///
    /// # Errors
    /// [`Error::File`] if they can be neither read nor kept.
    pub fn identity(&self) -> Result<Identity, Error> {
        let path = self.folder().join(FILE);
        let failed = |source| Error::File { path: path.clone(), source };
        if !path.exists() {
            let text = make().map_err(failed)?;
            self.write(&path, text.as_bytes(), |part| place(part, &path))?;
        }
        read(&path).map_err(failed)
    }
}

/// Key and certificate in one file: after a power cut there are both, or neither.
fn make() -> Result<String, IoError> {
    let key = rcgen::KeyPair::generate().map_err(IoError::other)?;
    let mut params = rcgen::CertificateParams::default();
    // Anybody on the link may see it, so it names nobody.
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "televisor");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2099, 12, 31);
    let certificate = params.self_signed(&key).map_err(IoError::other)?;
    Ok(format!("{}{}", key.serialize_pem(), certificate.pem()))
}

/// Puts the file where it belongs, unless another process has been faster: then that one's is used.
fn place(part: &Path, path: &Path) -> Result<(), IoError> {
    match fs::hard_link(part, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => fs::remove_file(part),
    }
}

fn read(path: &Path) -> Result<Identity, IoError> {
    let broken = |error| IoError::new(ErrorKind::InvalidData, error);
    if fs::metadata(path)?.len() > FILE_LIMIT {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let text = fs::read(path)?;
    let certificate = CertificateDer::from_pem_slice(&text).map_err(broken)?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(broken)?;
    Ok(Identity { certificate, key })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_identity_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = ProfileStore::new(folder.path().join("receivers"));
        let first = store.identity().unwrap();
        assert_eq!(store.identity().unwrap().sha256(), first.sha256());
        let path = store.folder().join(FILE);
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(store.folder()).unwrap().count(), 1, "no part is left");
        assert!(store.list().unwrap().is_empty(), "it is no profile");
    }

    #[test]
    fn of_two_that_make_it_at_once_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let store = ProfileStore::new(folder.path());
        let made: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| store.identity().unwrap().sha256())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_broken_file_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "nothing").unwrap();
        let store = ProfileStore::new(folder.path());
        assert!(matches!(store.identity(), Err(Error::File { .. })));
        assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), b"nothing");
    }
}
