//! Sources: files and HTTP(S), plain, gzip, xz.

use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::{Stream, StreamExt as _};
use reqwest::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, USER_AGENT};
use reqwest::{Client, StatusCode, Url};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A server that says nothing for so long has hung.
const SILENCE: Duration = Duration::from_secs(30);

/// Parts of a download that wait for the parser.
const QUEUE: usize = 16;

/// The largest guides are some hundred megabytes; what unpacks to more is a bomb.
const UNPACKED_MAX: u64 = 2 << 30;

/// Memory for unpacking xz.
const XZ_MEMORY: u64 = 128 << 20;

const AGENT: &str = concat!("Televisor/", env!("CARGO_PKG_VERSION"));

/// Where a guide is.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    File(PathBuf),
    Web(Url),
}

/// What a source gives, and what it is called, so that the same is not fetched twice.
pub(crate) struct Fetched {
    pub(crate) reader: Box<dyn Read + Send>,
    pub(crate) stamp: String,
}

impl Location {
    pub(crate) fn parse(text: &str) -> Self {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Self::Web(url),
            Ok(url) if url.scheme() == "file" => {
                Self::File(url.to_file_path().unwrap_or_else(|()| text.into()))
            }
            _ => Self::File(text.into()),
        }
    }

    /// Names it in logs and errors, without credentials.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Web(url) => format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
        }
    }

    /// Opens it, unless it is still what `stamp` stands for.
    pub(crate) async fn fetch(
        &self,
        web: &WebClient,
        stamp: &str,
    ) -> Result<Option<Fetched>, String> {
        match self {
            Self::File(path) => open_file(path.clone(), stamp.to_owned()).await,
            Self::Web(url) => web.fetch(url.clone(), stamp).await,
        }
    }
}

async fn open_file(path: PathBuf, stamp: String) -> Result<Option<Fetched>, String> {
    let open = move || {
        let file = std::fs::File::open(path)?;
        let about = file.metadata()?;
        let at = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = format!("{} {}", at.as_nanos(), about.len());
        Ok::<_, io::Error>((now != stamp).then(|| Fetched { reader: Box::new(file), stamp: now }))
    };
    let opened = tokio::task::spawn_blocking(open).await.map_err(|e| e.to_string())?;
    opened.map_err(|e| e.to_string())
}

/// A client for guides, or why there is none.
#[derive(Debug, Clone)]
pub(crate) struct WebClient(Result<Client, String>);

impl WebClient {
    pub(crate) fn new() -> Self {
        Self(build().map_err(|e| e.to_string()))
    }

    async fn fetch(&self, url: Url, stamp: &str) -> Result<Option<Fetched>, String> {
        let client = self.0.as_ref().map_err(Clone::clone)?;
        let mut request = client.get(url).header(USER_AGENT, AGENT);
        let (tag, modified) = stamp.split_once('\n').unwrap_or_default();
        if !tag.is_empty() {
            request = request.header(IF_NONE_MATCH, tag);
        }
        if !modified.is_empty() {
            request = request.header(IF_MODIFIED_SINCE, modified);
        }
        let answer = timeout(SILENCE, request.send()).await.map_err(|_| "no answer".to_owned())?;
        let answer = answer.map_err(|e| plain(&e.without_url()))?;
        match answer.status() {
            StatusCode::NOT_MODIFIED => return Ok(None),
            status if !status.is_success() => return Err(format!("the server answered {status}")),
            _ => {}
        }
        let header =
            |name| answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let stamp = format!("{}\n{}", header(ETAG), header(LAST_MODIFIED));
        let (sender, parts) = mpsc::channel(QUEUE);
        tokio::spawn(download(answer.bytes_stream(), sender));
        Ok(Some(Fetched { reader: Box::new(Download { parts, now: Vec::new(), at: 0 }), stamp }))
    }
}

fn build() -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = || {
        rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
    };
    // A box without any trusted roots can still fetch over plain HTTP.
    let tls = match builder()?.with_platform_verifier() {
        Ok(with_roots) => with_roots.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "no trusted certificates on this system: https guides will fail");
            builder()?.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        }
    };
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(SILENCE)
        .redirect(reqwest::redirect::Policy::limited(5))
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

type Part = io::Result<Vec<u8>>;

async fn download<B: AsRef<[u8]>>(
    body: impl Stream<Item = reqwest::Result<B>>,
    to: mpsc::Sender<Part>,
) {
    let mut body = Box::pin(body);
    loop {
        let part = match timeout(SILENCE, body.next()).await {
            Ok(Some(Ok(bytes))) => Ok(bytes.as_ref().to_vec()),
            Ok(Some(Err(error))) => Err(io::Error::other(plain(&error.without_url()))),
            Ok(None) => return,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        let last = part.is_err();
        if to.send(part).await.is_err() || last {
            return;
        }
    }
}

/// A download, read on a blocking thread.
struct Download {
    parts: mpsc::Receiver<Part>,
    now: Vec<u8>,
    at: usize,
}

impl Read for Download {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.now.len() {
            match self.parts.blocking_recv() {
                Some(part) => (self.now, self.at) = (part?, 0),
                None => return Ok(0),
            }
        }
        let count = self.now.get(self.at..).unwrap_or_default().read(into)?;
        self.at += count;
        Ok(count)
    }
}

/// Unpacks gzip and xz, told by their first bytes.
pub(crate) fn unpack(reader: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut reader = BufReader::with_capacity(64 * 1024, reader);
    let head = reader.fill_buf()?;
    let unpacked: Box<dyn Read + Send> = if head.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(reader))
    } else if head.starts_with(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
        let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, 0)?;
        Box::new(liblzma::bufread::XzDecoder::new_stream(reader, stream))
    } else {
        Box::new(reader)
    };
    Ok(Box::new(BufReader::with_capacity(64 * 1024, unpacked.take(UNPACKED_MAX))))
}
