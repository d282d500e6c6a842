//! RFC 6120 section 8: message, presence and iq.
//!
//! A [`Stanza`] is an element that has been checked as far as every router needs it: its kind and
//! type are known and its addresses parse. What it carries is left alone.

use std::fmt;

use crate::condition::conditions;
use crate::element::Element;
use crate::error::{Condition, StanzaError};
use crate::jid::Jid;
use crate::ns;

conditions! {
    /// The type of a message (RFC 6121 section 5.2.2).
    pub enum MessageType {
        /// A single message, and whatever has no type or an unknown one.
        Normal = "normal",
        /// Part of a conversation.
        Chat = "chat",
        /// From or for a room.
        Groupchat = "groupchat",
        /// An alert to which no answer is expected.
        Headline = "headline",
        /// What became of a message.
        Error = "error",
    }
}

conditions! {
    /// The type of a presence (RFC 6121 section 4.7.1).
    pub enum PresenceType {
        /// No type on the wire: available.
        Available = "",
        /// No longer available.
        Unavailable = "unavailable",
        /// Wants a subscription.
        Subscribe = "subscribe",
        /// Grants a subscription.
        Subscribed = "subscribed",
        /// Ends its own subscription.
        Unsubscribe = "unsubscribe",
        /// Denies or cancels a subscription.
        Unsubscribed = "unsubscribed",
        /// A server asks for the current presence.
        Probe = "probe",
        /// What became of a presence.
        Error = "error",
    }
}

conditions! {
    /// The type of an iq (RFC 6120 section 8.2.3).
    pub enum IqType {
        /// Asks.
        Get = "get",
        /// Changes.
        Set = "set",
        /// Answers.
        Result = "result",
        /// Answers that it cannot be done.
        Error = "error",
    }
}

/// What a stanza is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `<message/>`
    Message(MessageType),
    /// `<presence/>`
    Presence(PresenceType),
    /// `<iq/>`
    Iq(IqType),
}

/// A checked stanza.
#[derive(Clone, PartialEq, Eq)]
pub struct Stanza {
    element: Element,
    kind: Kind,
    from: Option<Jid>,
    to: Option<Jid>,
}

/// An element that is no stanza, or a stanza that nobody can handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The element, as it came.
    pub element: Box<Element>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Why an element is not accepted as a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Not a message, presence or iq. To be closed with `unsupported-stanza-type`.
    #[error("not a stanza")]
    NotAStanza,
    /// RFC 6120 section 8.2.3 and RFC 6121 section 4.7.1: no such type of iq or presence.
    #[error("unknown type")]
    Type,
    /// RFC 6120 section 8.2.3: an iq needs an id.
    #[error("an iq without id")]
    Id,
    /// RFC 6120 section 8.2.3: an iq get or set has exactly one child, an iq result at most one.
    #[error("an iq with the wrong number of children")]
    Children,
    /// The `from` is no address. To be closed with `invalid-from`.
    #[error("the from address is malformed")]
    From,
    /// The `to` is no address.
    #[error("the to address is malformed")]
    To,
}

impl Rejected {
    /// Returns the stanza error to answer with; `None` where the answer is a stream error, or silence.
    #[must_use]
    pub fn reply(&self) -> Option<Element> {
        let condition = match self.fault {
            Fault::NotAStanza | Fault::From => return None,
            Fault::Type | Fault::Id | Fault::Children => Condition::BadRequest,
            Fault::To => Condition::JidMalformed,
        };
        StanzaError::new(condition).with_text(self.fault.to_string()).reply_to(&self.element)
    }
}

impl TryFrom<Element> for Stanza {
    type Error = Rejected;

    fn try_from(element: Element) -> Result<Self, Rejected> {
        match check(&element) {
            Ok((kind, from, to)) => Ok(Self { element, kind, from, to }),
            Err(fault) => Err(Rejected { element: Box::new(element), fault }),
        }
    }
}

