//! XEP-0388: the elements of the Extensible SASL Profile.
//!
//! Beside the names, two things differ from RFC 6120: base64 may stand among white space, and an
//! element that is there and empty holds a message that is there and empty. Left out: `<continue/>`
//! and its tasks, since nobody here has any.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::element::Element;
use crate::ns;
use crate::sasl::{SaslCondition, SaslFailure};

/// What a client sends.
#[derive(Clone, PartialEq, Eq)]
pub enum Sasl2Request {
    /// `<authenticate/>`; whatever else it holds is for the caller to read.
    Authenticate {
        /// The mechanism's name, known or not.
        mechanism: String,
        /// The mechanism's first message, if it begins.
        initial: Option<Vec<u8>>,
        /// What the client says of itself.
        user_agent: UserAgent,
    },
    /// `<response/>`
    Response(Vec<u8>),
    /// `<abort/>`
    Abort,
}

/// What a client says of itself, for its own account's eyes only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserAgent {
    /// Names the installation for good: a UUID, in lower case. What is none counts as not said.
    pub id: Option<String>,
    /// The program.
    pub software: Option<String>,
    /// What it runs on.
    pub device: Option<String>,
}

/// What a server sends.
#[derive(Clone, PartialEq, Eq)]
pub enum Sasl2Reply {
    /// `<challenge/>`
    Challenge(Vec<u8>),
    /// `<success/>`
    Success {
        /// The mechanism's last message, if it has one.
        additional: Option<Vec<u8>>,
        /// Who the client is now: a bare address, or a full one where a resource is bound.
        identifier: String,
        /// What became of the other things the client asked for.
        inline: Vec<Element>,
    },
    /// `<failure/>`
    Failure(SaslFailure),
}

impl Sasl2Request {
    /// Reads what a client sent; `None` if it does not belong to this profile.
    ///
    /// # Errors
    /// [`SaslCondition::IncorrectEncoding`] if it is not base64, [`SaslCondition::InvalidMechanism`]
    /// if `<authenticate/>` names none.
    pub fn from_element(element: &Element) -> Result<Option<Self>, SaslCondition> {
        if element.namespace() != ns::SASL2 {
            return Ok(None);
        }
        match element.name() {
            "authenticate" => {
                let mechanism = element.attr("mechanism").ok_or(SaslCondition::InvalidMechanism)?;
                let initial = element.child("initial-response", ns::SASL2).map(decode).transpose();
                let user_agent = element.child("user-agent", ns::SASL2);
                Ok(Some(Self::Authenticate {
                    mechanism: mechanism.to_owned(),
                    initial: initial?,
                    user_agent: user_agent.map(UserAgent::from_element).unwrap_or_default(),
                }))
            }
            "response" => Ok(Some(Self::Response(decode(element)?))),
            "abort" => Ok(Some(Self::Abort)),
            _ => Ok(None),
        }
    }

    /// Makes the element.
    #[must_use]
    pub fn to_element(&self) -> Element {
        match self {
            Self::Authenticate { mechanism, initial, user_agent } => {
                let mut element = Element::builder("authenticate", ns::SASL2)
                    .attr("mechanism", mechanism)
                    .build();
                if let Some(initial) = initial {
                    element.push(data("initial-response", initial));
                }
                if *user_agent != UserAgent::default() {
                    element.push(user_agent.to_element());
                }
                element
            }
            Self::Response(response) => data("response", response),
            Self::Abort => Element::new("abort", ns::SASL2),
        }
    }
}

impl UserAgent {
    fn from_element(element: &Element) -> Self {
        let text = |name| element.child(name, ns::SASL2).map(Element::text);
        Self {
            id: element.attr("id").filter(|id| is_uuid(id)).map(str::to_ascii_lowercase),
            software: text("software"),
            device: text("device"),
        }
    }

    fn to_element(&self) -> Element {
        let mut element =
            Element::builder("user-agent", ns::SASL2).attr_opt("id", self.id.as_deref()).build();
        for (name, text) in [("software", &self.software), ("device", &self.device)] {
            if let Some(text) = text {
                element.push(Element::builder(name, ns::SASL2).text(text).build());
            }
        }
        element
    }
}

impl Sasl2Reply {
    /// Reads what a server sent; `None` if it does not belong to this profile.
    ///
    /// # Errors
    /// [`SaslCondition::IncorrectEncoding`] if it is not base64.
    pub fn from_element(element: &Element) -> Result<Option<Self>, SaslCondition> {
        if element.namespace() != ns::SASL2 {
            return Ok(None);
        }
        match element.name() {
            "challenge" => Ok(Some(Self::Challenge(decode(element)?))),
            "success" => {
                let additional = element.child("additional-data", ns::SASL2).map(decode);
                let identifier = element.child("authorization-identifier", ns::SASL2);
                let inline = element.children().filter(|child| child.namespace() != ns::SASL2);
                Ok(Some(Self::Success {
                    additional: additional.transpose()?,
                    identifier: identifier.map(Element::text).unwrap_or_default(),
                    inline: inline.cloned().collect(),
                }))
            }
            "failure" => {
                let known = element.children().filter(|child| child.namespace() == ns::SASL);
                let condition = known
                    .filter_map(|child| SaslCondition::parse(child.name()))
                    .next()
                    .unwrap_or(SaslCondition::NotAuthorized);
                let text = element.child("text", ns::SASL2).map(Element::text);
                Ok(Some(Self::Failure(SaslFailure { condition, text })))
            }
            _ => Ok(None),
        }
    }

