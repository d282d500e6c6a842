//! XEP-0280 sections 7 and 8: copies for those sessions of an account that want them and did not get the
//! message itself.
//!
//! An error is copied when what it answers was (section 6.1). It need not quote that (section 10.3), so
//! what was copied lately is remembered, as a hash, where an error can come back for it.

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::FullJid;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::delivery::standing::bare_of;
use crate::delivery::worth::Direction;

/// Messages remembered as copied, all accounts together.
const REMEMBERED: usize = 2048;

/// Sends copies of a message an account says or hears; `message` carries the account's own stanza id,
/// and is made if somebody wants one; sessions that `had` it do not. Returns whether anybody does.
pub(crate) fn copy(
    context: &Context,
    account: &str,
    direction: Direction,
    message: impl FnOnce() -> Element,
    had: impl Fn(&FullJid) -> bool,
) -> bool {
    let mut to = context.router().wanting_carbons(account);
    to.retain(|session| !had(session));
    if to.is_empty() {
        return false;
    }
    let message = message();
    let name = match direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    };
    let copy = Element::builder("message", ns::CLIENT)
        .attr("from", context.address(account))
        .attr_opt("type", message.attr("type"));
    let forwarded = Element::builder("forwarded", ns::FORWARD).child(message);
    let copy = copy.child(Element::builder(name, ns::CARBONS).child(forwarded)).build();
    context.router().send_each(&to, &copy);
    true
}

/// What was copied lately.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    lately: Mutex<VecDeque<u64>>,
    hasher: RandomState,
}

impl Copied {
    /// Notes that a message was copied for its sender's other sessions.
    pub(crate) fn note(&self, message: &Element) {
        let (Some(id), Some(from), to) =
            (message.attr("id"), message.attr("from"), message.attr("to"))
        else {
            return;
        };
        let mark = self.mark(id, from, to);
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        if lately.len() >= REMEMBERED {
            lately.pop_front();
        }
        lately.push_back(mark);
    }

    /// Whether an error answers a message that was copied.
    pub(crate) fn is_answered_by(&self, error: &Element) -> bool {
        let (Some(id), Some(to)) = (error.attr("id"), error.attr("to")) else { return false };
        let mark = self.mark(id, to, error.attr("from"));
        self.lately.lock().unwrap_or_else(PoisonError::into_inner).contains(&mark)
    }

    fn mark(&self, id: &str, sender: &str, other: Option<&str>) -> u64 {
        self.hasher.hash_one((id, bare_of(sender), other.map(bare_of)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Element {
        Element::parse(format!("<message xmlns='jabber:client' {text}/>").as_bytes()).unwrap()
    }

    #[test]
    fn an_error_is_known_by_what_it_answers() {
        let copied = Copied::default();
        copied.note(&message("id='1' from='a@h/x' to='b@h/y'"));
        assert!(copied.is_answered_by(&message("id='1' from='b@h/y' to='a@h/x' type='error'")));
        assert!(copied.is_answered_by(&message("id='1' from='b@h' to='a@h' type='error'")));
        assert!(!copied.is_answered_by(&message("id='1' from='c@h' to='a@h/x' type='error'")));
        assert!(!copied.is_answered_by(&message("id='2' from='b@h' to='a@h/x' type='error'")));
    }

    #[test]
    fn only_so_much_is_remembered() {
        let copied = Copied::default();
        for id in 0..=REMEMBERED {
            copied.note(&message(&format!("id='{id}' from='a@h' to='b@h'")));
        }
        assert!(!copied.is_answered_by(&message("id='0' from='b@h' to='a@h'")));
        assert!(copied.is_answered_by(&message("id='1' from='b@h' to='a@h'")));
    }
}
