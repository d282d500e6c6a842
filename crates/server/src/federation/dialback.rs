//! XEP-0220: the elements of Server Dialback; XEP-0185: its keys.
//!
//! Pure: who may ask whom is decided in `receiving` and `verify`.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

/// From what our keys are made. Hidden in `Debug`.
#[derive(Clone)]
pub(super) struct Secret(String);

/// Two domains, as the sender of the element spells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) from: String,
    pub(super) to: String,
}

/// An element of dialback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dialback {
    /// Step 1, `<db:result/>` with a key: the originating server asks to be believed.
    Key { pair: Pair, key: String },
    /// Step 2, `<db:verify/>` with a key: a receiving server asks whether that key is ours.
    Question { pair: Pair, id: String, key: String },
    /// Step 3, `<db:verify/>` with a type: the authoritative server answers.
    Answer { pair: Pair, id: String, verdict: Verdict },
    /// Step 4, `<db:result/>` with a type: the receiving server answers.
    Outcome { pair: Pair, verdict: Verdict },
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The key is right.
    Valid,
    /// The key is wrong.
    Invalid,
    /// It could not be found out.
    Error(StanzaError),
}

impl Pair {
    pub(super) fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into() }
    }

    /// The same pair, for an answer.
    pub(super) fn reversed(self) -> Self {
        Self { from: self.to, to: self.from }
    }
}

impl From<Condition> for Verdict {
    fn from(condition: Condition) -> Self {
        Self::Error(condition.into())
    }
}

impl Dialback {
    /// Reads an element; `None` if it is not of dialback, or lacks what it must have.
    pub(super) fn from_element(element: &Element) -> Option<Self> {
        if element.namespace() != ns::DIALBACK {
            return None;
        }
        let pair = Pair::new(element.attr("from")?, element.attr("to")?);
        let key = || element.text().trim().to_owned();
        let id = || element.attr("id").map(str::to_owned);
        let verdict = element.attr("type").map(|kind| Verdict::read(kind, element));
        match (element.name(), verdict) {
            ("result", None) => Some(Self::Key { pair, key: key() }),
            ("result", Some(verdict)) => Some(Self::Outcome { pair, verdict }),
            ("verify", None) => Some(Self::Question { pair, id: id()?, key: key() }),
            ("verify", Some(verdict)) => Some(Self::Answer { pair, id: id()?, verdict }),
            _ => None,
        }
    }

    /// Makes the element.
    pub(super) fn to_element(&self) -> Element {
        let start = |name: &str, pair: &Pair| {
            let element = Element::builder(name, ns::DIALBACK);
            element.attr("from", pair.from.as_str()).attr("to", pair.to.as_str())
        };
        match self {
            Self::Key { pair, key } => start("result", pair).text(key).build(),
            Self::Question { pair, id, key } => {
                start("verify", pair).attr("id", id.as_str()).text(key).build()
            }
            Self::Answer { pair, id, verdict } => {
                verdict.write(start("verify", pair).attr("id", id.as_str()).build())
            }
            Self::Outcome { pair, verdict } => verdict.write(start("result", pair).build()),
        }
    }
}

impl Verdict {
    fn read(kind: &str, element: &Element) -> Self {
        match kind {
            "valid" => Self::Valid,
            "invalid" => Self::Invalid,
            _ => {
                // COMPAT(several servers): the error is in either content namespace.
                let error = element.children().find(|child| child.name() == "error");
                let found = error.and_then(|error| {
                    let conditions =
                        error.children().filter(|c| c.namespace() == ns::STANZA_ERRORS);
                    conditions.filter_map(|child| Condition::parse(child.name())).next()
                });
                let condition = found.unwrap_or(Condition::UndefinedCondition);
                Self::Error(condition.into())
            }
        }
    }

    fn write(&self, mut element: Element) -> Element {
        match self {
            Self::Valid => element.set_attr("type", "valid"),
            Self::Invalid => element.set_attr("type", "invalid"),
            Self::Error(error) => {
                element.set_attr("type", "error");
                element.push(error.to_element(ns::SERVER));
            }
        }
        element
    }
}

impl Secret {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(hex(&Sha256::digest(secret)))
    }

    /// Returns the key for a stream of `originating` to `receiving` with this id.
    pub(super) fn key(&self, receiving: &str, originating: &str, id: &str) -> String {
        hex(&self.mac(receiving, originating, id).finalize().into_bytes())
    }

    /// Whether a key is right, in a time that does not tell how nearly.
    pub(super) fn is_key(&self, key: &str, receiving: &str, originating: &str, id: &str) -> bool {
        let Some(key) = unhex(key) else { return false };
        self.mac(receiving, originating, id).verify_slice(&key).is_ok()
    }

    fn mac(&self, receiving: &str, originating: &str, id: &str) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::new_from_slice(self.0.as_bytes()).expect("a key of any length");
        mac.update(format!("{receiving} {originating} {id}").as_bytes());
        mac
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16)?.try_into().ok()).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |sum, d| sum << 4 | d)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_one_of_xep_0185() {
        let secret = Secret::new(b"s3cr3tf0rd14lb4ck");
        let key = secret.key("xmpp.example.com", "example.org", "D60000229F");
        assert_eq!(key, "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643");
        assert!(secret.is_key(&key, "xmpp.example.com", "example.org", "D60000229F"));
        assert!(!secret.is_key(&key, "xmpp.example.com", "example.net", "D60000229F"));
        assert!(!secret.is_key("", "xmpp.example.com", "example.org", "D60000229F"));
        assert!(!secret.is_key("é", "xmpp.example.com", "example.org", "D60000229F"));
    }

    #[test]
    fn every_step_survives_the_wire() {
        let pair = Pair::new("capulet.example", "montague.example");
        let (id, key) = ("417GAF25".to_owned(), "b4835385".to_owned());
        let timeout = Verdict::from(Condition::RemoteServerTimeout);
        for step in [
            Dialback::Key { pair: pair.clone(), key: key.clone() },
            Dialback::Question { pair: pair.clone(), id: id.clone(), key },
            Dialback::Answer { pair: pair.clone(), id, verdict: Verdict::Invalid },
            Dialback::Outcome { pair: pair.clone(), verdict: Verdict::Valid },
            Dialback::Outcome { pair, verdict: timeout },
        ] {
            let element = Element::parse(step.to_element().to_xml().as_bytes()).unwrap();
            assert_eq!(Dialback::from_element(&element), Some(step));
        }
    }

    #[test]
    fn what_lacks_an_address_is_not_dialback() {
        let element = Element::parse(b"<result xmlns='jabber:server:dialback' to='a'>k</result>");
        assert_eq!(Dialback::from_element(&element.unwrap()), None);
    }
}
