//! The certificates that streams show, by name: asked at every handshake, so that a new one is shown
//! at once and no open stream notices.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::error::Error;

/// RFC 7301 as XEP-0368 registers it: a client's stream inside direct TLS.
pub(crate) const ALPN_CLIENT: &[u8] = b"xmpp-client";
/// The same for a server's stream.
pub(crate) const ALPN_SERVER: &[u8] = b"xmpp-server";

/// Where certificates come from.
pub trait Certificates: Send + Sync + fmt::Debug {
    /// Returns the certificate to show for this name (of the TLS server name indication, or of the
    /// stream's `to`); no name asks for the default. `None`: there is no TLS here.
    fn for_name(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>>;
}

/// The same certificate for every name.
#[derive(Debug, Clone)]
pub struct OneCertificate(pub Arc<CertifiedKey>);

impl Certificates for OneCertificate {
    fn for_name(&self, _: Option<&str>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// The server's sides of TLS: for clients, and for other servers.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    certificates: Arc<dyn Certificates>,
    clients: ServerConfig,
}

impl Tls {
    pub(crate) fn new(certificates: Arc<dyn Certificates>) -> Result<Self, Error> {
        let resolver = Arc::new(ByName { certificates: Arc::clone(&certificates), name: None });
        let clients = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(Error::Tls)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        Ok(Self { certificates, clients })
    }

    /// Returns the configuration for a client's stream; `name` is what it was opened to, which
    /// decides where the handshake names nothing (an address is never named in it).
    pub(crate) fn for_client(&self, name: Option<&str>) -> Arc<ServerConfig> {
        let mut config = self.clients.clone();
        config.cert_resolver = self.resolver(name);
        Arc::new(config)
    }

    fn resolver(&self, name: Option<&str>) -> Arc<dyn ResolvesServerCert> {
        let certificates = Arc::clone(&self.certificates);
        Arc::new(ByName { certificates, name: name.map(str::to_owned) })
    }
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Asks for the certificate at each handshake.
#[derive(Debug)]
struct ByName {
    certificates: Arc<dyn Certificates>,
    name: Option<String>,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.certificates.for_name(hello.server_name().or(self.name.as_deref()))
    }
}

impl ResolvesClientCert for ByName {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.certificates.for_name(self.name.as_deref())
    }

    fn has_certs(&self) -> bool {
        true
    }
}
