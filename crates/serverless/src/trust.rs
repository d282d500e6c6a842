//! Certificates, and whose they are.
//!
//! Every certificate is taken in the handshake and judged afterwards by the SHA-256 of its DER: one
//! that somebody of the household has registered proves its owner, any other proves nothing.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// The one a certificate belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The bare JID of its account at the receiver, or the receiver's own.
    pub jid: String,
    /// The name people gave it.
    pub name: String,
}

/// What is known of the household's certificates. Asked at every handshake, so that a device that
/// has been forgotten proves nothing from then on.
pub trait Pins: Send + Sync {
    /// Returns whose certificate this is (SHA-256 of its DER), if anybody's of the household.
    fn owner(&self, sha256: &[u8; 32]) -> Option<Owner>;

    /// Whether this certificate proves the bare JID `jid`. A device of two households has a JID in
    /// each, and one certificate, so that it may be more than its [`Pins::owner`].
    fn proves(&self, sha256: &[u8; 32], jid: &str) -> bool {
        self.owner(sha256).is_some_and(|owner| owner.jid.eq_ignore_ascii_case(jid))
    }
}

/// Our own certificate and key, and how to judge those of others.
pub struct Credentials {
    /// Our certificate, self-signed or not.
    pub certificate: CertificateDer<'static>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
    /// How to judge others.
    pub pins: Arc<dyn Pins>,
}

impl Clone for Credentials {
    fn clone(&self) -> Self {
        Self {
            certificate: self.certificate.clone(),
            key: self.key.clone_key(),
            pins: Arc::clone(&self.pins),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}