fn check(element: &Element) -> Result<(Kind, Option<Jid>, Option<Jid>), Fault> {
    if element.namespace() != ns::CLIENT && element.namespace() != ns::SERVER {
        return Err(Fault::NotAStanza);
    }
    let kind = element.attr("type");
    let kind = match element.name() {
        // RFC 6121 section 5.2.2: an unknown type MUST be treated as normal.
        "message" => {
            Kind::Message(kind.and_then(MessageType::parse).unwrap_or(MessageType::Normal))
        }
        "presence" => match kind {
            None => Kind::Presence(PresenceType::Available),
            Some("") => return Err(Fault::Type),
            Some(kind) => Kind::Presence(PresenceType::parse(kind).ok_or(Fault::Type)?),
        },
        "iq" => {
            let kind = kind.and_then(IqType::parse).ok_or(Fault::Type)?;
            check_iq(element, kind)?;
            Kind::Iq(kind)
        }
        _ => return Err(Fault::NotAStanza),
    };
    let address = |name| element.attr(name).map(str::parse).transpose();
    let from = address("from").map_err(|_| Fault::From)?;
    let to = address("to").map_err(|_| Fault::To)?;
    Ok((kind, from, to))
}

fn check_iq(element: &Element, kind: IqType) -> Result<(), Fault> {
    if element.attr("id").is_none_or(str::is_empty) {
        return Err(Fault::Id);
    }
    let children = element.children().take(2).count();
    let fits = match kind {
        IqType::Get | IqType::Set => children == 1,
        IqType::Result => children <= 1,
        IqType::Error => true,
    };
    if fits { Ok(()) } else { Err(Fault::Children) }
}

impl Stanza {
    /// Starts a message in the namespace of clients.
    #[must_use]
    pub fn message(kind: MessageType) -> Self {
        Self::start("message", ns::CLIENT, Kind::Message(kind), kind.as_str())
    }

    /// Starts a presence in the namespace of clients.
    #[must_use]
    pub fn presence(kind: PresenceType) -> Self {
        Self::start("presence", ns::CLIENT, Kind::Presence(kind), kind.as_str())
    }

    /// Makes an iq get or set in the namespace of clients.
    #[must_use]
    pub fn iq(kind: IqType, id: &str, payload: impl Into<Option<Element>>) -> Self {
        Self::iq_in(ns::CLIENT, kind, id, payload.into())
    }

    fn iq_in(namespace: &str, kind: IqType, id: &str, payload: Option<Element>) -> Self {
        let mut iq = Self::start("iq", namespace, Kind::Iq(kind), kind.as_str());
        iq.set_id(id);
        if let Some(payload) = payload {
            iq.element.push(payload);
        }
        iq
    }

    fn start(name: &str, namespace: &str, kind: Kind, text: &str) -> Self {
        let mut element = Element::new(name, namespace);
        // Nothing means available, and a message without type is a normal one.
        if !matches!(text, "" | "normal") {
            element.set_attr("type", text);
        }
        Self { element, kind, from: None, to: None }
    }

    /// Adds a child that holds only text, in the stanza's own namespace, such as a body.
    #[must_use]
    pub fn with_field(mut self, name: &str, text: &str) -> Self {
        let child = Element::builder(name, self.element.namespace()).text(text);
        self.element.push(child.build());
        self
    }

