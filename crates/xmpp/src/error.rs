//! RFC 6120 section 8.3: stanza errors.

use crate::condition::conditions;
use crate::element::Element;
use crate::ns;

conditions! {
    /// A stanza error condition (RFC 6120 section 8.3.3).
    pub enum Condition {
        /// XML that does not fit its schema, or cannot be processed.
        BadRequest = "bad-request",
        /// Something with that name is there already.
        Conflict = "conflict",
        /// The feature is not implemented.
        FeatureNotImplemented = "feature-not-implemented",
        /// The requesting entity is not allowed to do that.
        Forbidden = "forbidden",
        /// The addressee can no longer be reached at this address.
        Gone = "gone",
        /// Something is broken here.
        InternalServerError = "internal-server-error",
        /// The item does not exist.
        ItemNotFound = "item-not-found",
        /// An address is not well-formed.
        JidMalformed = "jid-malformed",
        /// The request does not meet the addressee's criteria.
        NotAcceptable = "not-acceptable",
        /// Nobody may do that.
        NotAllowed = "not-allowed",
        /// Credentials are needed first.
        NotAuthorized = "not-authorized",
        /// A local rule was broken.
        PolicyViolation = "policy-violation",
        /// The addressee is there but not now.
        RecipientUnavailable = "recipient-unavailable",
        /// Use another address, for now.
        Redirect = "redirect",
        /// Registration is needed first.
        RegistrationRequired = "registration-required",
        /// A remote server does not exist.
        RemoteServerNotFound = "remote-server-not-found",
        /// A remote server did not answer in time.
        RemoteServerTimeout = "remote-server-timeout",
        /// Too much is going on here.
        ResourceConstraint = "resource-constraint",
        /// The service is not offered.
        ServiceUnavailable = "service-unavailable",
        /// A subscription is needed first.
        SubscriptionRequired = "subscription-required",
        /// None of the other conditions.
        UndefinedCondition = "undefined-condition",
        /// The request was understood, but came at the wrong time.
        UnexpectedRequest = "unexpected-request",
    }
}

conditions! {
    /// What the sender can do about it (RFC 6120 section 8.3.2).
    pub enum ErrorKind {
        /// Retry after providing credentials.
        Auth = "auth",
        /// Do not retry.
        Cancel = "cancel",
        /// Proceed: it was only a warning.
        Continue = "continue",
        /// Retry after changing what was sent.
        Modify = "modify",
        /// Retry after waiting.
        Wait = "wait",
    }
}

impl Condition {
    /// Returns the kind that RFC 6120 section 8.3.3 gives or suggests for the condition.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::BadRequest
            | Self::JidMalformed
            | Self::NotAcceptable
            | Self::PolicyViolation
            | Self::Redirect => ErrorKind::Modify,
            Self::Forbidden
            | Self::NotAuthorized
            | Self::RegistrationRequired
            | Self::SubscriptionRequired => ErrorKind::Auth,
            Self::RecipientUnavailable
            | Self::RemoteServerTimeout
            | Self::ResourceConstraint
            | Self::UnexpectedRequest => ErrorKind::Wait,
            Self::Conflict
            | Self::FeatureNotImplemented
            | Self::Gone
            | Self::InternalServerError
            | Self::ItemNotFound
            | Self::NotAllowed
            | Self::RemoteServerNotFound
            | Self::ServiceUnavailable
            | Self::UndefinedCondition => ErrorKind::Cancel,
        }
    }
}

/// An error that answers a stanza.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stanza error {condition}{}", text.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
pub struct StanzaError {
    /// What the sender can do about it.
    pub kind: ErrorKind,
    /// What is wrong.
    pub condition: Condition,
    /// For a person to read.
    pub text: Option<Box<str>>,
    /// A more exact condition of another specification.
    pub application: Option<Element>,
    /// What goes back beside the error: of what was sent, that which is wrong.
    pub returned: Option<Box<Element>>,
}

impl StanzaError {
    /// Makes an error of the usual kind for `condition`.
    #[must_use]
    pub const fn new(condition: Condition) -> Self {
        Self { kind: condition.kind(), condition, text: None, application: None, returned: None }
    }

