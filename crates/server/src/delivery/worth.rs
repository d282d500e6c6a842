//! What a message carries, looked at once, and what that makes it worth: an archive's place (XEP-0313
//! section 5.1.1), keeping for later (XEP-0160 section 3), copies for other sessions (XEP-0280 section 6).
//! Hints (XEP-0334) come first, except in errors, which quote what they answer.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::{MessageType, Stanza};

/// What was found among a message's children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Content(u16);

/// On which side of the account a message passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The account says it.
    Sent,
    /// The account hears it.
    Received,
}

const BODY: u16 = 1;
/// Worth archiving, though it has no body: receipts, markers, reactions, retractions, calls.
const TELLING: u16 = 1 << 1;
/// Part of talking: receipts, chat states, markers.
const TALK: u16 = 1 << 2;
/// Anything but a chat state, a thread and hints.
const MORE_THAN_STATE: u16 = 1 << 3;
const INVITATION: u16 = 1 << 4;
/// From somebody in a room (XEP-0045 section 7.5).
const ROOM: u16 = 1 << 5;
const NO_COPY: u16 = 1 << 6;
const NO_STORE: u16 = 1 << 7;
const NO_PERMANENT_STORE: u16 = 1 << 8;
const STORE: u16 = 1 << 9;
const STANZA_ID: u16 = 1 << 10;
const DELAY: u16 = 1 << 11;

impl Content {
    /// Looks at a message.
    pub(crate) fn of(stanza: &Stanza) -> Self {
        Self(stanza.element().children().fold(0, |found, child| found | what(child)))
    }

    const fn has(self, any: u16) -> bool {
        self.0 & any != 0
    }

    /// Whether somebody has given it an id (XEP-0359).
    pub(crate) const fn has_stanza_id(self) -> bool {
        self.has(STANZA_ID)
    }

    /// Whether somebody says that it was delayed (XEP-0203).
    pub(crate) const fn has_delay(self) -> bool {
        self.has(DELAY)
    }

    /// Whether it goes to the archives of those who say and hear it.
    pub(crate) const fn is_archived(self, kind: MessageType) -> bool {
        let whole = match kind {
            MessageType::Normal | MessageType::Chat => {
                self.has(BODY | TELLING | INVITATION | STORE)
            }
            MessageType::Headline => self.has(STORE),
            MessageType::Groupchat | MessageType::Error => false,
        };
        whole && !self.has(NO_STORE | NO_PERMANENT_STORE)
    }

    /// Whether it waits for an account that is not there.
    pub(crate) const fn is_kept(self, kind: MessageType) -> bool {
        match kind {
            MessageType::Error => false,
            MessageType::Normal
            | MessageType::Chat
            | MessageType::Groupchat
            | MessageType::Headline => self.has(MORE_THAN_STATE | STORE) && !self.has(NO_STORE),
        }
    }

    /// Whether other sessions of the account see it. Of an error it depends on what it answers.
    pub(crate) const fn is_copied(
        self,
        kind: MessageType,
        direction: Direction,
        to_full: bool,
    ) -> bool {
        // A room sends its messages to each session that is in it by itself.
        let of_room = matches!(direction, Direction::Received)
            && to_full
            && self.has(ROOM)
            && !self.has(INVITATION);
        if self.has(NO_COPY) || of_room {
            return false;
        }
        match kind {
            MessageType::Chat => true,
            MessageType::Normal => self.has(BODY | TALK | INVITATION),
            MessageType::Headline => self.has(TALK | INVITATION),
            MessageType::Groupchat | MessageType::Error => false,
        }
    }
}

/// Elements that are worth archiving whatever else there is, by namespace.
const ALONE: [&str; 9] = [
    ns::RECEIPTS,
    ns::CHAT_MARKERS,
    ns::REACTIONS,
    ns::RETRACTION,
    ns::RETRACTION_0,
    ns::FASTENING,
    ns::CALLS,
    ns::CALLS_0,
    ns::ENCRYPTION,
];

fn what(child: &Element) -> u16 {
    let (name, namespace) = (child.name(), child.namespace());
    match namespace {
        ns::CLIENT => match name {
            "thread" => 0,
            "body" => BODY | MORE_THAN_STATE,
            "subject" => TELLING | MORE_THAN_STATE,
            _ => MORE_THAN_STATE,
        },
        ns::CHAT_STATES => TALK,
        ns::RECEIPTS | ns::CHAT_MARKERS => {
            let only_asks = matches!(name, "request" | "markable");
            TALK | MORE_THAN_STATE | if only_asks { 0 } else { TELLING }
        }
        ns::HINTS => match name {
            "no-copy" => NO_COPY,
            "no-store" => NO_STORE,
            "no-permanent-store" => NO_PERMANENT_STORE,
            "store" => STORE,
            _ => 0,
        },
        ns::CARBONS if name == "private" => NO_COPY,
        ns::STANZA_ID if name == "stanza-id" => STANZA_ID,
        ns::DELAY if name == "delay" => DELAY | MORE_THAN_STATE,
        ns::DIRECT_INVITATION if name == "x" => INVITATION | MORE_THAN_STATE,
        ns::MUC_USER if name == "x" => {
            let invites = child.has_child("invite", ns::MUC_USER);
            MORE_THAN_STATE | ROOM | if invites { INVITATION } else { 0 }
        }
        _ if ALONE.contains(&namespace) => TELLING | MORE_THAN_STATE,
        _ => MORE_THAN_STATE,
    }
}
