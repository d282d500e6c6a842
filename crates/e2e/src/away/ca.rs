//! The certificate authority that the world's servers trust.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// An authority with a folder for what it signs.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    root: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Both in one file.
    pub both: PathBuf,
}

impl Authority {
    /// Makes one; what it signs goes to `folder`.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("a folder for certificates");
        let mut params = CertificateParams::new(Vec::new()).expect("no names are valid names");
        params.distinguished_name.push(DnType::CommonName, "The World's Authority");
        valid_now(&mut params);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a root certificate").pem();
        Self { folder: folder.to_owned(), root, issuer: Issuer::new(params, key) }
    }

    /// Returns its root certificate, in PEM.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Signs a certificate for `names` (domains or addresses), for servers and clients.
    ///
    /// # Panics
    /// If a name is none.
    #[must_use]
    pub fn sign(&self, names: &[&str]) -> Signed {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names.clone()).expect("valid names");
        params.distinguished_name.push(DnType::CommonName, names[0].as_str());
        valid_now(&mut params);
        params.is_ca = IsCa::ExplicitNoCa;
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        self.write(&names[0], &certificate, &key.serialize_pem())
    }

    /// Makes a certificate that nobody signed, for `name` or an address.
    ///
    /// # Panics
    /// If the name is none.
    #[must_use]
    pub fn self_signed(&self, name: &str) -> Signed {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("a name");
        let stem = format!("nobody-{name}");
        self.write(&stem, &made.cert.pem(), &made.signing_key.serialize_pem())
    }

    fn write(&self, name: &str, certificate: &str, key: &str) -> Signed {
        let stem =
            if name.parse::<IpAddr>().is_ok() { name.replace(':', "-") } else { name.to_owned() };
        let file = |end: &str| self.folder.join(format!("{stem}.{end}"));
        let signed = Signed { certificate: file("crt"), key: file("key"), both: file("pem") };
        let put = |path: &Path, text: &str| std::fs::write(path, text).expect("a PEM file");
        put(&signed.certificate, certificate);
        put(&signed.key, key);
        put(&signed.both, &format!("{certificate}{key}"));
        signed
    }
}

/// Valid since yesterday, for a month: ejabberd sets a timer to the end, and a far one is too far.
#[expect(clippy::disallowed_methods, reason = "the peers read the machine's clock themselves")]
fn valid_now(params: &mut CertificateParams) {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + 30 * DAY).into();
}
