//! The names of the mechanisms, and what binds them to a TLS channel.

use std::fmt;
use std::str::FromStr;

use super::hash::Hash;

/// One of the SCRAM mechanisms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mechanism {
    /// The hash function.
    pub hash: Hash,
    /// Whether the exchange is bound to the TLS channel.
    pub plus: bool,
}

impl Mechanism {
    /// All of them, best first.
    pub const ALL: [Self; 4] = [
        Self { hash: Hash::Sha256, plus: true },
        Self { hash: Hash::Sha1, plus: true },
        Self { hash: Hash::Sha256, plus: false },
        Self { hash: Hash::Sha1, plus: false },
    ];

    /// Returns the name to offer.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match (self.hash, self.plus) {
            (Hash::Sha1, false) => "SCRAM-SHA-1",
            (Hash::Sha1, true) => "SCRAM-SHA-1-PLUS",
            (Hash::Sha256, false) => "SCRAM-SHA-256",
            (Hash::Sha256, true) => "SCRAM-SHA-256-PLUS",
        }
    }

    /// Returns the best of ours that a server offers. `bound` says whether this connection can be
    /// bound to its channel.
    #[must_use]
    pub fn choose<'a>(offered: impl IntoIterator<Item = &'a str>, bound: bool) -> Option<Self> {
        let rank = |mechanism: &Self| Self::ALL.iter().position(|other| other == mechanism);
        offered
            .into_iter()
            .filter_map(|name| name.parse().ok())
            .filter(|mechanism: &Self| bound || !mechanism.plus)
            .min_by_key(rank)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not one of [`Mechanism::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SCRAM mechanism spoken here")]
pub struct UnknownMechanism;

impl FromStr for Mechanism {
    type Err = UnknownMechanism;

    fn from_str(name: &str) -> Result<Self, UnknownMechanism> {
        Self::ALL.into_iter().find(|mechanism| mechanism.as_str() == name).ok_or(UnknownMechanism)
    }
}

/// What both ends of a TLS channel know of it: the keying material exported for `tls-exporter`
/// (RFC 9266, with TLS 1.3 only), which nobody between knows, or the hash of the server's certificate
/// (RFC 5929 section 4), which nobody between has.
#[derive(Clone, PartialEq, Eq)]
pub struct ChannelBinding {
    kind: &'static str,
    data: Vec<u8>,
}

impl ChannelBinding {
    /// The name of this type of binding, for features and the GS2 header.
    pub const TLS_EXPORTER: &str = "tls-exporter";
    /// The name of the type that is the hash of the server's certificate.
    pub const TLS_SERVER_END_POINT: &str = "tls-server-end-point";
    /// The label to export keying material with; the context is empty, the length 32.
    pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

    /// Takes the exported keying material.
    #[must_use]
    pub const fn tls_exporter(exported: Vec<u8>) -> Self {
        Self { kind: Self::TLS_EXPORTER, data: exported }
    }

    /// Takes the hash of the server's certificate.
    #[must_use]
    pub const fn tls_server_end_point(hash: Vec<u8>) -> Self {
        Self { kind: Self::TLS_SERVER_END_POINT, data: hash }
    }

    /// Returns the name of its type.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }
}

/// Hides the keying material.
impl fmt::Debug for ChannelBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)
    }
}
