//! RFC 6120 section 4.7 and 4.9: the stream header and stream errors.
//!
//! Left out: the order of negotiation, which is its caller's.

use std::fmt;

use crate::condition::conditions;
use crate::element::Element;
use crate::ns;

/// The attributes of `<stream:stream>`. Addresses are as sent: what to do about one that is no address
/// is the receiver's decision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamHeader {
    /// The content namespace: [`ns::CLIENT`] or [`ns::SERVER`].
    pub namespace: String,
    /// Whom the stream is for.
    pub to: Option<String>,
    /// Who opens it.
    pub from: Option<String>,
    /// The stream's identifier, set by the receiving entity.
    pub id: Option<String>,
    /// The version; none means older than XMPP 1.0 (RFC 6120 section 4.7.5).
    pub version: Option<Version>,
    /// The default language of what follows.
    pub lang: Option<String>,
}

/// A version of XMPP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Compared as a number, not as text.
    pub major: u16,
    /// Compared as a number, not as text.
    pub minor: u16,
}

impl Version {
    /// RFC 6120.
    pub const V1_0: Self = Self { major: 1, minor: 0 };

    /// Reads `major.minor`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

conditions! {
    /// A stream error condition (RFC 6120 section 4.9.3).
    pub enum StreamCondition {
        /// XML that cannot be processed.
        BadFormat = "bad-format",
        /// A namespace prefix that is missing or not supported.
        BadNamespacePrefix = "bad-namespace-prefix",
        /// A new stream for the same entity conflicts with this one.
        Conflict = "conflict",
        /// The peer has been silent for too long.
        ConnectionTimeout = "connection-timeout",
        /// The `to` host is no longer served here.
        HostGone = "host-gone",
        /// The `to` host is not served here.
        HostUnknown = "host-unknown",
        /// A stanza between servers lacks an address, or has a wrong one.
        ImproperAddressing = "improper-addressing",
        /// Something is broken here.
        InternalServerError = "internal-server-error",
        /// The `from` is not the entity that was authenticated.
        InvalidFrom = "invalid-from",
        /// The stream's or its content's namespace is not one of ours.
        InvalidNamespace = "invalid-namespace",
        /// Something not legal in its place was sent.
        InvalidXml = "invalid-xml",
        /// Something that needs authentication was sent without.
        NotAuthorized = "not-authorized",
        /// The XML is not well-formed.
        NotWellFormed = "not-well-formed",
        /// A local limit or rule was broken.
        PolicyViolation = "policy-violation",
        /// Another server could not be reached.
        RemoteConnectionFailed = "remote-connection-failed",
        /// The peer must start again, as after a change of keys.
        Reset = "reset",
        /// Too much is going on here.
        ResourceConstraint = "resource-constraint",
        /// A comment, processing instruction, document type or entity was sent.
        RestrictedXml = "restricted-xml",
        /// Come back at another address.
        SeeOtherHost = "see-other-host",
        /// The server is going down.
        SystemShutdown = "system-shutdown",
        /// None of the other conditions.
        UndefinedCondition = "undefined-condition",
        /// The encoding is not UTF-8.
        UnsupportedEncoding = "unsupported-encoding",
        /// A mandatory stream feature is not supported.
        UnsupportedFeature = "unsupported-feature",
        /// A first-level element is not understood.
        UnsupportedStanzaType = "unsupported-stanza-type",
        /// The version of XMPP is not supported.
        UnsupportedVersion = "unsupported-version",
    }
}

/// Characters of an error's text that are shown.
const SHOWN: usize = 200;

/// An error that closes the stream (RFC 6120 section 4.9).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream error {condition}{}", text.as_deref().map(|text| format!(": {}", one_line(text))).unwrap_or_default())]
pub struct StreamError {
    /// What is wrong.
    pub condition: StreamCondition,
    /// For a person to read.
    pub text: Option<String>,
    /// The new address of a [`StreamCondition::SeeOtherHost`].
    pub other_host: Option<String>,
    /// What an extension says of it (section 4.9.4).
    pub application: Option<Box<Element>>,
}

/// Returns what a stranger says as something that fits into one line of a log, and passes for one only.
fn one_line(text: &str) -> String {
    let plain =
        |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    text.chars().take(SHOWN).map(plain).collect()
}

impl StreamError {
    /// Makes an error without text.
    #[must_use]
    pub const fn new(condition: StreamCondition) -> Self {
        Self { condition, text: None, other_host: None, application: None }
    }

