//! Files that members of the household upload (XEP-0363): put once, fetched by whoever has the URL.
//!
//! A URL that nobody can guess is all the authority there is, so pages of any site may use one. What is
//! fetched is never run here: it goes out with the type it was given and not another, sandboxed, and
//! as an attachment unless it is a picture, a sound or a film.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use televisor_uploads::{Error, Kept, Receiving, Uploads, name};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::time::timeout;
use tokio_util::io::ReaderStream;

use crate::host_meta::EVERYBODY;
use crate::range::{self, Range};

/// The folder of their URLs.
pub const PATH: &str = "/upload";

/// How long a part of a file may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What nobody may run or frame.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// Whoever shows a picture may do so on any page.
const CROSS_ORIGIN: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderValue::from_static("cross-origin"),
);

/// Returns the routes.
pub fn routes(uploads: Uploads) -> Router {
    let methods = get(fetch).put(put).options(preflight);
    Router::new().route(&format!("{PATH}/{{token}}/{{name}}"), methods).with_state(uploads)
}

/// Returns the path of a file's URL.
#[must_use]
pub fn path(token: &str, file_name: &str) -> String {
    format!("{PATH}/{token}/{}", name::encode(&name::clean(file_name)))
}

type At = Path<(String, String)>;

async fn put(State(uploads): State<Uploads>, at: At, request: Request) -> Response {
    match fill(&uploads, &at, request).await {
        Ok(()) => (StatusCode::CREATED, [EVERYBODY]).into_response(),
        Err((status, text)) => {
            // The rest of what comes is not worth waiting for.
            (status, [EVERYBODY, (header::CONNECTION, HeaderValue::from_static("close"))], text)
                .into_response()
        }
    }
}

type Refusal = (StatusCode, String);

async fn fill(uploads: &Uploads, at: &At, request: Request) -> Result<(), Refusal> {
    let Path((token, file_name)) = at;
    let refuse = |status, text: &str| (status, format!("{text}\n"));
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let length =
        length.ok_or_else(|| refuse(StatusCode::LENGTH_REQUIRED, "say how long the file is"))?;
    let receiving = uploads.receive(token, file_name).await.map_err(|error| refusal(&error))?;
    if length != receiving.size() {
        let longer = length > receiving.size();
        let status = if longer { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        return Err(refuse(status, "that is not the size of the slot"));
    }
    if !is_of_type(request.headers(), receiving.content_type()) {
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "that is not the type of the slot"));
    }
    write(receiving, request.into_body().into_data_stream()).await
}

async fn write(mut receiving: Receiving, mut body: BodyDataStream) -> Result<(), Refusal> {
    loop {
        let slow = |_| (StatusCode::REQUEST_TIMEOUT, "the file does not come\n".to_owned());
        match timeout(PATIENCE, body.next()).await.map_err(slow)? {
            Some(Ok(bytes)) => {
                receiving.write(&bytes).await.map_err(|error| refusal(&error))?;
            }
            Some(Err(_)) => {
                return Err((StatusCode::BAD_REQUEST, "the file broke off\n".to_owned()));
            }
            None => return receiving.finish().await.map_err(|error| refusal(&error)),
        }
    }
}

/// Whether a request brings what the slot was promised for; it may say nothing, and so may the promise.
fn is_of_type(headers: &HeaderMap, promised: Option<&str>) -> bool {
    let essence =
        |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(given) = headers.get(header::CONTENT_TYPE) else { return true };
    let given = given.to_str().map(essence);
    promised.is_none_or(|promised| given.is_ok_and(|given| given == essence(promised)))
}

fn refusal(error: &Error) -> Refusal {
    let (status, text) = match error {
        Error::Unknown | Error::Refused(_) => (StatusCode::NOT_FOUND, "there is no such file"),
        Error::Taken => (StatusCode::CONFLICT, "the file is there already"),
        Error::Size { .. } => (StatusCode::BAD_REQUEST, "that is not the size of the slot"),
        Error::Disk(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            tracing::error!(%error, "an upload could not be kept");
            (StatusCode::INSUFFICIENT_STORAGE, "the disk is full")
        }
        other => {
            tracing::error!(error = %other, "an upload could not be kept or read");
            (StatusCode::INTERNAL_SERVER_ERROR, "something is broken here")
        }
    };
    (status, format!("{text}\n"))
}

async fn fetch(State(uploads): State<Uploads>, at: At, headers: HeaderMap) -> Response {
    let Path((token, file_name)) = &at;
    match uploads.find(token, file_name).await {
        Ok(kept) => show(kept, token, &headers).await,
        Err(error) => {
            let (status, text) = refusal(&error);
            (status, [EVERYBODY], text).into_response()
        }
    }
}

async fn show(mut kept: Kept, token: &str, asked: &HeaderMap) -> Response {
    let mut headers = described(&kept);
    let tag = format!("\"{token}\"");
    let says = |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    put_text(&mut headers, header::ETAG, &tag);
    if says(header::IF_NONE_MATCH).is_some_and(|known| known == "*" || known.contains(&tag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let wanted = says(header::RANGE)
        .filter(|_| says(header::IF_RANGE).is_none_or(|known| known == tag))
        .map_or(Range::Whole, |text| range::parse(text, kept.size));
    let (status, first, length) = match wanted {
        Range::Whole => (StatusCode::OK, 0, kept.size),
        Range::Part { first, last } => {
            let text = format!("bytes {first}-{last}/{}", kept.size);
            put_text(&mut headers, header::CONTENT_RANGE, &text);
            (StatusCode::PARTIAL_CONTENT, first, last - first + 1)
        }
        Range::Nowhere => {
            put_text(&mut headers, header::CONTENT_RANGE, &format!("bytes */{}", kept.size));
            return (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response();
        }
    };
    if first > 0 && kept.file.seek(std::io::SeekFrom::Start(first)).await.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    put_text(&mut headers, header::CONTENT_LENGTH, &length.to_string());
    let body = Body::from_stream(ReaderStream::new(kept.file.take(length)));
    (status, headers, body).into_response()
}

/// Returns what is said of every file.
fn described(kept: &Kept) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([EVERYBODY, CROSS_ORIGIN]);
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=86400, immutable"),
    );
    let kind = kept.content_type.as_deref().unwrap_or("application/octet-stream");
    put_text(&mut headers, header::CONTENT_TYPE, kind);
    let way = if is_shown(kind) { "inline" } else { "attachment" };
    let disposition = format!("{way}; filename*=UTF-8''{}", name::encode(&kept.name));
    put_text(&mut headers, header::CONTENT_DISPOSITION, &disposition);
    headers
}

/// Whether a browser may show it: pictures that hold no program, sounds and films.
fn is_shown(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    let media = ["image/", "audio/", "video/"].iter().any(|prefix| kind.starts_with(prefix));
    media && !kind.starts_with("image/svg")
}

fn put_text(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

async fn preflight() -> Response {
    let mut headers = HeaderMap::from_iter([EVERYBODY]);
    for (name, text) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "OPTIONS, HEAD, GET, PUT"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, Range"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Content-Length, Content-Range"),
        (header::ACCESS_CONTROL_MAX_AGE, "7200"),
        (header::ALLOW, "OPTIONS, HEAD, GET, PUT"),
    ] {
        headers.insert(name, HeaderValue::from_static(text));
    }
    (StatusCode::NO_CONTENT, headers).into_response()
}
