//! Which certificate is shown to whom: the public one to those who ask for the public name, our
//! own, which paired devices pin, to everybody else.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The certificates in use. Shared by every listener; what is put here is what the next handshake
/// shows, while sessions that are open go on as they are.
pub(super) struct Shelf {
    own: Arc<CertifiedKey>,
    public: RwLock<Option<Public>>,
}

#[derive(Clone)]
struct Public {
    name: String,
    certificate: Arc<CertifiedKey>,
}

impl Shelf {
    pub(super) fn new(own: CertifiedKey) -> Self {
        Self { own: Arc::new(own), public: RwLock::new(None) }
    }

    /// Returns the certificate for this server name (SNI, or `to` of a stream header).
    pub(super) fn for_name(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        let public = self.public.read().unwrap_or_else(PoisonError::into_inner);
        match (name, public.as_ref()) {
            (Some(asked), Some(public)) if same_name(asked, &public.name) => {
                Arc::clone(&public.certificate)
            }
            _ => Arc::clone(&self.own),
        }
    }

    pub(super) fn set_public(&self, name: &str, certificate: CertifiedKey) {
        let public = Public { name: name.to_owned(), certificate: Arc::new(certificate) };
        *self.public.write().unwrap_or_else(PoisonError::into_inner) = Some(public);
    }
}

/// Returns whether two domain names are the same: case and a final dot do not count (RFC 4343).
fn same_name(one: &str, other: &str) -> bool {
    let bare = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    bare(one) == bare(other)
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.for_name(hello.server_name()))
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let public = self.public.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Shelf").field("public", &public.as_ref().map(|p| &p.name)).finish()
    }
}
