//! Files over HTTP: put once, fetched by anybody, run by nobody.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use televisor_clock::Clock;
use televisor_store::Database;
use televisor_uploads::{Config, PART, Uploads, Wanted};
use televisor_web::files;
use tower::ServiceExt as _;

struct Place {
    uploads: Uploads,
    router: Router,
    _folder: tempfile::TempDir,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Database::open(&folder.path().join("a.db"), &[PART]).unwrap();
    let uploads = Uploads::open(folder.path(), store, Clock::system(), Config::default()).unwrap();
    Place { router: files::routes(uploads.clone()), uploads, _folder: folder }
}

impl Place {
    async fn slot(&self, name: &str, kind: Option<&str>, size: u64) -> String {
        let wanted = Wanted { account: "ann", name, size, content_type: kind, gone_by: None };
        files::path(&self.uploads.slot(wanted).await.unwrap(), name)
    }

    async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn put(&self, path: &str, kind: Option<&str>, bytes: &'static str) -> StatusCode {
        let mut request =
            Request::put(path).header("content-length", bytes.len()).body(bytes.into()).unwrap();
        if let Some(kind) = kind {
            request.headers_mut().insert("content-type", kind.parse().unwrap());
        }
        self.ask(request).await.status()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// Puts a file and returns its path.
    async fn kept(&self, name: &str, kind: Option<&str>, bytes: &'static str) -> String {
        let path = self.slot(name, kind, bytes.len() as u64).await;
        assert_eq!(self.put(&path, kind, bytes).await, StatusCode::CREATED);
        path
    }
}

fn says<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_picture_is_put_and_shown_and_nothing_else_is_done_with_it() {
    let place = place();
    let path = place.kept("très cool.jpg", Some("image/jpeg"), "0123456789").await;
    assert!(path.ends_with("/tr%C3%A8s%20cool.jpg"), "{path}");
    let got = place.get(&path, &[]).await;
    assert_eq!(says(&got, "content-type"), "image/jpeg");
    assert_eq!(says(&got, "content-length"), "10");
    assert_eq!(says(&got, "content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(says(&got, "content-disposition"), "inline; filename*=UTF-8''tr%C3%A8s%20cool.jpg");
    assert_eq!(says(&got, "access-control-allow-origin"), "*");
    assert_eq!(text(got).await, "0123456789");
}

#[tokio::test]
async fn what_could_run_is_only_ever_saved() {
    let place = place();
    for (name, kind) in [
        ("a.html", Some("text/html")),
        ("a.svg", Some("IMAGE/SVG+XML")),
        ("a.pdf", Some("application/pdf")),
        ("a", None),
    ] {
        let path = place.kept(name, kind, "x").await;
        let got = place.get(&path, &[]).await;
        assert!(says(&got, "content-disposition").starts_with("attachment"), "{name}");
        assert_eq!(says(&got, "content-type"), kind.unwrap_or("application/octet-stream"));
    }
}

#[tokio::test]
async fn a_file_is_put_once() {
    let place = place();
    let path = place.kept("a.jpg", None, "1").await;
    assert_eq!(place.put(&path, None, "2").await, StatusCode::CONFLICT);
    assert_eq!(text(place.get(&path, &[]).await).await, "1");
}

#[tokio::test]
async fn what_is_put_is_what_was_promised() {
    let place = place();
    let path = place.slot("a.jpg", Some("image/jpeg"), 3).await;
    assert_eq!(place.put(&path, None, "four").await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(place.put(&path, None, "2").await, StatusCode::BAD_REQUEST);
    let html = Some("text/html");
    assert_eq!(place.put(&path, html, "abc").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let endless = Request::put(&path).body(Body::from("abc")).unwrap();
    assert_eq!(place.ask(endless).await.status(), StatusCode::LENGTH_REQUIRED);
    assert_eq!(place.put(&path, Some("image/jpeg; a=b"), "abc").await, StatusCode::CREATED);
}

#[tokio::test]
async fn a_body_that_lies_about_its_length_is_not_kept() {
    let place = place();
    let path = place.slot("a.jpg", None, 3).await;
    for bytes in ["ab", "abcd"] {
        let lie = Request::put(&path).header("content-length", "3").body(bytes.into()).unwrap();
        assert_eq!(place.ask(lie).await.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(place.get(&path, &[]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_the_token_and_the_name_there_is_nothing() {
    let place = place();
    let path = place.kept("a.jpg", None, "1").await;
    let other = path.replace("a.jpg", "b.jpg");
    for path in [other.as_str(), "/upload/x/a.jpg", "/upload/..%2F..%2Fa.db/a.jpg", "/upload//"] {
        assert_eq!(place.get(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(place.put(path, None, "1").await, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_part_of_a_file_is_fetched() {
    let place = place();
    let path = place.kept("a.mp4", Some("video/mp4"), "0123456789").await;
    let part = place.get(&path, &[("range", "bytes=2-4")]).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(says(&part, "content-range"), "bytes 2-4/10");
    assert_eq!(text(part).await, "234");
    let nowhere = place.get(&path, &[("range", "bytes=10-")]).await;
    assert_eq!(nowhere.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let other = place.get(&path, &[("range", "bytes=2-4"), ("if-range", "\"other\"")]).await;
    assert_eq!(text(other).await, "0123456789");
}

#[tokio::test]
async fn who_has_it_already_need_not_fetch_it() {
    let place = place();
    let path = place.kept("a.jpg", None, "1").await;
    let tag = says(&place.get(&path, &[]).await, "etag").to_owned();
    let again = place.get(&path, &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn head_says_what_get_would() {
    let place = place();
    let path = place.kept("a.jpg", Some("image/jpeg"), "12345").await;
    let head = Request::head(&path).body(Body::empty()).unwrap();
    let head = place.ask(head).await;
    assert_eq!((head.status(), says(&head, "content-length")), (StatusCode::OK, "5"));
    assert_eq!(text(head).await, "");
}

#[tokio::test]
async fn a_page_of_any_site_may_put_and_fetch() {
    let place = place();
    let request = Request::builder().method(Method::OPTIONS).uri("/upload/x/a.jpg");
    let answer = place.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert!(says(&answer, "access-control-allow-methods").contains("PUT"));
    assert!(says(&answer, "access-control-allow-headers").contains("Content-Type"));
}