    /// Makes the element.
    #[must_use]
    pub fn to_element(&self) -> Element {
        match self {
            Self::Challenge(challenge) => data("challenge", challenge),
            Self::Success { additional, identifier, inline } => {
                let additional = additional.iter().map(|bytes| data("additional-data", bytes));
                Element::builder("success", ns::SASL2)
                    .children(additional)
                    .field("authorization-identifier", identifier)
                    .children(inline.iter().cloned())
                    .build()
            }
            Self::Failure(failure) => {
                let condition = Element::new(failure.condition.as_str(), ns::SASL);
                let element = Element::builder("failure", ns::SASL2).child(condition);
                match &failure.text {
                    Some(text) => element.field("text", text).build(),
                    None => element.build(),
                }
            }
        }
    }
}

fn data(name: &str, bytes: &[u8]) -> Element {
    Element::builder(name, ns::SASL2).text(STANDARD.encode(bytes)).build()
}

/// COMPAT(the examples of XEP-0388): base64 there stands on lines of its own.
fn decode(element: &Element) -> Result<Vec<u8>, SaslCondition> {
    let text = element.text();
    STANDARD.decode(text.trim_ascii()).map_err(|_| SaslCondition::IncorrectEncoding)
}

/// The pattern of the schema: 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Hides what may be a password.
impl fmt::Debug for Sasl2Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticate { mechanism, .. } => write!(f, "Authenticate({mechanism})"),
            Self::Response(_) => f.write_str("Response"),
            Self::Abort => f.write_str("Abort"),
        }
    }
}

/// Hides what helps guessing a password, and tokens.
impl fmt::Debug for Sasl2Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenge(_) => f.write_str("Challenge"),
            Self::Success { identifier, .. } => write!(f, "Success({identifier})"),
            Self::Failure(failure) => failure.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Result<Option<Sasl2Request>, SaslCondition> {
        let text = text.replace("NS", "xmlns='urn:xmpp:sasl:2'");
        Sasl2Request::from_element(&Element::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn the_example_of_the_document_is_read() {
        let read = request(
            "<authenticate NS mechanism='BLURDYBLOOP'>
               <initial-response>
                 SSBzaG91bGQgbWFrZSB0aGlzIGEgY29tcGV0aXRpb24=
               </initial-response>
               <user-agent id='D4565fa7-4d72-4749-b3d3-740edbf87770'>
                 <software>AwesomeXMPP</software>
                 <device>Kiva's Phone</device>
               </user-agent>
               <bind xmlns='urn:xmpp:bind:example'/>
             </authenticate>",
        );
        let Ok(Some(Sasl2Request::Authenticate { mechanism, initial, user_agent })) = read else {
            panic!("{read:?}");
        };
        assert_eq!(mechanism, "BLURDYBLOOP");
        assert_eq!(initial.as_deref(), Some(&b"I should make this a competition"[..]));
        assert_eq!(user_agent.id.as_deref(), Some("d4565fa7-4d72-4749-b3d3-740edbf87770"));
        assert_eq!(user_agent.device.as_deref(), Some("Kiva's Phone"));
    }

    #[test]
    fn an_empty_first_message_is_there_and_an_equals_sign_is_none() {
        for (text, expected) in [("", None), ("<initial-response/>", Some(Vec::new()))] {
            let read = request(&format!("<authenticate NS mechanism='X'>{text}</authenticate>"));
            let Ok(Some(Sasl2Request::Authenticate { initial, .. })) = read else { panic!() };
            assert_eq!(initial, expected);
        }
        assert_eq!(request("<response NS>=</response>"), Err(SaslCondition::IncorrectEncoding));
        assert_eq!(request("<authenticate NS/>"), Err(SaslCondition::InvalidMechanism));
        assert_eq!(request("<dance NS/>"), Ok(None));
    }

    #[test]
    fn an_identity_that_is_no_uuid_counts_as_not_given() {
        for id in
            ["phone", "d4565fa7-4d72-4749-b3d3-740edbf8777", "d4565fa74d724749b3d3740edbf877701111"]
        {
            let read = request(&format!(
                "<authenticate NS mechanism='X'><user-agent id='{id}'/></authenticate>"
            ));
            let Ok(Some(Sasl2Request::Authenticate { user_agent, .. })) = read else { panic!() };
            assert_eq!(user_agent.id, None);
        }
    }

    #[test]
    fn requests_and_replies_survive_the_wire() {
        let agent = UserAgent { device: Some("sofa".into()), ..UserAgent::default() };
        for request in [
            Sasl2Request::Authenticate {
                mechanism: "PLAIN".into(),
                initial: Some(Vec::new()),
                user_agent: agent,
            },
            Sasl2Request::Response(b"r".into()),
            Sasl2Request::Abort,
        ] {
            assert_eq!(Sasl2Request::from_element(&request.to_element()), Ok(Some(request)));
        }
        for reply in [
            Sasl2Reply::Challenge(b"r=x".into()),
            Sasl2Reply::Success {
                additional: Some(b"v=x".into()),
                identifier: "a@b/c".into(),
                inline: vec![Element::new("bound", "urn:x")],
            },
            Sasl2Reply::Failure(SaslFailure {
                condition: SaslCondition::Aborted,
                text: Some("why not".into()),
            }),
        ] {
            assert_eq!(Sasl2Reply::from_element(&reply.to_element()), Ok(Some(reply)));
        }
    }
}
