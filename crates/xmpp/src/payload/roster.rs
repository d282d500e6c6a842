//! RFC 6121 section 2: the roster.

use super::carrier::{Carrier, Payload, PayloadError, required};
use crate::condition::conditions;
use crate::element::Element;
use crate::jid::BareJid;
use crate::ns;

conditions! {
    /// The state of a subscription, as the owner of the roster sees it (section 2.1.2.5).
    pub enum Subscription {
        /// Neither sees the other's presence.
        None = "none",
        /// The owner sees the contact's presence.
        To = "to",
        /// The contact sees the owner's presence.
        From = "from",
        /// Both see each other's presence.
        Both = "both",
        /// Not a state: the item is to be removed, or has been.
        Remove = "remove",
    }
}

/// `<query/>`: asks for the roster, changes it, or tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roster {
    /// The version (section 2.6); empty in a request for the whole roster with its version.
    pub version: Option<String>,
    /// The items.
    pub items: Vec<Item>,
}

/// `<item/>`: one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The contact.
    pub jid: BareJid,
    /// What the owner calls it.
    pub name: Option<String>,
    /// The state of the subscription.
    pub subscription: Subscription,
    /// Whether a request by the owner is waiting for an answer (`ask='subscribe'`).
    pub ask: bool,
    /// Whether the contact's request is approved in advance.
    pub approved: bool,
    /// The groups the owner has put it in.
    pub groups: Vec<String>,
}

impl Roster {
    /// Returns the item of a roster set.
    ///
    /// # Errors
    /// RFC 6121 section 2.3.3: a set that has not exactly one item, or names a group twice, is a bad
    /// request.
    pub fn only_item(&self) -> Result<&Item, PayloadError> {
        match self.items.as_slice() {
            [] => Err(PayloadError::Missing("item")),
            [item] => {
                let twice = |(index, group)| item.groups.iter().skip(index + 1).any(|g| g == group);
                if item.groups.iter().enumerate().any(twice) {
                    Err(PayloadError::Repeated("group"))
                } else {
                    Ok(item)
                }
            }
            [_, _, ..] => Err(PayloadError::Repeated("item")),
        }
    }
}

impl Item {
    /// Makes an item without name and groups.
    #[must_use]
    pub const fn new(jid: BareJid, subscription: Subscription) -> Self {
        Self { jid, name: None, subscription, ask: false, approved: false, groups: Vec::new() }
    }

    fn read(item: &Element) -> Result<Self, PayloadError> {
        let jid = required(item, "jid")?.parse().map_err(|_| PayloadError::Invalid("jid"))?;
        let groups = item
            .children()
            .filter(|child| child.is("group", ns::ROSTER))
            .map(Element::text)
            .collect();
        Ok(Self {
            jid,
            name: item.attr("name").map(str::to_owned),
            // What a client says about the state is ignored by the server (section 2.1.2.5), so that
            // an unknown one does no harm.
            subscription: item
                .attr("subscription")
                .and_then(Subscription::parse)
                .unwrap_or(Subscription::None),
            ask: item.attr("ask") == Some("subscribe"),
            approved: matches!(item.attr("approved"), Some("true" | "1")),
            groups,
        })
    }

    fn to_element(&self) -> Element {
        let item = Element::builder("item", ns::ROSTER)
            .attr("jid", self.jid.to_string())
            .attr("subscription", self.subscription.as_str())
            .attr_opt("name", self.name.as_deref())
            .attr_opt("ask", self.ask.then_some("subscribe"))
            .attr_opt("approved", self.approved.then_some("true"));
        self.groups.iter().fold(item, |item, group| item.field("group", group)).build()
    }
}

impl Payload for Roster {
    const NAME: &'static str = "query";
    const NAMESPACE: &'static str = ns::ROSTER;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqGet, Carrier::IqSet, Carrier::IqResult];

    fn read(query: &Element) -> Result<Self, PayloadError> {
        let items = query
            .children()
            .filter(|child| child.is("item", ns::ROSTER))
            .map(Item::read)
            .collect::<Result<_, _>>()?;
        Ok(Self { version: query.attr("ver").map(str::to_owned), items })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr_opt("ver", self.version.as_deref())
            .children(self.items.iter().map(Item::to_element))
            .build()
    }
}
