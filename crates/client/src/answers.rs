//! What a device answers to others: requests (iq get and set) by namespace.

use std::fmt;
use std::sync::Arc;

use televisor_xmpp::{Condition, Element, IqType, Stanza, StanzaError};

/// A request of another device, or of anybody on the link.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who asks: the address that the receiver or a certificate vouches for, else the name on the
    /// link, which proves nothing.
    pub from: &'a str,
    /// Whether somebody vouches for it. Only then it is of the household.
    pub is_proven: bool,
    /// `get` or `set`.
    pub kind: IqType,
    /// What is asked.
    pub payload: &'a Element,
}

/// Answers the requests of one namespace.
pub trait Responder: Send + Sync {
    /// The namespace of the payloads it answers.
    fn namespace(&self) -> &str;

    /// Answers at once, with the payload of the result if it has one. What takes longer is answered
    /// with nothing now, and with a message later.
    ///
    /// # Errors
    /// What the other side is told instead.
    fn answer(&self, asked: Asked<'_>) -> Result<Option<Element>, StanzaError>;
}

/// All that a device answers; everything else is refused with `service-unavailable`.
#[derive(Clone, Default)]
pub struct Answers {
    all: Arc<[Arc<dyn Responder>]>,
}

impl Answers {
    /// Answers these; the first of a namespace counts.
    #[must_use]
    pub fn new(all: Vec<Arc<dyn Responder>>) -> Self {
        Self { all: all.into() }
    }

    /// The namespaces, for service discovery.
    pub(crate) fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|answer| answer.namespace())
    }

    /// Returns the reply to an iq get or set (RFC 6120 section 8.2.3: there always is one).
    pub(crate) fn reply(&self, from: &str, is_proven: bool, iq: &Stanza) -> Option<Stanza> {
        let televisor_xmpp::Kind::Iq(kind @ (IqType::Get | IqType::Set)) = iq.kind() else {
            return None;
        };
        let payload = iq.payload()?;
        let fitting = self.all.iter().find(|answer| answer.namespace() == payload.namespace());
        let answered = match fitting {
            Some(answer) => answer.answer(Asked { from, is_proven, kind, payload }),
            None => Err(StanzaError::new(Condition::ServiceUnavailable)),
        };
        match answered {
            Ok(result) => Some(iq.result(result)),
            Err(error) => iq.error_reply(&error),
        }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.namespaces()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    impl Responder for Echo {
        fn namespace(&self) -> &'static str {
            "urn:example:echo"
        }

        fn answer(&self, asked: Asked<'_>) -> Result<Option<Element>, StanzaError> {
            if asked.is_proven {
                return Ok(Some(asked.payload.clone()));
            }
            Err(StanzaError::new(Condition::Forbidden))
        }
    }

    fn asked(namespace: &str) -> Stanza {
        Stanza::iq(IqType::Get, "1", Element::new("echo", namespace))
    }

    #[test]
    fn a_namespace_is_answered_by_its_own() {
        let answers = Answers::new(vec![Arc::new(Echo)]);
        let reply = answers.reply("a@tv.local", true, &asked("urn:example:echo")).unwrap();
        assert_eq!(reply.payload().map(Element::name), Some("echo"));
        let refused = answers.reply("a@tv", false, &asked("urn:example:echo")).unwrap();
        assert_eq!(refused.error().unwrap().condition, Condition::Forbidden);
    }

    #[test]
    fn what_nobody_answers_is_refused() {
        let reply = Answers::default().reply("a@tv", true, &asked("urn:example:echo")).unwrap();
        assert_eq!(reply.error().unwrap().condition, Condition::ServiceUnavailable);
    }
}
