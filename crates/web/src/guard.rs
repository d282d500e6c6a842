//! Which requests are taken at all: ours by `Host`, and no writes from other sites.
//!
//! A page on the open Internet can point its own name at this receiver's address (DNS rebinding), and
//! can post forms to it. The first is refused with 421 (RFC 9110 section 15.5.20), the second with 403.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode, header};
use tokio::sync::watch;

use crate::Connection;

/// The host names that are ours, lower-case, without port: they change with conflicts on the link.
pub type Names = watch::Receiver<Arc<BTreeSet<String>>>;

/// Refuses what is not meant for this receiver; sets the headers every answer carries.
pub async fn guard(State(names): State<Names>, request: Request, next: Next) -> Response {
    admit(&names, false, request, next).await
}

/// The same where pages of other sites may write, too: whatever authority there is lies in the URL.
pub async fn guard_open(State(names): State<Names>, request: Request, next: Next) -> Response {
    admit(&names, true, request, next).await
}

async fn admit(names: &Names, open: bool, request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<Connection>().copied();
    let names = Arc::clone(&names.borrow());
    let Some(host) = host_of(&request).filter(|host| is_ours(host, &names, connection)) else {
        return (StatusCode::MISDIRECTED_REQUEST, "this receiver has another name\n")
            .into_response();
    };
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if writes && !open && is_cross_site(request.headers(), &host) {
        return (StatusCode::FORBIDDEN, "not from another site\n").into_response();
    }
    let mut response = next.run(request).await;
    secure(response.headers_mut());
    response
}

/// Returns the request's host, lower-case and without its port.
fn host_of(request: &Request) -> Option<String> {
    let authority = authority_of(request)?;
    Some(without_port(authority).trim_end_matches('.').to_ascii_lowercase())
}

/// Returns the host and port that a request is for, as its client spells them.
pub(crate) fn authority_of(request: &Request) -> Option<&str> {
    match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST)?.to_str().ok(),
    }
}

pub(crate) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

pub(crate) fn is_ours(
    host: &str,
    names: &BTreeSet<String>,
    connection: Option<Connection>,
) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    match (address, connection) {
        // An address is ours if that is where the connection arrived.
        (Some(address), Some(c)) => c.local.ip().to_canonical() == address.to_canonical(),
        (Some(_), None) => false,
        (None, Some(c)) if host == "localhost" => c.local.ip().to_canonical().is_loopback(),
        (None, _) => names.contains(host),
    }
}

fn is_cross_site(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    headers.contains_key(header::ORIGIN)
        && text("origin")
            .and_then(|origin| origin.split_once("://"))
            .is_none_or(|(_, authority)| !without_port(authority).eq_ignore_ascii_case(host))
}

fn secure(headers: &mut HeaderMap) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
             form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    for (name, value) in fixed {
        // What an answer says for itself is stricter, or has its reason.
        headers.entry(name).or_insert(http::HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> BTreeSet<String> {
        BTreeSet::from(["test-set-top-box.local".to_owned()])
    }

    fn connection(local: &str) -> Option<Connection> {
        let peer = "192.168.77.20:4000".parse().unwrap();
        Some(Connection { peer, local: local.parse().unwrap(), tls: false })
    }

    #[test]
    fn a_foreign_name_is_not_ours() {
        assert!(!is_ours("evil.example", &names(), connection("192.168.77.10:8010")));
    }

    #[test]
    fn our_name_is_ours_and_so_is_the_address_the_connection_came_to() {
        assert!(is_ours("test-set-top-box.local", &names(), connection("192.168.77.10:8010")));
        assert!(is_ours("192.168.77.10", &names(), connection("[::ffff:192.168.77.10]:8010")));
        assert!(!is_ours("192.168.77.11", &names(), connection("192.168.77.10:8010")));
    }

    #[test]
    fn localhost_is_ours_only_on_loopback() {
        assert!(is_ours("localhost", &names(), connection("127.0.0.1:8010")));
        assert!(!is_ours("localhost", &names(), connection("192.168.77.10:8010")));
    }

    #[test]
    fn ports_are_cut_but_not_out_of_an_ipv6_literal() {
        assert_eq!(without_port("tv.local:8010"), "tv.local");
        assert_eq!(without_port("[::1]:8010"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
    }

    #[test]
    fn a_write_from_another_origin_is_cross_site() {
        let mut headers = HeaderMap::new();
        assert!(!is_cross_site(&headers, "tv.local"));
        headers.insert("origin", "http://evil.example".parse().unwrap());
        assert!(is_cross_site(&headers, "tv.local"));
        headers.insert("origin", "null".parse().unwrap());
        assert!(is_cross_site(&headers, "tv.local"));
        headers.insert("origin", "http://tv.local:8010".parse().unwrap());
        assert!(!is_cross_site(&headers, "tv.local"));
        headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
        assert!(is_cross_site(&headers, "tv.local"));
    }
}
