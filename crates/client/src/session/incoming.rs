//! What a session reports.

use televisor_xmpp::{Element, Stanza, ns};

/// Something that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A message with text.
    Message(Message),
    /// Somebody is composing a message (XEP-0085).
    Typing {
        /// The sender's full address.
        from: String,
    },
    /// A message of ours has arrived (XEP-0184).
    Received {
        /// The sender's full address.
        from: String,
        /// The identifier of our message.
        id: String,
    },
    /// A message of ours could not be delivered.
    Undelivered {
        /// The identifier of our message.
        id: Option<String>,
        /// Why.
        error: televisor_xmpp::StanzaError,
    },
    /// A message without text: structured data, as a whole. What it holds is for the application.
    Data {
        /// The sender's full address.
        from: String,
        /// The message.
        message: Element,
    },
    /// Somebody's availability.
    Presence {
        /// The sender's full address.
        from: String,
        /// Whether it is available.
        available: bool,
        /// What it says it does.
        status: Option<String>,
    },
}

/// A message with text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The sender's full address.
    pub from: String,
    /// The text.
    pub body: String,
    /// Its identifier.
    pub id: Option<String>,
    /// The thread it belongs to.
    pub thread: Option<String>,
    /// Whether it was kept for us while we were away (XEP-0203).
    pub delayed: bool,
    /// The identifier of the message it corrects (XEP-0308).
    pub replaces: Option<String>,
}

impl Message {
    /// Returns the sender's bare address.
    #[must_use]
    pub fn from_bare(&self) -> &str {
        bare(&self.from)
    }
}

/// Takes the resourcepart off an address.
pub(crate) fn bare(jid: &str) -> &str {
    jid.split_once('/').map_or(jid, |(bare, _)| bare)
}

/// Reads what a message stanza tells; at most one thing matters of each.
pub(crate) fn read_message(stanza: &Stanza, own: &str) -> Option<Incoming> {
    let from = stanza.from().map_or_else(|| own.to_owned(), ToString::to_string);
    let id = stanza.id().map(str::to_owned);
    if stanza.is_error() {
        return Some(Incoming::Undelivered { id, error: stanza.error()? });
    }
    if let Some(received) = stanza.child("received", ns::RECEIPTS) {
        return Some(Incoming::Received { from, id: received.attr("id")?.to_owned() });
    }
    let body = stanza.body().filter(|body| !body.is_empty());
    match body {
        Some(body) => Some(Incoming::Message(Message {
            from,
            body,
            id,
            thread: stanza.field("thread"),
            delayed: stanza.child("delay", ns::DELAY).is_some(),
            replaces: stanza
                .child("replace", ns::CORRECTION)
                .and_then(|replace| replace.attr("id"))
                .map(str::to_owned),
        })),
        None if stanza.child("composing", ns::CHAT_STATES).is_some() => {
            Some(Incoming::Typing { from })
        }
        None if has_data(stanza) => {
            Some(Incoming::Data { from, message: stanza.element().clone() })
        }
        None => None,
    }
}

/// Whether there is more in a message than what chat programs tell each other by the way.
fn has_data(stanza: &Stanza) -> bool {
    let by_the_way = [ns::CLIENT, ns::CHAT_STATES, ns::RECEIPTS, ns::DELAY];
    stanza.element().children().any(|child| !by_the_way.contains(&child.namespace()))
}

/// Makes the receipt a message asks for (XEP-0184 section 5.3); delayed ones get theirs too.
pub(super) fn receipt(stanza: &Stanza) -> Option<Stanza> {
    stanza.child("request", ns::RECEIPTS)?;
    if stanza.is_error() || stanza.child("received", ns::RECEIPTS).is_some() {
        return None;
    }
    let id = stanza.id()?;
    let received = Element::builder("received", ns::RECEIPTS).attr("id", id).build();
    let televisor_xmpp::Kind::Message(kind) = stanza.kind() else { return None };
    let receipt = Stanza::message(kind).with_to(stanza.from()?.clone());
    Some(receipt.with_id(&uuid::Uuid::new_v4().to_string()).with_payload(received))
}
