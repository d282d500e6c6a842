//! Whether a certificate is good for a domain.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, RootCertStore};

use crate::any_certificate::AnyCertificate;
use crate::error::{Distrust, Error};
use crate::literal::address_literal;

/// The most certificates that are read of a chain; more are not looked at.
const LONGEST_CHAIN: usize = 10;

/// The certificate authorities we believe: the system's, and those of one more file. Cheap to clone.
#[derive(Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    /// None when there are no authorities at all: then nobody is believed.
    verifier: Option<Arc<WebPkiServerVerifier>>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("authorities", &self.roots.len()).finish()
    }
}

impl Trust {
    /// Reads the system's authorities and those of `ca_file` (PEM). Reads files: call it once.
    ///
    /// A system without authorities is no error: then certificates are judged by `ca_file` alone.
    ///
    /// # Errors
    /// [`Error::Authorities`] when `ca_file` cannot be read or holds no certificate.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for problem in &system.errors {
            tracing::warn!(%problem, "a certificate authority of the system was not read");
        }
        roots.add_parsable_certificates(system.certs);
        if let Some(path) = ca_file {
            for certificate in read_authorities(path)? {
                roots.add(certificate).map_err(|problem| Error::Authorities {
                    path: path.to_owned(),
                    reason: problem.to_string(),
                })?;
            }
        }
        Self::with_roots(roots)
    }

    /// Believes these authorities and no others.
    ///
    /// # Errors
    /// [`Error::Tls`] when rustls does not accept them.
    pub fn with_roots(roots: RootCertStore) -> Result<Self, Error> {
        let roots = Arc::new(roots);
        let verifier = if roots.is_empty() {
            tracing::warn!("no certificate authorities: other servers are known by dialback only");
            None
        } else {
            let provider = Arc::new(ring::default_provider());
            let built =
                WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), provider).build();
            Some(built.map_err(|problem| Error::Tls { reason: problem.to_string() })?)
        };
        Ok(Self { roots, verifier })
    }

    /// Whether this chain (end entity first) is a valid *server* certificate for this domain now: path
    /// to an authority, name (DNS or address), time. Revocation is not asked.
    ///
    /// SASL EXTERNAL of servers is judged by this too: public authorities no longer issue certificates
    /// for client authentication, so to ask for that purpose would refuse everybody.
    ///
    /// # Errors
    /// Why the certificate is not good.
    pub fn judge(&self, chain: &[CertificateDer<'_>], domain: &str) -> Result<(), Distrust> {
        self.judge_at(chain, domain, UnixTime::now())
    }

    fn judge_at(
        &self,
        chain: &[CertificateDer<'_>],
        domain: &str,
        now: UnixTime,
    ) -> Result<(), Distrust> {
        let (end_entity, rest) = chain.split_first().ok_or(Distrust::Missing)?;
        let intermediates = rest.get(..LONGEST_CHAIN).unwrap_or(rest);
        let name = server_name(domain)?;
        let verifier = self.verifier.as_ref().ok_or(Distrust::NoAuthorities)?;
        verifier
            .verify_server_cert(end_entity, intermediates, &name, &[], now)
            .map(|_| ())
            .map_err(|problem| Distrust::Invalid { reason: problem.to_string() })
    }

    /// TLS as a client that ends the handshake unless the certificate is good for the name asked for.
    ///
    /// # Errors
    /// [`Error::Tls`] when rustls cannot be set up.
    pub fn strict_client(&self) -> Result<ClientConfig, Error> {
        Ok(client_builder()?.with_root_certificates(Arc::clone(&self.roots)).with_no_client_auth())
    }

    /// TLS as a client that takes any certificate whose key signed the handshake, and shows
    /// `resolver`'s certificate when asked. [`judge`](Self::judge) what came before believing it.
    ///
    /// # Errors
    /// [`Error::Tls`] when rustls cannot be set up.
    pub fn open_client(
        &self,
        resolver: Arc<dyn ResolvesClientCert>,
    ) -> Result<ClientConfig, Error> {
        Ok(client_builder()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate::new()))
            .with_client_cert_resolver(resolver))
    }
}

/// The name under which a certificate for this domain is looked for.
///
/// # Errors
/// [`Distrust::Name`] when it is neither a DNS name nor an address.
pub fn server_name(domain: &str) -> Result<ServerName<'static>, Distrust> {
    if let Some(address) = address_literal(domain) {
        return Ok(ServerName::IpAddress(address.into()));
    }
    let wrong = || Distrust::Name { domain: domain.to_owned() };
    let ascii = idna::domain_to_ascii(domain).map_err(|_| wrong())?;
    ServerName::try_from(ascii).map_err(|_| wrong())
}

fn client_builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|problem| Error::Tls { reason: problem.to_string() })
}

fn read_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let failed = |reason: String| Error::Authorities { path: path.to_owned(), reason };
    let pem = std::fs::read(path).map_err(|problem| failed(problem.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|problem| failed(problem.to_string()))?;
    if found.is_empty() {
        return Err(failed("it holds no certificate".to_owned()));
    }
    Ok(found)
}
