//! STARTTLS between peers (after the model of XEP-0250): TLS 1.3 only, a certificate from each side,
//! any certificate taken in the handshake and judged afterwards by its SHA-256.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::TLS13;
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, PeerMisbehaved, ServerConfig,
    SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::wire::{Fault, Io};
use crate::error::Error;
use crate::trust::{Credentials, Owner, Pins};

/// SHA-256 of a certificate's DER.
pub(super) type Fingerprint = [u8; 32];

/// What a stream is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Security {
    pub(super) encrypted: bool,
    /// What the peer showed, and proved to have the key of.
    pub(super) fingerprint: Option<Fingerprint>,
}

/// Our sides of TLS.
#[derive(Clone)]
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    pins: Arc<dyn Pins>,
}

impl Tls {
    /// # Errors
    /// [`Error::Credentials`] when key and certificate do not fit.
    pub(super) fn new(credentials: &Credentials) -> Result<Self, Error> {
        let unusable = |error: rustls::Error| Error::Credentials(error.to_string());
        let any = Arc::new(AnyCertificate { provider: Arc::new(ring::default_provider()) });
        let chain = || vec![credentials.certificate.clone()];
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&any.provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(unusable)?
            .with_client_cert_verifier(any.clone())
            .with_single_cert(chain(), credentials.key.clone_key())
            .map_err(unusable)?;
        let mut client = ClientConfig::builder_with_provider(Arc::clone(&any.provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(any)
            .with_client_auth_cert(chain(), credentials.key.clone_key())
            .map_err(unusable)?;
        // Every stream proves itself anew.
        client.resumption = Resumption::disabled();
        server.send_tls13_tickets = 0;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
            pins: Arc::clone(&credentials.pins),
        })
    }

    /// Does the handshake as the receiving entity.
    pub(super) async fn accept(
        &self,
        plain: Box<dyn Io>,
    ) -> Result<(Box<dyn Io>, Security), Fault> {
        let tls = self.acceptor.accept(plain).await.map_err(Fault::gone)?;
        let security = judged(tls.get_ref().1.peer_certificates());
        Ok((Box::new(tls), security))
    }

    /// Does the handshake as the initiating entity.
    pub(super) async fn connect(
        &self,
        plain: Box<dyn Io>,
    ) -> Result<(Box<dyn Io>, Security), Fault> {
        // No name is asked for, and none is looked at: an address is never sent.
        let nobody = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into());
        let tls = self.connector.connect(nobody, plain).await.map_err(Fault::gone)?;
        let security = judged(tls.get_ref().1.peer_certificates());
        Ok((Box::new(tls), security))
    }

    /// Says whether the stream is proven to be with the owner of this bare JID, who may have others.
    pub(super) fn proves(&self, security: Security, jid: &str) -> bool {
        security.fingerprint.is_some_and(|fingerprint| self.pins.proves(&fingerprint, jid))
    }

    /// Says who the stream is proven to be with, as the household is now.
    pub(super) fn owner(&self, security: Security) -> Option<Owner> {
        self.pins.owner(&security.fingerprint?)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn judged(certificates: Option<&[CertificateDer<'_>]>) -> Security {
    let shown = certificates.and_then(<[_]>::first);
    Security {
        encrypted: true,
        fingerprint: shown.map(|certificate| Sha256::digest(certificate).into()),
    }
}

/// Takes every certificate whose key signed the handshake.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl AnyCertificate {
    fn signed(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// There is no TLS 1.2 here.
fn too_old() -> Result<HandshakeSignatureValid, rustls::Error> {
    Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into())
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        too_old()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}

/// It asks for a certificate, and does without one.
impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        too_old()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}
