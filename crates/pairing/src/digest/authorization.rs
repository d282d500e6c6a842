//! `Authorization` and `Authentication-Info` (RFC 7616 sections 3.4 and 3.5), both sides.

use std::fmt;

use subtle::ConstantTimeEq;

use super::algorithm::{Algorithm, Exchange, Ha1s, from_hex, hex};
use super::challenge::Challenge;
use super::parameters::{Malformed, Scheme, parse_parameters, parse_schemes, quoted};

#[cfg(test)]
thread_local! {
    /// How many responses this thread has computed.
    pub(crate) static WEIGHED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// A device's answer to a challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The device's UUID.
    pub username: String,
    /// The receiver's UUID.
    pub realm: String,
    /// The receiver's nonce.
    pub nonce: String,
    /// The request target.
    pub uri: String,
    /// The hash that shows that the device knows the passcode.
    pub response: Vec<u8>,
    /// With which algorithm.
    pub algorithm: Algorithm,
    /// How often this nonce has been used.
    pub nc: u32,
    /// The device's own nonce.
    pub cnonce: String,
    /// The challenge's, sent back.
    pub opaque: Option<String>,
}

impl Authorization {
    /// Reads a header value; `None` if it is not for Digest at all.
    ///
    /// # Errors
    /// [`Malformed`] if it is against the grammar, or lacks what `qop=auth` needs, or asks for what
    /// is not offered.
    pub fn parse(value: &[u8]) -> Result<Option<Self>, Malformed> {
        let schemes = parse_schemes(value)?;
        let [scheme] = schemes.as_slice() else { return Err(Malformed) };
        if !scheme.is_digest() {
            return Ok(None);
        }
        Self::from_scheme(scheme).map(Some).ok_or(Malformed)
    }

    fn from_scheme(scheme: &Scheme) -> Option<Self> {
        let owned = |name: &str| scheme.get(name).map(str::to_owned);
        scheme.get("qop").filter(|qop| qop.eq_ignore_ascii_case("auth"))?;
        if scheme.get("userhash").is_some_and(|u| u.eq_ignore_ascii_case("true")) {
            return None;
        }
        Some(Self {
            username: owned("username")?,
            realm: owned("realm")?,
            nonce: owned("nonce")?,
            uri: owned("uri")?,
            response: from_hex(scheme.get("response")?)?,
            algorithm: Algorithm::named(scheme.get("algorithm").unwrap_or("MD5"))?,
            nc: parse_nc(scheme.get("nc")?)?,
            cnonce: owned("cnonce").filter(|c| !c.is_empty())?,
            opaque: owned("opaque"),
        })
    }

    /// Answers `challenge` for a request of `method` to `uri`.
    #[must_use]
    pub fn answer(challenge: &Challenge, ask: &Ask<'_>, ha1s: &Ha1s) -> Self {
        let mut answer = Self {
            username: ask.username.to_owned(),
            realm: challenge.realm.clone(),
            nonce: challenge.nonce.clone(),
            uri: ask.uri.to_owned(),
            response: Vec::new(),
            algorithm: challenge.algorithm,
            nc: ask.nc,
            cnonce: ask.cnonce.to_owned(),
            opaque: challenge.opaque.clone(),
        };
        answer.response = answer.expected(ask.method, ha1s);
        answer
    }

    /// Says whether the response is that of somebody who knows the passcode. Takes the same time
    /// whatever is wrong with it.
    #[must_use]
    pub fn is_right(&self, method: &str, ha1s: &Ha1s) -> bool {
        self.expected(method, ha1s).ct_eq(&self.response).into()
    }

    /// Returns what the receiver says back, to show that it knows the passcode too.
    #[must_use]
    pub fn acknowledge(&self, ha1s: &Ha1s) -> AuthenticationInfo {
        AuthenticationInfo {
            rspauth: self.expected("", ha1s),
            nc: self.nc,
            cnonce: self.cnonce.clone(),
        }
    }

    fn expected(&self, method: &str, ha1s: &Ha1s) -> Vec<u8> {
        #[cfg(test)]
        WEIGHED.with(|weighed| weighed.set(weighed.get() + 1));
        let exchange = Exchange {
            method,
            uri: &self.uri,
            nonce: &self.nonce,
            nc: self.nc,
            cnonce: &self.cnonce,
        };
        self.algorithm.response(ha1s.get(self.algorithm), &exchange)
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("username", &self.username)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest username={}", quoted(&self.username))?;
        write!(f, ", realm={}, uri={}", quoted(&self.realm), quoted(&self.uri))?;
        write!(f, ", algorithm={}, nonce={}", self.algorithm.name(), quoted(&self.nonce))?;
        write!(f, ", nc={:08x}, cnonce={}, qop=auth", self.nc, quoted(&self.cnonce))?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", quoted(opaque))?;
        }
        write!(f, ", response=\"{}\"", hex(&self.response))
    }
}

/// What a device wants to be let in to.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request target: path and query.
    pub uri: &'a str,
    /// The device's UUID.
    pub username: &'a str,
    /// A fresh random text.
    pub cnonce: &'a str,
    /// How often the challenge's nonce has been used, this time included.
    pub nc: u32,
}

