//! What all payloads have in common.

use crate::element::Element;
use crate::error::{Condition, StanzaError};
use crate::stanza::{IqType, Kind, MessageType, PresenceType, Stanza};

/// A stanza that a payload may ride in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// Any message that is no error.
    Message,
    /// Available or unavailable presence.
    Presence,
    /// An iq of type `get`.
    IqGet,
    /// An iq of type `set`.
    IqSet,
    /// An iq of type `result`.
    IqResult,
}

impl Carrier {
    /// Returns what a stanza of this kind carries payloads as. Errors and the management of
    /// subscriptions carry none.
    #[must_use]
    pub const fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Message(MessageType::Error)
            | Kind::Presence(
                PresenceType::Error
                | PresenceType::Probe
                | PresenceType::Subscribe
                | PresenceType::Subscribed
                | PresenceType::Unsubscribe
                | PresenceType::Unsubscribed,
            )
            | Kind::Iq(IqType::Error) => None,
            Kind::Message(
                MessageType::Normal
                | MessageType::Chat
                | MessageType::Groupchat
                | MessageType::Headline,
            ) => Some(Self::Message),
            Kind::Presence(PresenceType::Available | PresenceType::Unavailable) => {
                Some(Self::Presence)
            }
            Kind::Iq(IqType::Get) => Some(Self::IqGet),
            Kind::Iq(IqType::Set) => Some(Self::IqSet),
            Kind::Iq(IqType::Result) => Some(Self::IqResult),
        }
    }
}

/// Why an element is not the payload that its name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// A mandatory child or attribute is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A child or attribute has a value that it cannot have.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// A child or attribute that may be there once is there more often.
    #[error("{0} is there more than once")]
    Repeated(&'static str),
}

impl From<PayloadError> for StanzaError {
    fn from(error: PayloadError) -> Self {
        Self::new(Condition::BadRequest).with_text(error.to_string())
    }
}

/// A typed child of a stanza.
pub trait Payload: Sized {
    /// The local name of the element.
    const NAME: &'static str;
    /// The namespace of the element.
    const NAMESPACE: &'static str;
    /// The stanzas it may ride in.
    const CARRIERS: &'static [Carrier];

    /// Reads the content of an element that has the right name and namespace.
    ///
    /// # Errors
    /// What is missing or not valid in it.
    fn read(element: &Element) -> Result<Self, PayloadError>;

    /// Makes the element.
    fn to_element(&self) -> Element;

    /// Reads `element` if it has the right name and namespace.
    ///
    /// # Errors
    /// What is missing or not valid in it.
    fn from_element(element: &Element) -> Result<Option<Self>, PayloadError> {
        element.is(Self::NAME, Self::NAMESPACE).then(|| Self::read(element)).transpose()
    }

    /// Reads the first such payload of `stanza`. `None` if there is none, or if it may not be in this
    /// kind of stanza.
    ///
    /// # Errors
    /// What is missing or not valid in it.
    fn of(stanza: &Stanza) -> Result<Option<Self>, PayloadError> {
        let Some(carrier) = Carrier::of(stanza.kind()) else { return Ok(None) };
        if !Self::CARRIERS.contains(&carrier) {
            return Ok(None);
        }
        stanza.child(Self::NAME, Self::NAMESPACE).map(Self::read).transpose()
    }
}

/// Reads a mandatory attribute.
pub(super) fn required<'a>(
    element: &'a Element,
    name: &'static str,
) -> Result<&'a str, PayloadError> {
    element.attr(name).ok_or(PayloadError::Missing(name))
}

/// Reads the text of a child in the element's own namespace.
pub(super) fn field(element: &Element, name: &str) -> Option<String> {
    element.child(name, element.namespace()).map(Element::text)
}