    /// Adds a text for a person.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into().into_boxed_str());
        self
    }

    /// Sets another kind than the usual one.
    #[must_use]
    pub const fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Adds a condition of another specification.
    #[must_use]
    pub fn with_application(mut self, application: Element) -> Self {
        self.application = Some(application);
        self
    }

    /// Sends back what of the request is wrong (RFC 6120 section 8.3.1).
    #[must_use]
    pub fn with_returned(mut self, returned: Element) -> Self {
        self.returned = Some(Box::new(returned));
        self
    }

    /// Makes `<error/>` in the content namespace `namespace`.
    #[must_use]
    pub fn to_element(&self, namespace: &str) -> Element {
        let mut error = Element::builder("error", namespace)
            .attr("type", self.kind.as_str())
            .child(Element::new(self.condition.as_str(), ns::STANZA_ERRORS));
        if let Some(text) = &self.text {
            error = error.child(Element::builder("text", ns::STANZA_ERRORS).lang("en").text(text));
        }
        error.children(self.application.clone()).build()
    }

    /// Makes the answer to `stanza`: the same name and `id`, addresses exchanged, type `error`, and
    /// this. What was sent is not returned, as section 8.3.1 allows, but for what
    /// [`with_returned`](Self::with_returned) says.
    ///
    /// RFC 6120 section 8.3.1: an error MUST NOT be answered with an error, nor may an iq result; for
    /// those this returns `None`.
    #[must_use]
    pub fn reply_to(&self, stanza: &Element) -> Option<Element> {
        let kind = stanza.attr("type");
        if kind == Some("error") || (stanza.name() == "iq" && kind == Some("result")) {
            return None;
        }
        let reply = Element::builder(stanza.name(), stanza.namespace())
            .attr_opt("id", stanza.attr("id"))
            .attr_opt("from", stanza.attr("to"))
            .attr_opt("to", stanza.attr("from"))
            .attr("type", "error")
            .children(self.returned.as_deref().cloned())
            .child(self.to_element(stanza.namespace()));
        Some(reply.build())
    }

    /// Reads the error that `stanza` carries. What is missing or unknown counts as undefined: an error
    /// is not worth an error.
    #[must_use]
    pub fn of(stanza: &Element) -> Option<Self> {
        let error = stanza.child("error", stanza.namespace())?;
        let condition = error
            .children()
            .filter(|child| child.namespace() == ns::STANZA_ERRORS)
            .find_map(|child| Condition::parse(child.name()))
            .unwrap_or(Condition::UndefinedCondition);
        let kind = error.attr("type").and_then(ErrorKind::parse).unwrap_or(condition.kind());
        let text = error.child("text", ns::STANZA_ERRORS).map(|text| text.text().into_boxed_str());
        let application =
            error.children().find(|child| child.namespace() != ns::STANZA_ERRORS).cloned();
        Some(Self { kind, condition, text, application, returned: None })
    }
}

impl From<Condition> for StanzaError {
    fn from(condition: Condition) -> Self {
        Self::new(condition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stanza(text: &str) -> Element {
        Element::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn every_condition_survives_the_wire() {
        let iq = stanza("<iq xmlns='jabber:client' type='get' id='1' from='a@b/c' to='b'/>");
        for &condition in Condition::ALL {
            let error = StanzaError::new(condition)
                .with_text("why")
                .with_application(Element::new("more", "urn:x"));
            let reply = error.reply_to(&iq).unwrap();
            assert_eq!(StanzaError::of(&stanza(&reply.to_xml())), Some(error));
        }
        assert_eq!(Condition::ALL.len(), 22);
    }

    #[test]
    fn a_reply_goes_back_with_the_same_id() {
        let iq = stanza("<iq xmlns='jabber:client' type='get' id='1' from='a@b/c' to='b'/>");
        let reply = StanzaError::new(Condition::ServiceUnavailable).reply_to(&iq).unwrap();
        assert_eq!((reply.attr("to"), reply.attr("from")), (Some("a@b/c"), Some("b")));
        assert_eq!((reply.attr("id"), reply.attr("type")), (Some("1"), Some("error")));
    }

    #[test]
    fn errors_and_results_are_not_answered() {
        let error = StanzaError::new(Condition::BadRequest);
        for text in [
            "<iq xmlns='jabber:client' type='result' id='1'/>",
            "<iq xmlns='jabber:client' type='error' id='1'/>",
            "<message xmlns='jabber:client' type='error'/>",
        ] {
            assert_eq!(error.reply_to(&stanza(text)), None);
        }
    }

    #[test]
    fn an_error_without_condition_is_undefined() {
        let iq = stanza("<iq xmlns='jabber:client' type='error' id='1'><error/></iq>");
        assert_eq!(StanzaError::of(&iq).unwrap().condition, Condition::UndefinedCondition);
    }
}
