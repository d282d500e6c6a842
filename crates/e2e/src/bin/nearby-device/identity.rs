//! A device's certificate, and what it knows of its household: files that a test has put there.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use televisor_client::{Credentials, Owner, Pins};

/// `household.json`: objects with `sha256` (hexadecimal), `jid` and `name`.
struct Household(Vec<Value>);

impl Pins for Household {
    fn owner(&self, sha256: &[u8; 32]) -> Option<Owner> {
        let hex: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        let known = self.0.iter().find(|device| device["sha256"] == hex.as_str())?;
        Some(Owner {
            jid: known["jid"].as_str()?.to_owned(),
            name: known["name"].as_str()?.to_owned(),
        })
    }
}

/// Reads `device.crt`, `device.key` and `household.json` of a folder.
pub(crate) fn load(folder: &Path) -> Credentials {
    let list = std::fs::read(folder.join("household.json")).unwrap_or_else(|_| b"[]".to_vec());
    let household = serde_json::from_slice(&list).expect("a list of devices");
    Credentials {
        certificate: CertificateDer::from_pem_file(folder.join("device.crt"))
            .expect("a certificate"),
        key: PrivateKeyDer::from_pem_file(folder.join("device.key")).expect("a key"),
        pins: Arc::new(Household(household)),
    }
}
