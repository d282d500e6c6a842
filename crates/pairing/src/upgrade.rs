//! The trade of a passcode for a 256-bit secret: `POST <root>/<uuid>/upgrade`, over TLS only.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::random::{self, NoRandomness};

/// Bytes in a secret.
const LENGTH: usize = 32;

/// 256 random bits in base64url without padding (43 characters): a device's password for life.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret(String);

/// A text that is no secret: not 32 bytes in base64url without padding.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a secret is 32 bytes in base64url without padding")]
pub struct NotASecret;

impl Secret {
    /// Makes one up.
    ///
    /// # Errors
    /// [`NoRandomness`] if the operating system has none.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random::bytes::<LENGTH>()?)))
    }

    /// Returns the text that is the password. It never goes into a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Secret {
    type Error = NotASecret;

    fn try_from(text: String) -> Result<Self, NotASecret> {
        match URL_SAFE_NO_PAD.decode(&text) {
            Ok(bytes) if bytes.len() == LENGTH => Ok(Self(text)),
            _ => Err(NotASecret),
        }
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        secret.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What the device sends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its new password.
    pub secret: Secret,
}

/// What the receiver answers once the secret is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// `full`: the passcode is worth nothing from here on.
    pub tier: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_43_characters_and_no_two_are_alike() {
        let one = Secret::generate().unwrap();
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one, Secret::generate().unwrap());
        assert_eq!(Secret::try_from(one.expose().to_owned()).unwrap(), one);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "12345678", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43)] {
            assert!(Secret::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_does_not_show_in_logs() {
        let secret = Secret::generate().unwrap();
        assert!(!format!("{secret:?}").contains(secret.expose()));
    }
}
