//! Transport streams and playlists over HTTP(S).

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::{Response, Url};
use televisor_fetch::{AGENT, WebClient, plain};

/// Long enough for a tuner card behind the server to find its carrier.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// The client for all HTTP of the tuner.
pub(crate) fn web_client() -> WebClient {
    WebClient::new(CONNECT_DEADLINE, "inputs")
}

/// Asks for `url`; an answer that is no success is an error.
pub(crate) async fn get(
    web: &WebClient,
    url: Url,
    agent: Option<&str>,
) -> Result<Response, String> {
    let request = web.client()?.get(url).header(USER_AGENT, agent.unwrap_or(AGENT));
    let answer = request.send().await.map_err(plain)?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    Err(format!("the server answered {}", answer.status()))
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
        let answer = get(web, url, agent).await?;
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
                Some(Err(error)) => return Err(plain(error)),
                None => return Err("the server ended the stream".to_owned()),
            }
        }
    }
}
