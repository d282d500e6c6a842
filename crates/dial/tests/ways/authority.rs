//! Certificate authorities made for a test.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::RootCertStore;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use televisor_dial::Trust;

/// An authority with its key.
pub(crate) struct Authority {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate (end entity first) with its key.
pub(crate) struct Leaf {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let (params, key) = (authority_params(), KeyPair::generate().unwrap());
        let signed = params.self_signed(&key).unwrap();
        Self {
            certificate: signed.der().clone(),
            pem: signed.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// An authority below this one.
    pub(crate) fn below(&self) -> Self {
        let (params, key) = (authority_params(), KeyPair::generate().unwrap());
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        Self {
            certificate: signed.der().clone(),
            pem: signed.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A server's certificate for these names or addresses.
    pub(crate) fn issue(&self, names: &[&str]) -> Leaf {
        self.sign(server_params(names))
    }

    pub(crate) fn issue_expired(&self, name: &str) -> Leaf {
        let mut params = server_params(&[name]);
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        Leaf { chain: vec![signed.der().clone()], key }
    }

    pub(crate) fn trust(&self) -> Trust {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        Trust::with_roots(roots).unwrap()
    }
}

impl Leaf {
    pub(crate) fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Self { chain: vec![params.self_signed(&key).unwrap().der().clone()], key }
    }

    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        self.certified_with(&self.key)
    }

    /// This certificate beside a key that may not be its own.
    pub(crate) fn certified_with(&self, key: &KeyPair) -> Arc<CertifiedKey> {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let signing = any_supported_type(&key).unwrap();
        Arc::new(CertifiedKey::new(self.chain.clone(), signing))
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// As public authorities issue them today: for servers only.
fn server_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}
