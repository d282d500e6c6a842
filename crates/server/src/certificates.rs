//! The certificates that streams show, by name: asked at every handshake, so that a new one is shown
//! at once and no open stream notices.
//!
//! A client that comes back resumes its TLS session (RFC 8446 section 2.2) with a ticket that is
//! good for one certificate only: what is bound to the certificate is then still right.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ServerConfig};
use televisor_dial::{AnyCertificate, Trust};

use crate::end_point;
use crate::error::Error;

/// RFC 7301 as XEP-0368 registers it: a client's stream inside direct TLS.
pub(crate) const ALPN_CLIENT: &[u8] = b"xmpp-client";
/// The same for a server's stream.
pub(crate) const ALPN_SERVER: &[u8] = b"xmpp-server";

/// RFC 7301 section 6: what a browser, or an upload, speaks where clients come in.
pub(crate) const ALPN_HTTP: &[u8] = b"http/1.1";
/// Certificates that are kept ready: the receiver's own, a public one, and those they replaced.
const READY: usize = 4;

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
    /// What clients have been shown, the latest first.
    ready: Arc<Mutex<Vec<Ready>>>,
}

/// A certificate, and what goes with it.
#[derive(Debug, Clone)]
struct Ready {
    certificate: Arc<CertifiedKey>,
    end_point: Option<Vec<u8>>,
    /// For a stream that says nothing of what it is.
    config: Arc<ServerConfig>,
    /// For those that do.
    client: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
}

/// What one client is shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) config: Arc<ServerConfig>,
    /// The data of `tls-server-end-point`.
    pub(crate) end_point: Option<Vec<u8>>,
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
        Ok(Self { certificates, clients, servers, ready: Arc::default() })
    }

    /// Whether there is a certificate to show a client whose stream is to this name.
    pub(crate) fn is_there(&self, name: &str) -> bool {
        self.certificates.for_name(Some(name)).is_some()
    }

    /// Returns what to show a client that asks for this name.
    pub(crate) fn for_client(&self, name: Option<&str>) -> Shown {
        self.shown(name, None)
    }

    fn shown(&self, name: Option<&str>, protocol: Option<&[u8]>) -> Shown {
        let Some(certificate) = self.certificates.for_name(name) else {
            // There is no TLS here: the handshake fails, and says why.
            return Shown { config: Arc::new(self.clients.clone()), end_point: None };
        };
        let Ready { end_point, config, client, http, .. } = self.ready(&certificate);
        let config = match protocol {
            Some(ALPN_CLIENT) => client,
            Some(ALPN_HTTP) => http,
            _ => config,
        };
        Shown { config, end_point }
    }

    fn ready(&self, certificate: &Arc<CertifiedKey>) -> Ready {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = ready.iter().find(|r| Arc::ptr_eq(&r.certificate, certificate)) {
            return found.clone();
        }
        let made = Ready::new(self.clients.clone(), certificate);
        ready.insert(0, made.clone());
        ready.truncate(READY);
        made
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
    pub(crate) fn direct(&self, hello: &ClientHello<'_>, server: bool, http: bool) -> Shown {
        let offered: Vec<&[u8]> = hello.alpn().into_iter().flatten().collect();
        let speaks = |protocol: &[u8]| offered.contains(&protocol);
        if speaks(ALPN_SERVER) {
            let mut config = self.servers.clone();
            config.alpn_protocols = vec![ALPN_SERVER.to_vec()];
            return Shown { config: Arc::new(config), end_point: None };
        }
        let chosen = if speaks(ALPN_CLIENT) {
            Some(ALPN_CLIENT)
        } else {
            Some(ALPN_HTTP).filter(|protocol| http && speaks(protocol))
        };
        if chosen.is_none() && server {
            return Shown { config: Arc::new(self.servers.clone()), end_point: None };
        }
        self.shown(hello.server_name(), chosen)
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

impl Ready {
    fn new(mut config: ServerConfig, certificate: &Arc<CertifiedKey>) -> Self {
        config.cert_resolver = Arc::new(Fixed(Arc::clone(certificate)));
        // Tickets instead of sessions kept here: their number costs nothing, and their keys change
        // every six hours. XEP-0388 section 3.2: nothing may be asked for in early data.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.max_early_data_size = 0;
        match rustls::crypto::ring::Ticketer::new() {
            Ok(ticketer) => config.ticketer = ticketer,
            Err(error) => tracing::warn!(%error, "clients cannot resume their TLS sessions"),
        }
        let speaking = |protocol: &[u8]| {
            let mut config = config.clone();
            config.alpn_protocols = vec![protocol.to_vec()];
            Arc::new(config)
        };
        let end_point = certificate.cert.first().and_then(|der| end_point::hash(der));
        let (client, http) = (speaking(ALPN_CLIENT), speaking(ALPN_HTTP));
        let (certificate, config) = (Arc::clone(certificate), Arc::new(config));
        Self { certificate, end_point, config, client, http }
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

/// The one that goes with the tickets.
#[derive(Debug)]
struct Fixed(Arc<CertifiedKey>);

impl ResolvesServerCert for Fixed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
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
