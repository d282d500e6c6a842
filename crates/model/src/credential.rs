//! What is kept of a passcode or secret: never the thing itself.

use std::fmt;

/// The server's half of a SCRAM credential (RFC 5802 section 3).
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// Random, at least 16 bytes.
    pub salt: Vec<u8>,
    /// PBKDF2 rounds, at least 4096.
    pub iterations: u32,
    /// `H(ClientKey)`.
    pub stored_key: Vec<u8>,
    /// `HMAC(SaltedPassword, "Server Key")`.
    pub server_key: Vec<u8>,
}

/// Everything that lets a device prove itself, in every mechanism the receiver speaks.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// SCRAM-SHA-1 (RFC 5802).
    pub scram_sha1: ScramKeys,
    /// SCRAM-SHA-256 (RFC 7677).
    pub scram_sha256: ScramKeys,
    /// `MD5(uuid:realm:secret)`, for HTTP Digest (RFC 7616).
    pub ha1_md5: Vec<u8>,
    /// `SHA-256(uuid:realm:secret)`, for HTTP Digest (RFC 7616).
    pub ha1_sha256: Vec<u8>,
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_show_in_logs() {
        let keys = ScramKeys {
            salt: vec![171; 16],
            iterations: 4096,
            stored_key: vec![205; 20],
            server_key: vec![239; 20],
        };
        let text = format!("{keys:?}");
        assert!(!text.contains("171") && !text.contains("205") && !text.contains("239"), "{text}");
    }
}
