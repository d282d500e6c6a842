//! The HTTP client, and errors in words that show no address.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use rustls_platform_verifier::BuilderVerifierExt as _;

/// How we call ourselves.
pub const AGENT: &str = concat!("Televisor/", env!("CARGO_PKG_VERSION"));

/// Load balancers send people round once or twice.
const REDIRECTS: usize = 5;

/// A client for HTTP and HTTPS, or why there is none; cheap to clone.
#[derive(Debug, Clone)]
pub struct WebClient(Result<Client, String>);

impl WebClient {
    /// Makes a client that gives up connecting after `connect`. `purpose` is what it is for, in the
    /// plural, for the warning that it cannot be had over HTTPS: "guides".
    #[must_use]
    pub fn new(connect: Duration, purpose: &str) -> Self {
        Self(build(connect, purpose).map_err(|error| error.to_string()))
    }

    /// Returns the client.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn client(&self) -> Result<&Client, String> {
        self.0.as_ref().map_err(Clone::clone)
    }
}

fn build(connect: Duration, purpose: &str) -> Result<Client, Box<dyn Error + Send + Sync>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = || {
        rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
    };
    // A box without any trusted roots can still use plain HTTP.
    let tls = match builder()?.with_platform_verifier() {
        Ok(with_roots) => with_roots.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "no trusted certificates on this system: https {purpose} will fail");
            builder()?.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        }
    };
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(connect)
        .redirect(reqwest::redirect::Policy::limited(REDIRECTS))
        .referer(false)
        .build()?)
}

/// Says what went wrong without the address, which may hold a password.
#[must_use]
pub fn plain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut deepest: &dyn Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
