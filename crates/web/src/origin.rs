//! Which web pages may use the receiver from a browser (RFC 6454): its own, those of this network, and
//! those that the household names.
//!
//! No page has any authority by itself, since nobody is logged in by a cookie: what is kept out here
//! is the open Internet guessing codes, or looking around, through the browsers of the household.

use std::net::IpAddr;

use http::{HeaderMap, header};

use crate::Connection;
use crate::guard::{Names, is_ours, without_port};

/// The pages that may.
#[derive(Debug, Clone)]
pub struct Origins {
    /// The receiver's own names.
    pub names: Names,
    /// Others that the household trusts, such as `https://chat.example.org`.
    pub others: Vec<String>,
}

impl Origins {
    /// Whether a request may come from where it says it does. What is no browser says nothing.
    #[must_use]
    pub fn trust(&self, headers: &HeaderMap, connection: &Connection) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let Ok(origin) = origin.to_str() else { return false };
        if self.others.iter().any(|other| other.trim_end_matches('/').eq_ignore_ascii_case(origin))
        {
            return true;
        }
        // COMPAT(Chromium): a page that is a file. Every other page without a name says `null`.
        if origin == "file://" {
            return true;
        }
        let Some((_, authority)) = origin.split_once("://") else { return false };
        let host = without_port(authority).to_ascii_lowercase();
        is_near(&host) || is_ours(&host, &self.names.borrow(), Some(*connection))
    }
}

/// Whether a host can only be on this network.
fn is_near(host: &str) -> bool {
    if host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local") {
        return true;
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address.map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => {
            v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use tokio::sync::watch;

    fn trusts(origin: Option<&str>) -> bool {
        let names = BTreeSet::from(["tv.example.org".to_owned()]);
        let (_sender, names) = watch::channel(Arc::new(names));
        let origins = Origins { names, others: vec!["https://chat.example.org/".to_owned()] };
        let connection = Connection {
            peer: "192.168.77.20:4000".parse().unwrap(),
            local: "192.168.77.10:8010".parse().unwrap(),
            tls: true,
        };
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().unwrap());
        }
        origins.trust(&headers, &connection)
    }

    #[test]
    fn a_program_without_origin_may() {
        assert!(trusts(None));
    }

    #[test]
    fn pages_of_the_receiver_and_of_this_network_may() {
        for origin in [
            "https://tv.example.org:8010",
            "http://192.168.77.30:8080",
            "http://nas.local",
            "http://localhost:3000",
            "http://[fd00::1]:80",
            "https://chat.example.org",
        ] {
            assert!(trusts(Some(origin)), "{origin}");
        }
    }

    #[test]
    fn pages_of_the_internet_and_of_nowhere_may_not() {
        for origin in [
            "https://evil.example",
            "https://tv.example.org.evil.example",
            "https://local.evil.example",
            "http://203.0.113.5",
            "http://[2001:db8::1]",
            "null",
            "",
        ] {
            assert!(!trusts(Some(origin)), "{origin}");
        }
    }
}
