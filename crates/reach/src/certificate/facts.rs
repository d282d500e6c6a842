//! What a certificate says of itself: for how long, for which names, by whom.

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The part of a certificate that people and the renewal ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Who issued it: the common name, or the whole distinguished name where there is none.
    pub issuer: String,
    /// The DNS names it is for (subjectAltName), in lower case.
    pub names: Vec<String>,
}

impl Facts {
    /// Reads a certificate. `None` if it is not one, or has no dates in our time scale.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(certificate).ok()?;
        let instant =
            |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
        let common_name = read.issuer().iter_common_name().next().and_then(|n| n.as_str().ok());
        Some(Self {
            not_before: instant(read.validity().not_before)?,
            not_after: instant(read.validity().not_after)?,
            issuer: common_name.map_or_else(|| read.issuer().to_string(), str::to_owned),
            names: names(&read),
        })
    }

    /// Returns whether the certificate is for this host name (RFC 9525: one leading `*.` stands
    /// for exactly one label).
    #[must_use]
    pub fn is_for(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        self.names.iter().any(|held| {
            *held == name
                || held
                    .strip_prefix("*.")
                    .is_some_and(|rest| name.split_once('.').is_some_and(|(_, tail)| tail == rest))
        })
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let dns = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    alternatives.value.general_names.iter().filter_map(dns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_names_and_issuer_are_read() {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["tv.example.org".to_owned(), "*.tv.example.org".to_owned()];
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 11, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 30);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Some Authority");
        let facts = Facts::of(params.self_signed(&key).unwrap().der()).unwrap();
        assert_eq!(facts.not_before, "2026-11-01T00:00:00Z".parse().unwrap());
        assert_eq!(facts.not_after, "2027-01-30T00:00:00Z".parse().unwrap());
        assert_eq!(facts.issuer, "Some Authority");
        assert!(facts.is_for("TV.example.org.") && facts.is_for("a.tv.example.org"));
        assert!(!facts.is_for("a.b.tv.example.org") && !facts.is_for("example.org"));
    }

    #[test]
    fn what_is_no_certificate_has_no_facts() {
        assert_eq!(Facts::of(&CertificateDer::from(vec![0x30, 0x00])), None);
    }
}
