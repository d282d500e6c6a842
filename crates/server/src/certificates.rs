//! The certificates that streams show, by name: asked at every handshake, so that a new one is shown
//! at once and no open stream notices.

use std::fmt;
use std::sync::Arc;

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ServerConfig};
use televisor_dial::{AnyCertificate, Trust};

use crate::error::Error;

/// RFC 7301 as XEP-0368 registers it: a client's stream inside direct TLS.
pub(crate) const ALPN_CLIENT: &[u8] = b"xmpp-client";
/// The same for a server's stream.
pub(crate) const ALPN_SERVER: &[u8] = b"xmpp-server";

/// RFC 7301 section 6: what a browser, or an upload, speaks where clients come in.
pub(crate) const ALPN_HTTP: &[u8] = b"http/1.1";

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
    servers: ServerConfig,
}

impl Tls {
    pub(crate) fn new(certificates: Arc<dyn Certificates>) -> Result<Self, Error> {
        let resolver: Arc<ByName> =
            Arc::new(ByName { certificates: Arc::clone(&certificates), name: None });
        let builder = || {
            ServerConfig::builder_with_provider(provider())
                .with_safe_default_protocol_versions()
                .map_err(Error::Tls)
        };
        let clients = builder()?.with_no_client_auth().with_cert_resolver(resolver.clone());
        // Any certificate is taken, and judged when it is known who it should be of.
        let servers = builder()?
            .with_client_cert_verifier(Arc::new(AnyCertificate::new()))
            .with_cert_resolver(resolver);
        Ok(Self { certificates, clients, servers })
    }

    /// Returns the configuration for a client's stream; `name` is what it was opened to, which
    /// decides where the handshake names nothing (an address is never named in it).
    pub(crate) fn for_client(&self, name: Option<&str>) -> Arc<ServerConfig> {
        let mut config = self.clients.clone();
        config.cert_resolver = self.by_name(name);
        Arc::new(config)
    }

    /// Returns the configuration for the stream of another server, which is asked for its own
    /// certificate.
    pub(crate) fn for_server(&self, name: Option<&str>) -> Arc<ServerConfig> {
        let mut config = self.servers.clone();
        config.cert_resolver = self.by_name(name);
        Arc::new(config)
    }

    /// Returns the configuration for TLS from the first byte, after what the other end says it will
    /// speak (XEP-0368); `server` decides where it says nothing. HTTP is taken where it is served
    /// (`http`), from whoever speaks nothing of ours.
    pub(crate) fn direct(
        &self,
        hello: &ClientHello<'_>,
        server: bool,
        http: bool,
    ) -> Arc<ServerConfig> {
        let offered: Vec<&[u8]> = hello.alpn().into_iter().flatten().collect();
        let speaks = |protocol: &[u8]| offered.contains(&protocol);
        let (mut config, chosen) = if speaks(ALPN_SERVER) {
            (self.servers.clone(), Some(ALPN_SERVER))
        } else if speaks(ALPN_CLIENT) {
            (self.clients.clone(), Some(ALPN_CLIENT))
        } else if http && speaks(ALPN_HTTP) {
            (self.clients.clone(), Some(ALPN_HTTP))
        } else {
            (if server { self.servers.clone() } else { self.clients.clone() }, None)
        };
        config.alpn_protocols = chosen.into_iter().map(<[u8]>::to_vec).collect();
        Arc::new(config)
    }

    /// Returns the configuration for a stream to another server: any certificate is taken, and ours
    /// for `name` is shown.
    pub(crate) fn client(
        &self,
        trust: &Trust,
        name: &str,
        direct: bool,
    ) -> Result<ClientConfig, televisor_dial::Error> {
        let mut config = trust.open_client(self.by_name(Some(name)))?;
        // A resumed session would show no certificate again.
        config.resumption = Resumption::disabled();
        if direct {
            config.alpn_protocols = vec![ALPN_SERVER.to_vec()];
        }
        Ok(config)
    }

    fn by_name(&self, name: Option<&str>) -> Arc<ByName> {
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
