//! The receiver's TLS identity, in the XMPP server's own words.

use std::sync::Arc;

use rustls::sign::CertifiedKey;
use televisor_reach::Identity;
use televisor_server::Certificates;

/// Shows what the identity has for each name.
#[derive(Debug)]
pub(super) struct ShownCertificates(pub(super) Identity);

impl Certificates for ShownCertificates {
    fn for_name(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.for_name(name))
    }
}
