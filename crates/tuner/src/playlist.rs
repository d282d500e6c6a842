//! Fetches playlists, again and again, and keeps the line-up.

use std::path::Path;

use futures_util::StreamExt as _;
use reqwest::Url;
use televisor_broadcast::m3u;
use televisor_fetch::{Location, WebClient};
use tokio::io::AsyncReadExt as _;
use tokio::time::{Duration, timeout};

use crate::input::http::get;
use crate::line_up::Listed;
use crate::source::{Base, Source};

/// The largest lists there are have some ten thousand channels in a few megabytes.
const SIZE_MAX: usize = 16 << 20;

/// How long a fetch may take in all.
const DEADLINE: Duration = Duration::from_secs(60);

/// Returns how long to wait before a playlist is looked at again.
pub(crate) fn refresh(location: &Location) -> Duration {
    match location {
        Location::File(_) => Duration::from_secs(10),
        Location::Web(_) => Duration::from_secs(3600),
    }
}

/// Fetches and reads a playlist. Errors are in words, and hold no address.
pub(crate) async fn fetch(location: &Location, web: &WebClient) -> Result<Listed, String> {
    let bytes = timeout(DEADLINE, async {
        match location {
            Location::File(path) => read_file(path).await,
            Location::Web(url) => read_web(web, url.clone()).await,
        }
    });
    let bytes = bytes.await.map_err(|_| "it took too long".to_owned())??;
    let base = match location {
        Location::File(path) => Base::Folder(path.parent().unwrap_or(Path::new("."))),
        Location::Web(url) => Base::Url(url),
    };
    let entries = m3u::parse(&bytes).entries.into_iter();
    Ok(entries
        .map(|entry| {
            let source = Source::parse(&entry.address, entry.user_agent.as_deref(), base);
            (entry, source)
        })
        .collect())
}

async fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let file = tokio::fs::File::open(path).await.map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(SIZE_MAX).unwrap_or(u64::MAX) + 1;
    file.take(limit).read_to_end(&mut bytes).await.map_err(|e| e.to_string())?;
    if bytes.len() > SIZE_MAX { Err("it is too large".to_owned()) } else { Ok(bytes) }
}

async fn read_web(web: &WebClient, url: Url) -> Result<Vec<u8>, String> {
    let mut body = get(web, url, None).await?.bytes_stream();
    let mut bytes = Vec::new();
    while let Some(part) = body.next().await {
        bytes.extend_from_slice(&part.map_err(|e| e.without_url().to_string())?);
        if bytes.len() > SIZE_MAX {
            return Err("it is too large".to_owned());
        }
    }
    Ok(bytes)
}