    /// Adds a text for a person.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Adds what an extension says of it (section 4.9.4).
    #[must_use]
    pub fn with_application(mut self, application: impl Into<Element>) -> Self {
        self.application = Some(Box::new(application.into()));
        self
    }

    /// Makes `<stream:error/>`.
    #[must_use]
    pub fn to_element(&self) -> Element {
        let mut condition = Element::new(self.condition.as_str(), ns::STREAM_ERRORS);
        if let Some(host) = &self.other_host {
            condition.push_text(host);
        }
        let mut error = Element::builder("error", ns::STREAMS).child(condition);
        if let Some(text) = &self.text {
            error = error.child(Element::builder("text", ns::STREAM_ERRORS).lang("en").text(text));
        }
        error.children(self.application.as_deref().cloned()).build()
    }

    /// Reads `<stream:error/>`, or returns `None` if `element` is something else. An unknown condition
    /// is undefined.
    #[must_use]
    pub fn from_element(element: &Element) -> Option<Self> {
        if !element.is("error", ns::STREAMS) {
            return None;
        }
        let found = element
            .children()
            .filter(|child| child.namespace() == ns::STREAM_ERRORS && child.name() != "text")
            .find_map(|child| Some((child, StreamCondition::parse(child.name())?)));
        let (other_host, condition) = match found {
            Some((child, StreamCondition::SeeOtherHost)) => {
                (Some(child.text()), StreamCondition::SeeOtherHost)
            }
            Some((_, condition)) => (None, condition),
            None => (None, StreamCondition::UndefinedCondition),
        };
        let text = element.child("text", ns::STREAM_ERRORS).map(Element::text);
        let foreign = element.children().find(|child| child.namespace() != ns::STREAM_ERRORS);
        let application = foreign.cloned().map(Box::new);
        Some(Self { condition, text, other_host, application })
    }
}

impl From<StreamCondition> for StreamError {
    fn from(condition: StreamCondition) -> Self {
        Self::new(condition)
    }
}

impl From<&crate::ParseError> for StreamError {
    fn from(error: &crate::ParseError) -> Self {
        Self::new(error.condition()).with_text(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_survives_the_wire() {
        for &condition in StreamCondition::ALL {
            let error = StreamError::new(condition).with_text("why");
            let bytes = error.to_element().to_xml();
            let back = Element::parse(bytes.as_bytes()).unwrap();
            assert_eq!(StreamError::from_element(&back).unwrap().condition, condition);
        }
        assert_eq!(StreamCondition::ALL.len(), 25);
    }

    #[test]
    fn what_a_stranger_says_is_one_line_of_a_log_and_not_a_long_one() {
        let said = format!("sorry\n2026-11-24 INFO paired{}", "x".repeat(9000));
        let shown = StreamError::new(StreamCondition::Reset).with_text(said).to_string();
        assert!(shown.starts_with("stream error reset: sorry 2026-11-24 INFO paired"), "{shown}");
        assert_eq!((shown.lines().count(), shown.len()), (1, 220));
    }

    #[test]
    fn see_other_host_names_the_host() {
        let error = StreamError {
            other_host: Some("[2001:db8::1]:9222".into()),
            ..StreamCondition::SeeOtherHost.into()
        };
        assert_eq!(StreamError::from_element(&error.to_element()), Some(error));
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(Version::parse("1.10") > Version::parse("1.9"));
        assert_eq!(Version::parse("one"), None);
        assert_eq!(Version::parse("1.0").unwrap().to_string(), "1.0");
    }
}