    /// Adds a payload.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<Element>) -> Self {
        self.element.push(payload.into());
        self
    }

    /// Sets the addressee.
    #[must_use]
    pub fn with_to(mut self, to: impl Into<Jid>) -> Self {
        self.set_to(Some(to.into()));
        self
    }

    /// Sets the sender.
    #[must_use]
    pub fn with_from(mut self, from: impl Into<Jid>) -> Self {
        self.set_from(Some(from.into()));
        self
    }

    /// Sets the identifier.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.set_id(id);
        self
    }

    /// Returns what the stanza is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the sender.
    #[must_use]
    pub const fn from(&self) -> Option<&Jid> {
        self.from.as_ref()
    }

    /// Returns the addressee.
    #[must_use]
    pub const fn to(&self) -> Option<&Jid> {
        self.to.as_ref()
    }

    /// Returns the identifier.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.element.attr("id")
    }

    /// Returns `xml:lang`.
    #[must_use]
    pub fn lang(&self) -> Option<&str> {
        self.element.lang()
    }

    /// Returns the text of the first child `name` in the stanza's own namespace: a body, a status.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.element.child(name, self.element.namespace()).map(Element::text)
    }

    /// Returns the body of a message.
    #[must_use]
    pub fn body(&self) -> Option<String> {
        self.field("body")
    }

    /// Returns what an iq carries: its one child.
    #[must_use]
    pub fn payload(&self) -> Option<&Element> {
        self.element.children().next()
    }

    /// Returns the first child with this name and namespace.
    #[must_use]
    pub fn child(&self, name: &str, namespace: &str) -> Option<&Element> {
        self.element.child(name, namespace)
    }

    /// Returns the error that a stanza of type `error` carries.
    #[must_use]
    pub fn error(&self) -> Option<StanzaError> {
        self.is_error().then(|| StanzaError::of(&self.element)).flatten()
    }

    /// Says whether the stanza is of type `error`.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(
            self.kind,
            Kind::Message(MessageType::Error)
                | Kind::Presence(PresenceType::Error)
                | Kind::Iq(IqType::Error)
        )
    }

    /// Returns the element.
    #[must_use]
    pub const fn element(&self) -> &Element {
        &self.element
    }

    /// Returns the element.
    #[must_use]
    pub fn into_element(self) -> Element {
        self.element
    }

    /// Changes what the stanza carries. Its type and addresses stay.
    pub fn edit(&mut self, change: impl FnOnce(&mut Element)) {
        let kept =
            ["type", "from", "to"].map(|name| (name, self.element.attr(name).map(str::to_owned)));
        change(&mut self.element);
        for (name, value) in kept {
            set(&mut self.element, name, value);
        }
    }

    /// Sets the sender.
    pub fn set_from(&mut self, from: Option<Jid>) {
        set(&mut self.element, "from", from.as_ref().map(Jid::to_string));
        self.from = from;
    }

    /// Sets the addressee.
    pub fn set_to(&mut self, to: Option<Jid>) {
        set(&mut self.element, "to", to.as_ref().map(Jid::to_string));
        self.to = to;
    }

    /// Sets the identifier.
    pub fn set_id(&mut self, id: &str) {
        self.element.set_attr("id", id);
    }

    /// Makes the result of an iq get or set: the same `id` and namespace, addresses exchanged.
    #[must_use]
    pub fn result(&self, payload: impl Into<Option<Element>>) -> Self {
        let id = self.id().unwrap_or_default();
        let namespace = self.element.namespace();
        let mut result = Self::iq_in(namespace, IqType::Result, id, payload.into());
        result.set_from(self.to.clone());
        result.set_to(self.from.clone());
        result
    }

    /// Makes the error that answers this stanza; `None` if it may not be answered with one.
    #[must_use]
    pub fn error_reply(&self, error: &StanzaError) -> Option<Self> {
        Self::try_from(error.reply_to(&self.element)?).ok()
    }
}

fn set(element: &mut Element, name: &str, value: Option<String>) {
    match value {
        Some(value) => element.set_attr(name, value),
        None => drop(element.remove_attr(name)),
    }
}

impl From<Stanza> for Element {
    fn from(stanza: Stanza) -> Self {
        stanza.element
    }
}

