//! `WWW-Authenticate` (RFC 7616 section 3.3): written by the receiver, read by the device.

use std::fmt;

use super::algorithm::Algorithm;
use super::parameters::{Malformed, Scheme, parse_schemes, quoted};

/// One Digest challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The receiver's UUID.
    pub realm: String,
    /// What the response must be made with.
    pub nonce: String,
    /// With which hash.
    pub algorithm: Algorithm,
    /// Whether only the nonce was too old: the passcode need not be asked for again.
    pub stale: bool,
    /// To be sent back as it is, where the receiver gave one.
    pub opaque: Option<String>,
}

impl Challenge {
    /// Reads all the challenges that a device could answer, from one header value.
    ///
    /// # Errors
    /// [`Malformed`] if it is against the grammar.
    pub fn parse(value: &[u8]) -> Result<Vec<Self>, Malformed> {
        Ok(parse_schemes(value)?.iter().filter_map(Self::from_scheme).collect())
    }

    fn from_scheme(scheme: &Scheme) -> Option<Self> {
        if !scheme.is_digest() {
            return None;
        }
        // Absent, it is MD5 (section 3.3).
        let algorithm = Algorithm::named(scheme.get("algorithm").unwrap_or("MD5"))?;
        scheme.get("qop")?.split(',').find(|q| q.trim().eq_ignore_ascii_case("auth"))?;
        Some(Self {
            realm: scheme.get("realm")?.to_owned(),
            nonce: scheme.get("nonce")?.to_owned(),
            algorithm,
            stale: scheme.get("stale").is_some_and(|s| s.eq_ignore_ascii_case("true")),
            opaque: scheme.get("opaque").map(str::to_owned),
        })
    }
}

impl fmt::Display for Challenge {
    /// COMPAT(python-requests): it merges the parameters of both challenges into one list, and takes
    /// the last of each; so each value is complete by itself, and both carry the same nonce.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest realm={}", quoted(&self.realm))?;
        write!(f, ", qop=\"auth\", algorithm={}", self.algorithm.name())?;
        write!(f, ", nonce={}", quoted(&self.nonce))?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", quoted(opaque))?;
        }
        if self.stale { f.write_str(", stale=true") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_as_it_was_written() {
        let challenge = Challenge {
            realm: "30146e8b-0d1a-47b9-825d-bebd7c23acaf".to_owned(),
            nonce: "abc".to_owned(),
            algorithm: Algorithm::Sha256,
            stale: true,
            opaque: Some("x\"y".to_owned()),
        };
        assert_eq!(Challenge::parse(challenge.to_string().as_bytes()).unwrap(), [challenge]);
    }

    /// RFC 7616 section 3.9.1.
    #[test]
    fn the_challenges_of_the_rfc_are_read() {
        let value = br#"Digest realm="http-auth@example.org", qop="auth, auth-int",
            algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
        let value: Vec<u8> = value.iter().copied().filter(|b| *b != b'\n').collect();
        let challenges = Challenge::parse(&value).unwrap();
        assert_eq!(challenges[0].algorithm, Algorithm::Sha256);
        assert_eq!(
            challenges[0].opaque.as_deref(),
            Some("FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")
        );
    }

    #[test]
    fn what_cannot_be_answered_is_left_out() {
        let value = br#"Basic realm="a", Digest realm="a", nonce="b", qop="auth", algorithm=SHA-512-256, Digest realm="a", nonce="b", qop="auth-int", Digest realm="a", nonce="b", qop="auth""#;
        let challenges = Challenge::parse(value).unwrap();
        assert_eq!(challenges.len(), 1);
        assert_eq!(challenges[0].algorithm, Algorithm::Md5);
    }
}
