//! RFC 6120 section 6: the elements of a SASL exchange, and the PLAIN mechanism (RFC 4616).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::condition::conditions;
use crate::element::Element;
use crate::ns;

/// The name of the PLAIN mechanism. To be offered inside TLS only.
pub const PLAIN: &str = "PLAIN";

conditions! {
    /// Why authentication failed (RFC 6120 section 6.5).
    pub enum SaslCondition {
        /// The client broke it off.
        Aborted = "aborted",
        /// The account may not log in.
        AccountDisabled = "account-disabled",
        /// The credentials are out of date.
        CredentialsExpired = "credentials-expired",
        /// The mechanism is for encrypted streams only.
        EncryptionRequired = "encryption-required",
        /// Not base64.
        IncorrectEncoding = "incorrect-encoding",
        /// The client may not act for that entity.
        InvalidAuthzid = "invalid-authzid",
        /// No such mechanism is offered.
        InvalidMechanism = "invalid-mechanism",
        /// Not what the mechanism expects.
        MalformedRequest = "malformed-request",
        /// The mechanism is too weak for this account.
        MechanismTooWeak = "mechanism-too-weak",
        /// The credentials are wrong.
        NotAuthorized = "not-authorized",
        /// Try again later.
        TemporaryAuthFailure = "temporary-auth-failure",
    }
}

/// What a client sends.
#[derive(Clone, PartialEq, Eq)]
pub enum SaslRequest {
    /// `<auth/>`: the chosen mechanism, and its first message if it begins.
    Auth {
        /// The mechanism's name, known or not.
        mechanism: String,
        /// None if the element was empty; empty if it held `=` (RFC 6120 section 6.4.2).
        initial: Option<Vec<u8>>,
    },
    /// `<response/>`
    Response(Vec<u8>),
    /// `<abort/>`
    Abort,
}

/// What a server sends.
#[derive(Clone, PartialEq, Eq)]
pub enum SaslReply {
    /// `<challenge/>`
    Challenge(Vec<u8>),
    /// `<success/>`, with additional data if the mechanism has some.
    Success(Option<Vec<u8>>),
    /// `<failure/>`
    Failure(SaslFailure),
}

/// A failed authentication. The client may try again on the same stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaslFailure {
    /// Why.
    pub condition: SaslCondition,
    /// For a person to read.
    pub text: Option<String>,
}

impl From<SaslCondition> for SaslFailure {
    fn from(condition: SaslCondition) -> Self {
        Self { condition, text: None }
    }
}

impl SaslRequest {
    /// Reads what a client sent; `None` if it does not belong to SASL.
    ///
    /// # Errors
    /// [`SaslCondition::IncorrectEncoding`] if it is not base64, [`SaslCondition::InvalidMechanism`]
    /// if `<auth/>` names none, [`SaslCondition::MalformedRequest`] for another element of SASL.
    pub fn from_element(element: &Element) -> Result<Option<Self>, SaslCondition> {
        if element.namespace() != ns::SASL {
            return Ok(None);
        }
        match element.name() {
            "auth" => {
                let mechanism = element.attr("mechanism").ok_or(SaslCondition::InvalidMechanism)?;
                let initial = decode(&element.text())?;
                Ok(Some(Self::Auth { mechanism: mechanism.to_owned(), initial }))
            }
            "response" => Ok(Some(Self::Response(decode(&element.text())?.unwrap_or_default()))),
            "abort" => Ok(Some(Self::Abort)),
            _ => Err(SaslCondition::MalformedRequest),
        }
    }

    /// Makes the element.
    #[must_use]
    pub fn to_element(&self) -> Element {
        match self {
            Self::Auth { mechanism, initial } => Element::builder("auth", ns::SASL)
                .attr("mechanism", mechanism)
                .text(encode(initial.as_deref()))
                .build(),
            Self::Response(data) => {
                Element::builder("response", ns::SASL).text(STANDARD.encode(data)).build()
            }
            Self::Abort => Element::new("abort", ns::SASL),
        }
    }
}

impl SaslReply {
    /// Reads what a server sent; `None` if it does not belong to SASL.
    ///
    /// # Errors
    /// As [`SaslRequest::from_element`].
    pub fn from_element(element: &Element) -> Result<Option<Self>, SaslCondition> {
        if element.namespace() != ns::SASL {
            return Ok(None);
        }
        match element.name() {
            "challenge" => Ok(Some(Self::Challenge(decode(&element.text())?.unwrap_or_default()))),
            "success" => Ok(Some(Self::Success(decode(&element.text())?))),
            "failure" => {
                let condition = element
                    .children()
                    .find_map(|child| SaslCondition::parse(child.name()))
                    .unwrap_or(SaslCondition::NotAuthorized);
                let text = element.child("text", ns::SASL).map(Element::text);
                Ok(Some(Self::Failure(SaslFailure { condition, text })))
            }
            _ => Err(SaslCondition::MalformedRequest),
        }
    }

