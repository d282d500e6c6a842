//! The two hash algorithms of RFC 7616, and what is computed with them (section 3.4).

use std::fmt;

use md5::Md5;
use sha2::{Digest, Sha256};

/// A hash algorithm both sides know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// What every device of 2010 knows.
    Md5,
    /// What RFC 7616 prefers.
    Sha256,
}

impl Algorithm {
    /// Returns the algorithm of that name, if it is one of ours.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Md5, Self::Sha256].into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// Returns its name in a header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// Hashes `parts`, joined by colons.
    #[must_use]
    pub fn hash(self, parts: &[&str]) -> Vec<u8> {
        let text = parts.join(":");
        match self {
            Self::Md5 => Md5::digest(text).to_vec(),
            Self::Sha256 => Sha256::digest(text).to_vec(),
        }
    }

    /// Computes a response (section 3.4.1) or, with an empty method, a `rspauth` (section 3.5).
    #[must_use]
    pub fn response(self, ha1: &[u8], exchange: &Exchange<'_>) -> Vec<u8> {
        let ha2 = hex(&self.hash(&[exchange.method, exchange.uri]));
        let nc = format!("{:08x}", exchange.nc);
        self.hash(&[&hex(ha1), exchange.nonce, &nc, exchange.cnonce, "auth", &ha2])
    }
}

/// What a response is computed over, besides the secret.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The request's method; empty for `rspauth`.
    pub method: &'a str,
    /// The request target, as the header gives it.
    pub uri: &'a str,
    /// The receiver's nonce.
    pub nonce: &'a str,
    /// How often the device has used it.
    pub nc: u32,
    /// The device's own nonce.
    pub cnonce: &'a str,
}

/// `H(username:realm:password)` in both algorithms: all that Digest needs of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1s {
    /// With MD5.
    pub md5: Vec<u8>,
    /// With SHA-256.
    pub sha256: Vec<u8>,
}

impl Ha1s {
    /// Derives both from a password.
    #[must_use]
    pub fn derive(username: &str, realm: &str, password: &str) -> Self {
        let parts = [username, realm, password];
        Self { md5: Algorithm::Md5.hash(&parts), sha256: Algorithm::Sha256.hash(&parts) }
    }

    /// Returns the one for `algorithm`.
    #[must_use]
    pub fn get(&self, algorithm: Algorithm) -> &[u8] {
        match algorithm {
            Algorithm::Md5 => &self.md5,
            Algorithm::Sha256 => &self.sha256,
        }
    }
}

impl fmt::Debug for Ha1s {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1s(…)")
    }
}

/// Writes bytes in lower-case hexadecimal, as every hash in a Digest header is.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads hexadecimal of either case.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616 section 3.9.1.
    #[test]
    fn the_examples_of_the_rfc_come_out_right() {
        let ha1s = Ha1s::derive("Mufasa", "http-auth@example.org", "Circle of Life");
        let exchange = Exchange {
            method: "GET",
            uri: "/dir/index.html",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            nc: 1,
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        };
        assert_eq!(
            hex(&Algorithm::Md5.response(ha1s.get(Algorithm::Md5), &exchange)),
            "8ca523f5e9506fed4657c9700eebdbec"
        );
        assert_eq!(
            hex(&Algorithm::Sha256.response(ha1s.get(Algorithm::Sha256), &exchange)),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    /// RFC 2617 section 3.5, which the draft of 2010 cites.
    #[test]
    fn the_example_of_the_older_rfc_comes_out_right() {
        let ha1s = Ha1s::derive("Mufasa", "testrealm@host.com", "Circle Of Life");
        let exchange = Exchange {
            method: "GET",
            uri: "/dir/index.html",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            nc: 1,
            cnonce: "0a4f113b",
        };
        assert_eq!(
            hex(&Algorithm::Md5.response(&ha1s.md5, &exchange)),
            "6629fae49393a05397450978507c4ef1"
        );
    }

    #[test]
    fn hexadecimal_is_read_back_in_either_case() {
        assert_eq!(from_hex("00fFa0"), Some(vec![0, 255, 160]));
        assert_eq!(hex(&[0, 255, 160]), "00ffa0");
        assert!(["0", "0g", "é0", "+1"].into_iter().all(|text| from_hex(text).is_none()));
    }

    #[test]
    fn names_are_told_apart_whatever_their_case() {
        assert_eq!(Algorithm::named("sha-256"), Some(Algorithm::Sha256));
        assert_eq!(Algorithm::named("md5"), Some(Algorithm::Md5));
        assert_eq!(Algorithm::named("MD5-sess"), None);
    }
}