/// The receiver's proof that it knew the passcode (section 3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationInfo {
    rspauth: Vec<u8>,
    nc: u32,
    cnonce: String,
}

impl AuthenticationInfo {
    /// Reads a header value.
    ///
    /// # Errors
    /// [`Malformed`] if it is against the grammar or lacks what `qop=auth` needs.
    pub fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let scheme = parse_parameters(value)?;
        let read = || {
            Some(Self {
                rspauth: from_hex(scheme.get("rspauth")?)?,
                nc: parse_nc(scheme.get("nc")?)?,
                cnonce: scheme.get("cnonce")?.to_owned(),
            })
        };
        read().ok_or(Malformed)
    }

    /// Says whether this is what a receiver that knows the passcode answers to `authorization`.
    #[must_use]
    pub fn is_right(&self, authorization: &Authorization, ha1s: &Ha1s) -> bool {
        let expected = authorization.acknowledge(ha1s);
        let same = expected.rspauth.ct_eq(&self.rspauth);
        bool::from(same) && expected.nc == self.nc && expected.cnonce == self.cnonce
    }
}

impl fmt::Display for AuthenticationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "qop=auth, rspauth=\"{}\"", hex(&self.rspauth))?;
        write!(f, ", cnonce={}, nc={:08x}", quoted(&self.cnonce), self.nc)
    }
}

/// Exactly eight hexadecimal digits (section 3.4), and never zero.
fn parse_nc(text: &str) -> Option<u32> {
    let is_hex = text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(text, 16).ok().filter(|nc| is_hex && *nc > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 7616 section 3.9.1, on one line.
    const OF_THE_RFC: &str = r#"Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;

    fn mufasa() -> Ha1s {
        Ha1s::derive("Mufasa", "http-auth@example.org", "Circle of Life")
    }

    fn of_the_rfc() -> Authorization {
        Authorization::parse(OF_THE_RFC.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn the_answer_of_the_rfc_is_right_and_only_with_its_method_and_password() {
        assert!(of_the_rfc().is_right("GET", &mufasa()));
        assert!(!of_the_rfc().is_right("POST", &mufasa()));
        let other = Ha1s::derive("Mufasa", "http-auth@example.org", "circle of life");
        assert!(!of_the_rfc().is_right("GET", &other));
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let answer = of_the_rfc();
        assert_eq!(Authorization::parse(answer.to_string().as_bytes()), Ok(Some(answer)));
    }

    #[test]
    fn both_sides_agree_in_either_algorithm() {
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            let challenge = Challenge {
                realm: "http-auth@example.org".to_owned(),
                nonce: "n".to_owned(),
                algorithm,
                stale: false,
                opaque: None,
            };
            let ask = Ask { method: "GET", uri: "/a", username: "Mufasa", cnonce: "c\"", nc: 2 };
            let answer = Authorization::answer(&challenge, &ask, &mufasa());
            assert!(answer.is_right("GET", &mufasa()));
            let info = answer.acknowledge(&mufasa()).to_string();
            let info = AuthenticationInfo::parse(info.as_bytes()).unwrap();
            assert!(info.is_right(&answer, &mufasa()));
            assert!(!info.is_right(&Authorization { nc: 3, ..answer.clone() }, &mufasa()));
            let other = Ha1s::derive("Mufasa", "http-auth@example.org", "x");
            assert!(!info.is_right(&answer, &other));
        }
    }

    #[test]
    fn another_scheme_is_no_answer_and_an_incomplete_one_is_refused() {
        assert_eq!(Authorization::parse(b"Basic dXNlcjpwYXNz"), Ok(None));
        for gone in ["qop=auth, ", "nc=00000001, ", "uri=\"/dir/index.html\", "] {
            let text = OF_THE_RFC.replace(gone, "");
            assert_eq!(Authorization::parse(text.as_bytes()), Err(Malformed), "{gone}");
        }
        for (from, to) in
            [("qop=auth,", "qop=auth-int,"), ("SHA-256", "MD5-sess"), ("00000001", "1")]
        {
            let text = OF_THE_RFC.replace(from, to);
            assert_eq!(Authorization::parse(text.as_bytes()), Err(Malformed), "{to}");
        }
    }

    #[test]
    fn nothing_of_an_answer_shows_in_logs() {
        assert!(!format!("{:?}", of_the_rfc()).contains("753927"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_calmly(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = Authorization::parse(&bytes);
            let _ = AuthenticationInfo::parse(&bytes);
        }

        #[test]
        fn a_damaged_answer_is_never_right(at in 0..OF_THE_RFC.len(), byte in any::<u8>()) {
            let mut bytes = OF_THE_RFC.as_bytes().to_vec();
            let before = std::mem::replace(&mut bytes[at], byte);
            if let Ok(Some(answer)) = Authorization::parse(&bytes) {
                // Upper case, white space and parameters outside the hash may differ.
                let same = answer.response == of_the_rfc().response;
                prop_assert!(same || !answer.is_right("GET", &mufasa()), "{before} {byte}");
            }
        }
    }
}
