//! Sources: files and HTTP(S), plain, gzip, xz.

use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::{Stream, StreamExt as _};
use reqwest::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, USER_AGENT};
use reqwest::{Client, StatusCode, Url};
use televisor_fetch::{AGENT, Location, WebClient, plain};
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

/// What a source gives, and what it is called, so that the same is not fetched twice.
pub(crate) struct Fetched {
    pub(crate) reader: Box<dyn Read + Send>,
    pub(crate) stamp: String,
}

/// Opens what is at `location`, unless it is still what `stamp` stands for.
pub(crate) async fn fetch(
    location: &Location,
    web: &WebClient,
    stamp: &str,
) -> Result<Option<Fetched>, String> {
    match location {
        Location::File(path) => open_file(path.clone(), stamp.to_owned()).await,
        Location::Web(url) => ask(web.client()?, url.clone(), stamp).await,
    }
}

/// The client for guides.
pub(crate) fn web_client() -> WebClient {
    WebClient::new(SILENCE, "guides")
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

async fn ask(client: &Client, url: Url, stamp: &str) -> Result<Option<Fetched>, String> {
    let mut request = client.get(url).header(USER_AGENT, AGENT);
    let (tag, modified) = stamp.split_once('\n').unwrap_or_default();
    if !tag.is_empty() {
        request = request.header(IF_NONE_MATCH, tag);
    }
    if !modified.is_empty() {
        request = request.header(IF_MODIFIED_SINCE, modified);
    }
    let answer = timeout(SILENCE, request.send()).await.map_err(|_| "no answer".to_owned())?;
    let answer = answer.map_err(plain)?;
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

type Part = io::Result<Vec<u8>>;

async fn download<B: AsRef<[u8]>>(
    body: impl Stream<Item = reqwest::Result<B>>,
    to: mpsc::Sender<Part>,
) {
    let mut body = Box::pin(body);
    loop {
        let part = match timeout(SILENCE, body.next()).await {
            Ok(Some(Ok(bytes))) => Ok(bytes.as_ref().to_vec()),
            Ok(Some(Err(error))) => Err(io::Error::other(plain(error))),
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
