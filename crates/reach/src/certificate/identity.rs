//! [`Identity`]: the certificates the receiver has, on disk and in use.
//!
//! Paired devices pin the one we made (they are told its SHA-256 in an answer that only a receiver
//! which knows the passcode can give), so it has no expiry that anybody would meet, and is never
//! replaced without being asked. A name that was not known at first start changes nothing: pins,
//! not names, are what our clients check. The one of a public authority stands beside it and comes
//! and goes; other servers, and clients away from home, check names.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use super::facts::Facts;
use super::shelf::Shelf;
use crate::Error;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// Where public certificates are kept, one file for each name.
const PUBLIC: &str = "public";

/// The certificates, their keys, and what is derived from them. Cheap to clone: all clones show
/// the same certificates.
#[derive(Debug, Clone)]
pub struct Identity {
    /// For the web port: TLS 1.2 and 1.3, the certificate chosen by SNI as in [`Self::for_name`].
    pub server_config: Arc<ServerConfig>,
    /// Our own, self-signed certificate (DER): the one paired devices pin.
    pub certificate: CertificateDer<'static>,
    shelf: Arc<Shelf>,
    folder: PathBuf,
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
        let own = certified(vec![certificate.clone()], key).map_err(|e| unusable(e.to_string()))?;
        let shelf = Arc::new(Shelf::new(own));
        let server_config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable(e.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Shelf>::clone(&shelf));
        let folder = folder.to_path_buf();
        Ok(Self { server_config: Arc::new(server_config), certificate, shelf, folder })
    }

    /// Returns the SHA-256 of our own certificate as 64 lower-case hexadecimal digits: what a
    /// paired device pins.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.certificate).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the SHA-256 of our own certificate.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }

    /// Reads the key of our own certificate, for another protocol that shows it.
    ///
    /// # Errors
    /// [`Error::Unusable`] if it cannot be read any more.
    pub fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        let path = self.folder.join(KEY);
        PrivateKeyDer::from_pem_file(&path)
            .map_err(|error| Error::Unusable { path, why: error.to_string() })
    }

    /// Returns the certificate to show to whoever asks for `name` (SNI or a stream's `to`): the
    /// public one if it is the public name, our own otherwise.
    #[must_use]
    pub fn for_name(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        self.shelf.for_name(name)
    }

    /// Puts a public certificate into use for `name`, at once and without touching open sessions,
    /// and keeps it for the next start. `chain` is PEM, the certificate itself first; `key` is PEM.
    ///
    /// # Errors
    /// [`Error::Public`] if they do not belong together or are not for `name`, [`Error::File`] if
    /// they cannot be kept; then the certificate in use stays what it was.
    pub fn set_public(&self, name: &str, chain: &str, key: &str) -> Result<Facts, Error> {
        let text = format!("{key}\n{chain}");
        let (certificate, facts) = read_public(name, &text)?;
        let path = self.public_file(name)?;
        make_folder(&self.folder.join(PUBLIC))?;
        keep(&path, &text)?;
        self.shelf.set_public(name, certificate);
        Ok(facts)
    }

    /// Puts the public certificate kept for `name` into use, if there is one.
    ///
    /// # Errors
    /// [`Error::Public`] if it is broken or not for `name`, [`Error::File`] if it cannot be read.
    pub fn load_public(&self, name: &str) -> Result<Option<Facts>, Error> {
        let path = self.public_file(name)?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::File { path, source }),
        };
        let (certificate, facts) = read_public(name, &text)?;
        self.shelf.set_public(name, certificate);
        Ok(Some(facts))
    }

    /// One file for key and chain, so that a power cut never leaves one without the other.
    fn public_file(&self, name: &str) -> Result<PathBuf, Error> {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if name.is_empty() || name.starts_with('.') || name.len() > 253 || !name.chars().all(plain)
        {
            return Err(Error::Public { name, why: "that is not a domain name".to_owned() });
        }
        Ok(self.folder.join(PUBLIC).join(format!("{name}.pem")))
    }
}

fn read_public(name: &str, pem: &str) -> Result<(CertifiedKey, Facts), Error> {
    let public = |why: String| Error::Public { name: name.to_owned(), why };
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|e| public(e.to_string()))?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|e| public(e.to_string()))?;
    let facts = chain.first().and_then(Facts::of);
    let facts = facts.ok_or_else(|| public("it holds no certificate".to_owned()))?;
    if !facts.is_for(name) {
        return Err(public(format!("it is for {}", facts.names.join(", "))));
    }
    let certificate = certified(chain, key).map_err(|e| public(e.to_string()))?;
    Ok((certificate, facts))
}

/// Joins a chain with its key, and sees that they belong together.
fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, rustls::Error> {
    CertifiedKey::from_der(chain, key, &ring::default_provider())
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
    make_folder(folder)?;
    // The key first: a certificate without its key is then never found after a power cut.
    keep(&folder.join(KEY), &key.serialize_pem())?;
    keep(&folder.join(CERTIFICATE), &certificate.pem())
}

/// Makes a folder for its owner alone.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| Error::File { path: folder.to_path_buf(), source })
}

/// Writes a file that is either not there or whole, readable by its owner alone.
pub(crate) fn keep(path: &Path, text: &str) -> Result<(), Error> {
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

    /// A certificate for `name` with its key, as an authority would hand it out: chain, key.
    fn issued(name: &str) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    fn identity(folder: &Path) -> Identity {
        Identity::load_or_make(&folder.join("tls"), &["tv.local".to_owned()]).unwrap()
    }

    #[test]
    fn the_public_certificate_is_for_the_public_name_alone() {
        let folder = tempfile::tempdir().unwrap();
        let identity = identity(folder.path());
        let (chain, key) = issued("tv.example.org");
        identity.set_public("tv.example.org", &chain, &key).unwrap();
        let own = |name| identity.for_name(name).cert.first() == Some(&identity.certificate);
        assert!(own(None) && own(Some("tv.local")) && own(Some("x.tv.example.org")));
        assert!(!own(Some("tv.example.org")) && !own(Some("TV.Example.org.")));
    }

    #[test]
    fn a_new_public_certificate_takes_the_place_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let identity = identity(folder.path());
        let mut shown = Vec::new();
        for _ in 0..2 {
            let (chain, key) = issued("tv.example.org");
            identity.set_public("tv.example.org", &chain, &key).unwrap();
            shown.push(identity.clone().for_name(Some("tv.example.org")).cert.clone());
        }
        assert_ne!(shown[0], shown[1]);
        assert_eq!(identity.fingerprint().len(), 64);
    }

    #[test]
    fn the_public_certificate_is_there_again_after_a_restart_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = issued("tv.example.org");
        let before = identity(folder.path());
        before.set_public("tv.example.org", &chain, &key).unwrap();
        let after = identity(folder.path());
        assert!(after.load_public("tv.example.org").unwrap().is_some());
        assert!(after.load_public("other.example.org").unwrap().is_none());
        assert_eq!(
            before.for_name(Some("tv.example.org")).cert,
            after.for_name(Some("tv.example.org")).cert
        );
        let file = folder.path().join("tls/public/tv.example.org.pem");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_certificate_for_another_name_or_with_another_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let identity = identity(folder.path());
        let (chain, key) = issued("tv.example.org");
        let (_, other_key) = issued("tv.example.org");
        assert!(identity.set_public("other.example.org", &chain, &key).is_err());
        assert!(identity.set_public("tv.example.org", &chain, &other_key).is_err());
        assert!(identity.set_public("../up", &chain, &key).is_err());
        assert!(!folder.path().join("tls/public").exists());
    }
}