/// Shows kind and addresses, not the content.
impl fmt::Debug for Stanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stanza")
            .field("kind", &self.kind)
            .field("from", &self.from.as_ref().map(Jid::to_string))
            .field("to", &self.to.as_ref().map(Jid::to_string))
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stanza(text: &str) -> Result<Stanza, Rejected> {
        Stanza::try_from(Element::parse(text.as_bytes()).unwrap())
    }

    fn fault(text: &str) -> Fault {
        stanza(text).unwrap_err().fault
    }

    #[test]
    fn an_unknown_message_type_is_normal() {
        for kind in ["", "type=''", "type='normal'", "type='telegram'"] {
            let message = stanza(&format!("<message xmlns='jabber:client' {kind}/>")).unwrap();
            assert_eq!(message.kind(), Kind::Message(MessageType::Normal));
        }
    }

    #[test]
    fn an_unknown_presence_or_iq_type_is_a_bad_request() {
        let presence = "<presence xmlns='jabber:client' type='shy' from='a@b' id='1'/>";
        let rejected = stanza(presence).unwrap_err();
        assert_eq!(rejected.fault, Fault::Type);
        let reply = Stanza::try_from(rejected.reply().unwrap()).unwrap();
        assert_eq!(reply.error().unwrap().condition, Condition::BadRequest);
        assert_eq!(fault("<iq xmlns='jabber:client' id='1'><a/></iq>"), Fault::Type);
    }

    #[test]
    fn an_iq_has_an_id_and_the_right_number_of_children() {
        assert_eq!(fault("<iq xmlns='jabber:client' type='get'><a/></iq>"), Fault::Id);
        assert_eq!(fault("<iq xmlns='jabber:client' type='get' id='1'/>"), Fault::Children);
        let two = "<iq xmlns='jabber:client' type='set' id='1'><a/><b/></iq>";
        assert_eq!(fault(two), Fault::Children);
        assert!(stanza("<iq xmlns='jabber:client' type='result' id='1'/>").is_ok());
    }

    #[test]
    fn malformed_addresses_are_told_apart() {
        assert_eq!(fault("<message xmlns='jabber:client' from='@'/>"), Fault::From);
        let to = stanza("<message xmlns='jabber:client' to='@' from='a@b'/>").unwrap_err();
        assert_eq!(to.fault, Fault::To);
        assert!(to.reply().unwrap().to_xml().contains("jid-malformed"));
    }

    #[test]
    fn other_elements_are_no_stanzas() {
        assert_eq!(fault("<message xmlns='urn:x'/>"), Fault::NotAStanza);
        assert_eq!(fault("<letter xmlns='jabber:client'/>"), Fault::NotAStanza);
    }

    #[test]
    fn the_result_of_an_iq_goes_back_to_its_sender() {
        let iq =
            stanza("<iq xmlns='jabber:client' type='get' id='7' from='a@b/c' to='d'><q/></iq>");
        let result = iq.unwrap().result(None);
        assert_eq!(result.to().unwrap().to_string(), "a@b/c");
        assert_eq!(
            result.element().to_bytes(ns::CLIENT),
            "<iq from='d' id='7' to='a@b/c' type='result'/>"
        );
    }

    #[test]
    fn the_answer_to_a_server_is_in_the_namespace_of_servers() {
        let text =
            "<iq xmlns='jabber:server' type='get' id='7' from='a@b/c' to='d'><q xmlns='u'/></iq>";
        assert_eq!(stanza(text).unwrap().result(None).element().namespace(), ns::SERVER);
    }

    #[test]
    fn editing_cannot_forge_the_sender() {
        let mut message =
            Stanza::message(MessageType::Chat).with_from("a@b".parse::<Jid>().unwrap());
        message.edit(|element| element.set_attr("from", "evil@example.com"));
        assert_eq!(message.element().attr("from"), Some("a@b"));
        assert_eq!(message.element().attr("type"), Some("chat"));
    }

    #[test]
    fn a_stanza_in_a_log_does_not_tell_its_body() {
        let message = Stanza::message(MessageType::Chat).with_field("body", "secret");
        assert!(!format!("{message:?}").contains("secret"));
        assert_eq!(message.body().as_deref(), Some("secret"));
    }
}
