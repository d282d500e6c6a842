//! Which certificates are good for a domain.

use std::io::Write;

use rustls::RootCertStore;
use televisor_dial::{Distrust, Error, Trust};

use crate::authority::{Authority, Leaf};

#[test]
fn a_server_certificate_is_good_for_its_names_and_addresses() {
    let authority = Authority::new();
    let trust = authority.trust();
    let leaf = authority.issue(&["example.org", "*.example.net", "11.22.33.1", "2001:db8::1"]);
    for domain in ["example.org", "EXAMPLE.org", "a.example.net", "11.22.33.1", "[2001:db8::1]"] {
        assert_eq!(trust.judge(&leaf.chain, domain), Ok(()), "{domain}");
    }
    for domain in ["example.com", "a.example.org", "11.22.33.2", "[2001:db8::2]"] {
        let judged = trust.judge(&leaf.chain, domain);
        assert!(matches!(judged, Err(Distrust::Invalid { .. })), "{domain}");
    }
}

#[test]
fn an_international_domain_is_compared_in_ascii() {
    let authority = Authority::new();
    let leaf = authority.issue(&["xn--bcher-kva.example"]);
    assert_eq!(authority.trust().judge(&leaf.chain, "bücher.example"), Ok(()));
}

#[test]
fn an_intermediate_authority_counts_when_it_is_shown() {
    let root = Authority::new();
    let middle = root.below();
    let mut leaf = middle.issue(&["example.org"]);
    assert!(root.trust().judge(&leaf.chain, "example.org").is_err());
    leaf.chain.push(middle.certificate.clone());
    assert_eq!(root.trust().judge(&leaf.chain, "example.org"), Ok(()));
}

#[test]
fn strangers_the_past_and_nothing_are_not_believed() {
    let authority = Authority::new();
    let trust = authority.trust();
    let expired = authority.issue_expired("example.org");
    let foreign = Authority::new().issue(&["example.org"]);
    let own = Leaf::self_signed("example.org");
    for leaf in [expired, foreign, own] {
        let judged = trust.judge(&leaf.chain, "example.org");
        assert!(matches!(judged, Err(Distrust::Invalid { .. })), "{judged:?}");
    }
    assert_eq!(trust.judge(&[], "example.org"), Err(Distrust::Missing));
}

#[test]
fn a_domain_that_no_certificate_can_name_is_told_so() {
    let authority = Authority::new();
    let leaf = authority.issue(&["example.org"]);
    let judged = authority.trust().judge(&leaf.chain, "not a domain");
    assert!(matches!(judged, Err(Distrust::Name { .. })), "{judged:?}");
}

#[test]
fn without_authorities_nobody_is_believed() {
    let trust = Trust::with_roots(RootCertStore::empty()).unwrap();
    let leaf = Authority::new().issue(&["example.org"]);
    let judged = trust.judge(&leaf.chain, "example.org");
    assert_eq!(judged, Err(Distrust::NoAuthorities));
}

#[test]
fn a_file_adds_its_authorities() {
    let (first, second) = (Authority::new(), Authority::new());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for authority in [&first, &second] {
        file.write_all(authority.pem.as_bytes()).unwrap();
    }
    let trust = Trust::new(Some(file.path())).unwrap();
    for authority in [first, second] {
        let leaf = authority.issue(&["example.org"]);
        assert_eq!(trust.judge(&leaf.chain, "example.org"), Ok(()));
    }
}

#[test]
fn a_file_that_is_missing_or_holds_nothing_is_an_error() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    let missing = empty.path().with_extension("missing");
    for path in [empty.path(), &missing] {
        let tried = Trust::new(Some(path));
        assert!(matches!(tried, Err(Error::Authorities { .. })), "{path:?}");
    }
}
