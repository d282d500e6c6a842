//! The receiver's TLS identity: a self-signed certificate, made at first start and kept for good.
//!
//! Paired devices pin it (they are told its SHA-256 in an answer that only a receiver which knows
//! the passcode can give), so it has no expiry that anybody would meet, and is never replaced
//! without being asked. A name that was not known at first start changes nothing: pins, not names,
//! are what our clients check.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use crate::Error;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// The certificate, its key, and what is derived from them.
#[derive(Debug, Clone)]
pub struct Identity {
    /// For every listener: TLS 1.2 and 1.3.
    pub server_config: Arc<ServerConfig>,
    /// The certificate with its key.
    certified: Arc<CertifiedKey>,
    /// The certificate itself (DER).
    pub certificate: CertificateDer<'static>,
}

impl Identity {
    /// Loads the identity kept in `folder`, or makes one for `names` and keeps it there.
    ///
    /// # Errors
    /// [`Error::File`] if the folder cannot be used, [`Error::Unusable`] if what is there is broken.
    pub fn load_or_make(folder: &Path, names: &[String]) -> Result<Self, Error> {
        let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
        if !(certificate.exists() && key.exists()) {
            make(folder, names)?;
        }
        let unusable = |why: String| Error::Unusable { path: folder.to_path_buf(), why };
        let certificate =
            CertificateDer::from_pem_file(&certificate).map_err(|e| unusable(e.to_string()))?;
        let key = PrivateKeyDer::from_pem_file(&key).map_err(|e| unusable(e.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let certified = CertifiedKey::from_der(vec![certificate.clone()], key, &provider)
            .map_err(|e| unusable(e.to_string()))?;
        let certified = Arc::new(certified);
        let server_config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable(e.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&certified))));
        Ok(Self { server_config: Arc::new(server_config), certified, certificate })
    }

    /// Returns the certificate to show for this name; no name asks for the default.
    #[must_use]
    pub fn for_name(&self, _name: Option<&str>) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }

    /// Returns the SHA-256 of the certificate as 64 lower-case hexadecimal digits: what a paired
    /// device pins.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.certificate).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn make(folder: &Path, names: &[String]) -> Result<(), Error> {
    let key = rcgen::KeyPair::generate()?;
    let mut params = rcgen::CertificateParams::new(names.to_vec())?;
    let mut name = rcgen::DistinguishedName::new();
    let common_name = names.first().map_or("televisor", String::as_str);
    name.push(rcgen::DnType::CommonName, common_name);
    params.distinguished_name = name;
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2099, 12, 31);
    let certificate = params.self_signed(&key)?;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| Error::File { path: folder.to_path_buf(), source })?;
    // The key first: a certificate without its key is then never found after a power cut.
    keep(&folder.join(KEY), &key.serialize_pem())?;
    keep(&folder.join(CERTIFICATE), &certificate.pem())
}

/// Writes a file that is either not there or whole, readable by its owner alone.
fn keep(path: &Path, text: &str) -> Result<(), Error> {
    let part = path.with_extension("part");
    let written = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    written().map_err(|source| Error::File { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_certificate_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let tls = folder.path().join("tls");
        let first = Identity::load_or_make(&tls, &["tv.local".to_owned()]).unwrap();
        let again = Identity::load_or_make(&tls, &["other.local".to_owned()]).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        assert_eq!(first.fingerprint().len(), 64);
    }

    #[test]
    fn the_key_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let tls = folder.path().join("tls");
        Identity::load_or_make(&tls, &["tv.local".to_owned()]).unwrap();
        let mode = std::fs::metadata(tls.join(KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_broken_key_is_reported_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        Identity::load_or_make(folder.path(), &["tv.local".to_owned()]).unwrap();
        std::fs::write(folder.path().join(KEY), "nonsense").unwrap();
        let error = Identity::load_or_make(folder.path(), &["tv.local".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("move the folder away"), "{error}");
    }
}
