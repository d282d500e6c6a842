//! Which certificate is taken: the one whose SHA-256 is known, or else the first one seen.
//!
//! Names and dates do not matter: the receiver signs for itself. Handshake signatures do: whoever
//! shows the certificate must have its key.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::Error;
use crate::digest::hex;

/// A certificate by its SHA-256, known from the start or from the first handshake on.
#[derive(Debug)]
pub struct Pin {
    provider: Arc<CryptoProvider>,
    sha256: Mutex<Option<String>>,
    refused: AtomicBool,
}

impl Pin {
    /// Takes the certificate with this SHA-256 (hexadecimal) only; without one, the first one seen.
    #[must_use]
    pub fn new(sha256: Option<&str>) -> Arc<Self> {
        let provider = Arc::new(ring::default_provider());
        let sha256 = Mutex::new(sha256.map(str::to_ascii_lowercase));
        Arc::new(Self { provider, sha256, refused: AtomicBool::new(false) })
    }

    /// Returns the SHA-256 of the certificate that is taken, if one is known by now.
    #[must_use]
    pub fn sha256(&self) -> Option<String> {
        self.sha256.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says whether another certificate was met. What reaches the caller of an HTTP request does not
    /// say so reliably.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Returns a TLS configuration that takes this certificate only.
    ///
    /// # Errors
    /// [`Error::Local`] if the provider cannot do TLS 1.2 or 1.3.
    pub fn client_config(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Local(error.to_string()))?;
        let verifier = Arc::clone(self);
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = hex(&Sha256::digest(end_entity));
        let mut known = self.sha256.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_with(|| found.clone());
        if bool::from(known.as_bytes().ct_eq(found.as_bytes())) {
            Ok(ServerCertVerified::assertion())
        } else {
            self.refused.store(true, Ordering::Relaxed);
            Err(rustls::CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