    /// Makes the element.
    #[must_use]
    pub fn to_element(&self) -> Element {
        match self {
            Self::Challenge(data) => {
                Element::builder("challenge", ns::SASL).text(STANDARD.encode(data)).build()
            }
            Self::Success(data) => {
                Element::builder("success", ns::SASL).text(encode(data.as_deref())).build()
            }
            Self::Failure(failure) => {
                let element =
                    Element::builder("failure", ns::SASL).field(failure.condition.as_str(), "");
                match &failure.text {
                    Some(text) => element
                        .child(Element::builder("text", ns::SASL).lang("en").text(text))
                        .build(),
                    None => element.build(),
                }
            }
        }
    }
}

/// Reads base64 in which `=` stands for a message that is there and empty.
fn decode(text: &str) -> Result<Option<Vec<u8>>, SaslCondition> {
    match text {
        "" => Ok(None),
        "=" => Ok(Some(Vec::new())),
        text => STANDARD.decode(text).map(Some).map_err(|_| SaslCondition::IncorrectEncoding),
    }
}

fn encode(data: Option<&[u8]>) -> String {
    match data {
        None => String::new(),
        Some([]) => "=".to_owned(),
        Some(data) => STANDARD.encode(data),
    }
}

/// Hides what may be a password.
impl fmt::Debug for SaslRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth { mechanism, .. } => write!(f, "Auth({mechanism})"),
            Self::Response(_) => f.write_str("Response"),
            Self::Abort => f.write_str("Abort"),
        }
    }
}

/// Hides what helps guessing a password.
impl fmt::Debug for SaslReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenge(_) => f.write_str("Challenge"),
            Self::Success(_) => f.write_str("Success"),
            Self::Failure(failure) => failure.fmt(f),
        }
    }
}

/// The one message of PLAIN (RFC 4616 section 2).
#[derive(Clone, PartialEq, Eq)]
pub struct Plain {
    /// Whom to act for, if not for oneself.
    pub authzid: Option<String>,
    /// Who logs in: a localpart.
    pub authcid: String,
    /// The password, in the clear.
    pub password: String,
}

impl Plain {
    /// Reads `[authzid] NUL authcid NUL password`.
    ///
    /// # Errors
    /// [`SaslCondition::MalformedRequest`] if it is anything else.
    pub fn parse(message: &[u8]) -> Result<Self, SaslCondition> {
        let text = std::str::from_utf8(message).map_err(|_| SaslCondition::MalformedRequest)?;
        let mut parts = text.split('\0');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(authzid), Some(authcid), Some(password), None)
                if !authcid.is_empty() && !password.is_empty() =>
            {
                Ok(Self {
                    authzid: (!authzid.is_empty()).then(|| authzid.to_owned()),
                    authcid: authcid.to_owned(),
                    password: password.to_owned(),
                })
            }
            _ => Err(SaslCondition::MalformedRequest),
        }
    }

    /// Writes the message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let authzid = self.authzid.as_deref().unwrap_or_default();
        format!("{authzid}\0{}\0{}", self.authcid, self.password).into_bytes()
    }
}

/// Hides the password.
impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").field("authcid", &self.authcid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Result<Option<SaslRequest>, SaslCondition> {
        let text = text.replace("NS", "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'");
        SaslRequest::from_element(&Element::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn an_equals_sign_is_an_empty_first_message_and_nothing_is_none() {
        for (text, expected) in [("", None), ("=", Some(Vec::new())), ("aGk=", Some(b"hi".into()))]
        {
            let auth =
                request(&format!("<auth NS mechanism='X-ANY'>{text}</auth>")).unwrap().unwrap();
            let SaslRequest::Auth { ref initial, .. } = auth else { panic!("{auth:?}") };
            assert_eq!(*initial, expected);
            assert_eq!(SaslRequest::from_element(&auth.to_element()), Ok(Some(auth)));
        }
    }

    #[test]
    fn what_is_not_base64_is_incorrect_encoding() {
        assert_eq!(request("<response NS>a b</response>"), Err(SaslCondition::IncorrectEncoding));
        assert_eq!(request("<auth NS/>"), Err(SaslCondition::InvalidMechanism));
        assert_eq!(request("<dance NS/>"), Err(SaslCondition::MalformedRequest));
        assert_eq!(request("<auth xmlns='urn:x'/>"), Ok(None));
    }

    #[test]
    fn replies_survive_the_wire() {
        for reply in [
            SaslReply::Challenge(b"r=x".into()),
            SaslReply::Success(None),
            SaslReply::Success(Some(b"v=x".into())),
            SaslReply::Failure(SaslFailure {
                condition: SaslCondition::CredentialsExpired,
                text: Some("pair again".into()),
            }),
        ] {
            assert_eq!(SaslReply::from_element(&reply.to_element()), Ok(Some(reply)));
        }
    }

    #[test]
    fn plain_has_three_parts_and_hides_its_password() {
        let plain = Plain::parse(b"\0joe\0s3cret").unwrap();
        assert_eq!((plain.authcid.as_str(), plain.authzid.as_deref()), ("joe", None));
        assert_eq!(plain.to_bytes(), b"\0joe\0s3cret");
        assert!(!format!("{plain:?}").contains("s3cret"));
        for wrong in [&b"joe\0s3cret"[..], b"\0\0x", b"\0joe\0", b"\0a\0b\0c", b"\0\xff\0x"] {
            assert_eq!(Plain::parse(wrong), Err(SaslCondition::MalformedRequest));
        }
    }
}
