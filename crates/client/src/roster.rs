//! The household, as the server's roster tells it (RFC 6121 section 2).

use std::collections::BTreeMap;

use televisor_xmpp::{Element, ns};

/// More than any household has; further items are ignored.
const ITEM_LIMIT: usize = 1000;

/// One roster item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterItem {
    /// The bare address.
    pub jid: String,
    /// The name to show.
    pub name: Option<String>,
    /// `none`, `to`, `from` or `both`.
    pub subscription: String,
}

/// All items, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    items: BTreeMap<String, RosterItem>,
}

impl Roster {
    /// Returns the items in the order of their addresses.
    pub fn items(&self) -> impl Iterator<Item = &RosterItem> {
        self.items.values()
    }

    /// Returns the item of this bare address.
    #[must_use]
    pub fn item(&self, jid: &str) -> Option<&RosterItem> {
        self.items.get(jid)
    }

    /// Reads a whole roster from a result's `<query/>`.
    pub(crate) fn read(query: &Element) -> Self {
        let mut roster = Self::default();
        for item in query.children() {
            roster.apply(item);
        }
        roster
    }

    /// Applies the items of a roster push (RFC 6121 section 2.1.6).
    pub(crate) fn push(&mut self, query: &Element) {
        for item in query.children() {
            self.apply(item);
        }
    }

    fn apply(&mut self, item: &Element) {
        let Some(jid) = item.attr("jid").filter(|_| item.is("item", ns::ROSTER)) else { return };
        let subscription = item.attr("subscription").unwrap_or("none");
        if subscription == "remove" {
            self.items.remove(jid);
        } else if self.items.len() < ITEM_LIMIT || self.items.contains_key(jid) {
            let item = RosterItem {
                jid: jid.to_owned(),
                name: item.attr("name").map(str::to_owned),
                subscription: subscription.to_owned(),
            };
            self.items.insert(jid.to_owned(), item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(items: &[(&str, &str)]) -> Element {
        items
            .iter()
            .fold(Element::builder("query", ns::ROSTER), |query, (jid, subscription)| {
                let item = Element::builder("item", ns::ROSTER).attr("jid", *jid);
                query.child(item.attr("subscription", *subscription))
            })
            .build()
    }

    #[test]
    fn pushes_add_and_remove_items() {
        let mut roster = Roster::read(&query(&[("a@tv.local", "both")]));
        roster.push(&query(&[("b@tv.local", "both")]));
        roster.push(&query(&[("a@tv.local", "remove")]));
        let jids: Vec<_> = roster.items().map(|item| item.jid.as_str()).collect();
        assert_eq!(jids, ["b@tv.local"]);
    }
}
