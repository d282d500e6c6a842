//! RFC 6121 section 2: the account's contacts, as the server tells them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use televisor_xmpp::Element;
use televisor_xmpp::jid::{BareJid, Jid};
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::roster::{Item, Roster, Subscription};

/// Contacts kept, at most.
const CONTACTS: usize = 10_000;

/// The account's roster; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contacts(Arc<RwLock<Held>>);

/// How the account stands to a contact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) subscription: Subscription,
    /// Whether the contact has been asked for a subscription and has not answered.
    pub(crate) asking: bool,
}

#[derive(Debug, Default)]
struct Held {
    items: HashMap<BareJid, Standing>,
    version: Option<String>,
}

impl Contacts {
    /// The request for the roster; with the version we hold, if the server knows versions.
    pub(crate) fn request(&self, versions: bool) -> Element {
        let version = versions.then(|| {
            let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
            held.version.clone().unwrap_or_default()
        });
        Roster { version, items: Vec::new() }.to_element()
    }

    /// Takes the answer to [`Contacts::request`]. An empty one means that what we hold is right
    /// (section 2.6.3).
    pub(crate) fn take(&self, query: &Element) {
        let Some(roster) = read(query) else { return };
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.version = roster.version;
        held.items.clear();
        for item in roster.items.into_iter().take(CONTACTS) {
            let standing = Standing { subscription: item.subscription, asking: item.ask };
            held.items.insert(item.jid, standing);
        }
    }

    /// Takes one change.
    pub(crate) fn push(&self, query: &Element) {
        let Some(roster) = read(query) else { return };
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if roster.version.is_some() {
            held.version = roster.version;
        }
        for Item { jid, subscription, ask: asking, .. } in roster.items.into_iter().take(CONTACTS) {
            if subscription == Subscription::Remove {
                held.items.remove(&jid);
            } else if held.items.len() < CONTACTS || held.items.contains_key(&jid) {
                held.items.insert(jid, Standing { subscription, asking });
            }
        }
    }

    /// How the account stands to `contact`, if it is in the roster.
    pub(crate) fn standing(&self, contact: &BareJid) -> Option<Standing> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).items.get(contact).copied()
    }

    /// Whether `from` belongs to a contact.
    pub(crate) fn know(&self, from: &Jid) -> bool {
        self.standing(from.bare()).is_some()
    }
}

/// Reads item by item: one that is not understood is not worth the others.
fn read(query: &Element) -> Option<Roster> {
    if let Ok(roster) = Roster::read(query) {
        return Some(roster);
    }
    let mut whole = Roster { version: query.attr("ver").map(str::to_owned), items: Vec::new() };
    for child in query.children() {
        let alone = Element::builder("query", query.namespace()).child(child.clone()).build();
        whole.items.extend(Roster::read(&alone).into_iter().flat_map(|roster| roster.items));
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(inside: &str) -> Element {
        let text = format!("<query xmlns='jabber:iq:roster' ver='7'>{inside}</query>");
        Element::parse(text.as_bytes()).unwrap()
    }

    fn of(contacts: &Contacts, jid: &str) -> Option<&'static str> {
        let standing = contacts.standing(&jid.parse().unwrap());
        standing.map(|standing| standing.subscription.as_str())
    }

    #[test]
    fn the_roster_is_taken_and_changed_item_by_item() {
        let contacts = Contacts::default();
        assert_eq!(contacts.request(false).attr("ver"), None);
        assert_eq!(contacts.request(true).attr("ver"), Some(""));
        contacts.take(&query(
            "<item jid='joe@example.org' subscription='both'/>\
             <item jid='@@' subscription='both'/>\
             <item jid='eve@example.org' subscription='none' ask='subscribe'/>",
        ));
        assert_eq!(of(&contacts, "joe@example.org"), Some("both"));
        assert_eq!(of(&contacts, "eve@example.org"), Some("none"));
        let eve = "eve@example.org".parse().unwrap();
        assert!(contacts.standing(&eve).unwrap().asking);
        assert_eq!(contacts.request(true).attr("ver"), Some("7"));
        contacts.push(&query("<item jid='eve@example.org' subscription='to'/>"));
        contacts.push(&query("<item jid='joe@example.org' subscription='remove'/>"));
        assert_eq!(of(&contacts, "joe@example.org"), None);
        assert_eq!(of(&contacts, "eve@example.org"), Some("to"));
        assert!(!contacts.standing(&eve).unwrap().asking);
        assert!(contacts.know(&"eve@example.org/phone".parse().unwrap()));
        assert!(!contacts.know(&"joe@example.org/phone".parse().unwrap()));
    }
}
