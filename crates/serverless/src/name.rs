//! Instance names, `user@machine` (XEP-0174 section 3).

use std::fmt;

/// The name a peer is announced under: any text, of the form `user@machine` by custom. Compared as
/// DNS compares: without the case of ASCII letters.
#[derive(Debug, Clone)]
pub struct PeerName(String);

impl PeerName {
    /// Takes an instance name as it was announced.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for PeerName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for PeerName {}

impl std::hash::Hash for PeerName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            byte.to_ascii_lowercase().hash(state);
        }
    }
}

impl Ord for PeerName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let lower = |name: &Self| name.0.to_ascii_lowercase();
        lower(self).cmp(&lower(other))
    }
}

impl PartialOrd for PeerName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
