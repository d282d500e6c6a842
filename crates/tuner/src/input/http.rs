//! Transport streams and playlists over HTTP(S).

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::{Client, Response, Url};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// Long enough for a tuner card behind the server to find its carrier.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// Load balancers send people round once or twice.
const REDIRECTS: usize = 5;

const AGENT: &str = concat!("Televisor/", env!("CARGO_PKG_VERSION"));

/// A client for all HTTP of the tuner, or why there is none.
#[derive(Debug, Clone)]
pub(crate) struct WebClient(Result<Client, String>);

impl WebClient {
    pub(crate) fn new() -> Self {
        Self(build().map_err(|e| e.to_string()))
    }

    /// Asks for `url`; an answer that is no success is an error.
    pub(crate) async fn get(&self, url: Url, agent: Option<&str>) -> Result<Response, String> {
        let client = self.0.as_ref().map_err(Clone::clone)?;
        let answer = client
            .get(url)
            .header(USER_AGENT, agent.unwrap_or(AGENT))
            .send()
            .await
            .map_err(|e| plain(&e.without_url()))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(format!("the server answered {}", answer.status()))
    }
}

fn build() -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = || {
        rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
    };
    // A box without any trusted roots can still receive plain HTTP.
    let tls = match builder()?.with_platform_verifier() {
        Ok(with_roots) => with_roots.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "no trusted certificates on this system: https inputs will fail");
            builder()?.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        }
    };
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_DEADLINE)
        .redirect(reqwest::redirect::Policy::limited(REDIRECTS))
        .referer(false)
        .build()?)
}

/// Says what went wrong without the address, which may hold a password.
fn plain(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// The body of an answer that goes on and on.
pub(crate) struct HttpInput {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
}

impl HttpInput {
    pub(crate) async fn open(
        web: &WebClient,
        url: Url,
        agent: Option<&str>,
    ) -> Result<Self, String> {
        let answer = web.get(url, agent).await?;
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        if kind.to_ascii_lowercase().contains("mpegurl") {
            return Err("the source sends HLS, which is not supported".to_owned());
        }
        Ok(Self { body: Box::pin(answer.bytes_stream()) })
    }

    pub(crate) async fn read(&mut self) -> Result<Bytes, String> {
        loop {
            match self.body.next().await {
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) => return Ok(bytes),
                Some(Err(error)) => return Err(plain(&error.without_url())),
                None => return Err("the server ended the stream".to_owned()),
            }
        }
    }
}
