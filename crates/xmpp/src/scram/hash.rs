//! The hash functions of SCRAM, and what RFC 5802 section 2.2 makes of them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use televisor_model::ScramKeys;

/// A hash function that SCRAM is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, std::hash::Hash)]
pub enum Hash {
    /// RFC 5802. Kept because xmpp.js knows no other.
    Sha1,
    /// RFC 7677.
    Sha256,
}

impl Hash {
    /// Returns the hash that `keys` were made with.
    #[must_use]
    pub const fn of(keys: &ScramKeys) -> Option<Self> {
        match keys.stored_key.len() {
            20 => Some(Self::Sha1),
            32 => Some(Self::Sha256),
            _ => None,
        }
    }

    /// The length of its output in bytes.
    pub(super) const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// `H(data)`
    pub(super) fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
        }
    }

    /// `HMAC(key, data)`
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length (RFC 2104 section 2)")]
    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        const ANY: &str = "HMAC takes keys of any length";
        match self {
            Self::Sha1 => {
                let mac = Hmac::<Sha1>::new_from_slice(key).expect(ANY);
                mac.chain_update(data).finalize().into_bytes().to_vec()
            }
            Self::Sha256 => {
                let mac = Hmac::<Sha256>::new_from_slice(key).expect(ANY);
                mac.chain_update(data).finalize().into_bytes().to_vec()
            }
        }
    }

    /// `Hi(password, salt, iterations)`
    pub(super) fn salted_password(self, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
        let mut salted = vec![0; self.output_len()];
        let password = password.as_bytes();
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut salted),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted),
        }
        salted
    }
}
