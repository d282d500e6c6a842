//! SASL HT (draft-schmaus-kitten-sasl-ht-09): proving a token in one round trip, as FAST (XEP-0484)
//! uses it.
//!
//! The client sends its name and `HMAC(token, "Initiator" || binding)`, the server answers with
//! `HMAC(token, "Responder" || binding)`.

use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq as _;

use crate::sasl::SaslCondition;
use crate::scram::{ChannelBinding, Hash};

/// One of the mechanisms of HT with SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HtMechanism {
    /// `HT-SHA-256-EXPR`: bound to the channel by `tls-exporter`.
    Exporter,
    /// `HT-SHA-256-ENDP`: bound to the server's certificate by `tls-server-end-point`.
    EndPoint,
    /// `HT-SHA-256-NONE`: not bound.
    None,
}

impl HtMechanism {
    /// All of them, best first.
    pub const ALL: [Self; 3] = [Self::Exporter, Self::EndPoint, Self::None];

    /// Returns the name to offer.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exporter => "HT-SHA-256-EXPR",
            Self::EndPoint => "HT-SHA-256-ENDP",
            Self::None => "HT-SHA-256-NONE",
        }
    }

    /// Returns the type of channel binding it needs.
    #[must_use]
    pub const fn binding(self) -> Option<&'static str> {
        match self {
            Self::Exporter => Some(ChannelBinding::TLS_EXPORTER),
            Self::EndPoint => Some(ChannelBinding::TLS_SERVER_END_POINT),
            Self::None => None,
        }
    }
}

impl fmt::Display for HtMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HtMechanism {
    type Err = SaslCondition;

    fn from_str(name: &str) -> Result<Self, SaslCondition> {
        let found = Self::ALL.into_iter().find(|mechanism| mechanism.as_str() == name);
        found.ok_or(SaslCondition::InvalidMechanism)
    }
}

/// The client's one message: who it is, and its proof.
#[derive(Clone, PartialEq, Eq)]
pub struct Initiator {
    /// Who logs in: a localpart.
    pub authcid: String,
    proof: Vec<u8>,
}

impl Initiator {
    /// Makes the message.
    #[must_use]
    pub fn new(authcid: &str, token: &str, binding: Option<&ChannelBinding>) -> Self {
        Self { authcid: authcid.to_owned(), proof: keyed(token, b"Initiator", binding) }
    }

    /// Reads `authcid NUL hashed-token`.
    ///
    /// # Errors
    /// [`SaslCondition::MalformedRequest`] if it is anything else.
    pub fn parse(message: &[u8]) -> Result<Self, SaslCondition> {
        let malformed = SaslCondition::MalformedRequest;
        let end = message.iter().position(|byte| *byte == 0).ok_or(malformed)?;
        let (authcid, rest) = message.split_at_checked(end).ok_or(malformed)?;
        let authcid = std::str::from_utf8(authcid).map_err(|_| malformed)?;
        let proof = rest.get(1..).unwrap_or_default();
        if authcid.is_empty() || proof.is_empty() {
            return Err(malformed);
        }
        Ok(Self { authcid: authcid.to_owned(), proof: proof.to_vec() })
    }

    /// Writes the message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.authcid.as_bytes(), b"\0", &self.proof].concat()
    }

    /// Whether it proves this token on this channel. Takes the same time whatever the answer.
    #[must_use]
    pub fn proves(&self, token: &str, binding: Option<&ChannelBinding>) -> bool {
        self.proof.ct_eq(&keyed(token, b"Initiator", binding)).into()
    }
}

/// Returns the server's one message: its own proof of the token.
#[must_use]
pub fn responder(token: &str, binding: Option<&ChannelBinding>) -> Vec<u8> {
    keyed(token, b"Responder", binding)
}

fn keyed(token: &str, who: &[u8], binding: Option<&ChannelBinding>) -> Vec<u8> {
    let data = binding.map(ChannelBinding::data).unwrap_or_default();
    Hash::Sha256.hmac(token.as_bytes(), &[who, data].concat())
}

/// Hides the proof.
impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").field("authcid", &self.authcid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_good_for_its_token_and_channel_only() {
        let channel = ChannelBinding::tls_exporter(vec![1; 32]);
        let sent = Initiator::new("joe", "token", Some(&channel));
        let read = Initiator::parse(&sent.to_bytes()).unwrap();
        assert_eq!(read, sent);
        assert!(read.proves("token", Some(&channel)));
        assert!(!read.proves("other", Some(&channel)));
        assert!(!read.proves("token", None));
    }

    #[test]
    fn the_proofs_are_the_hmacs_of_the_draft() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        // python3: hmac.new(b"secret-token", b"Initiator", "sha256").hexdigest()
        assert_eq!(
            hex(Initiator::new("u", "secret-token", None).proof),
            "3f6de92b45cddc50c601ad166458f7b5874565e399f3006b1afb03f0bb03ff88"
        );
        assert_eq!(
            hex(responder("secret-token", None)),
            "5572a63e0496195609273c23be8a50b9bee64e0369324079e73245bf4472a5b1"
        );
    }

    #[test]
    fn what_is_not_two_parts_is_malformed() {
        for wrong in [&b"joe"[..], b"\0proof", b"joe\0", b"\xff\0proof", b""] {
            assert_eq!(Initiator::parse(wrong), Err(SaslCondition::MalformedRequest));
        }
    }
}
