//! What a device is given along with the 2xx: who the receiver is, and where to go next.
//!
//! A device of 2010 ignores it. The passcode is the only thing both sides know, and Digest with
//! `qop=auth` does not cover the body of an answer; so the certificate's fingerprint carries a
//! proof of its own, made from the same shared secret.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::digest::{Authorization, hex};

/// Keeps this use of the shared secret apart from every other.
const PURPOSE: &[u8] = b"televisor pairing offer 1";

/// The JSON body of the 2xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Who the receiver is.
    pub receiver: OfferedReceiver,
    /// The device's own address: `<device UUID>@<the receiver's domain>`.
    pub jid: String,
    /// Where XMPP is.
    pub xmpp_port: u16,
    /// Where HTTPS is, for the upgrade.
    pub https_port: u16,
    /// SHA-256 of the receiver's certificate (DER), in lower-case hexadecimal.
    pub certificate_sha256: String,
    /// Shows that whoever wrote this knew the passcode: see [`Offer::sign`].
    #[serde(default)]
    pub proof: String,
}

/// The receiver, as it names itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedReceiver {
    /// The same UUID as in its advertisement and its realm.
    pub uuid: Uuid,
    /// What its people call it.
    pub name: String,
}

impl Offer {
    /// Writes the proof: `HMAC-SHA-256(HA1, purpose | nonce | cnonce | every field)`, where `HA1`
    /// is the SHA-256 one whatever the algorithm of the exchange.
    pub fn sign(&mut self, ha1_sha256: &[u8], exchange: &Authorization) {
        self.proof = hex(&self.expected_proof(ha1_sha256, exchange));
    }

    /// Says whether the proof is that of somebody who knew the passcode, in this very exchange.
    #[must_use]
    pub fn is_genuine(&self, ha1_sha256: &[u8], exchange: &Authorization) -> bool {
        let expected = hex(&self.expected_proof(ha1_sha256, exchange));
        expected.as_bytes().ct_eq(self.proof.as_bytes()).into()
    }

    fn expected_proof(&self, ha1_sha256: &[u8], exchange: &Authorization) -> Vec<u8> {
        // HMAC takes keys of any length, so there is nothing that can fail here.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(ha1_sha256) else { return Vec::new() };
        let ports = format!("{} {}", self.xmpp_port, self.https_port);
        let uuid = self.receiver.uuid.as_hyphenated().to_string();
        let fields: [&[u8]; 8] = [
            PURPOSE,
            exchange.nonce.as_bytes(),
            exchange.cnonce.as_bytes(),
            uuid.as_bytes(),
            self.receiver.name.as_bytes(),
            self.jid.as_bytes(),
            ports.as_bytes(),
            self.certificate_sha256.as_bytes(),
        ];
        for field in fields {
            // Each with its length, so that no two lists of fields look the same.
            mac.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(field);
        }
        mac.finalize().into_bytes().to_vec()
    }
}
