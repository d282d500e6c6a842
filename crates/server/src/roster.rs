//! RFC 6121 section 2: an account's roster as it is seen, the household merged into it.
//!
//! Whatever changes an item returns a [`Push`], which is `#[must_use]`: nobody can change a roster
//! and forget to tell. The version (section 2.6) is a digest of the roster itself, so that it also
//! changes when the household does, and survives a restart.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use sha1::{Digest as _, Sha1};
use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::feature::Asker;
use crate::storage::roster::{self, Entry};
use crate::subscription::Subscription;

/// Contacts of one account.
const ITEMS: usize = 1000;

/// One roster item, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) jid: String,
    pub(crate) name: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) state: Subscription,
    pub(crate) approved: bool,
}

/// An account's roster, by contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    items: BTreeMap<String, Item>,
}

/// A change of one item, to be delivered to every interested resource (section 2.1.6).
#[derive(Debug)]
#[must_use = "a roster change that nobody is told of is a bug"]
pub(crate) struct Push {
    account: String,
    contact: String,
}

impl Item {
    fn element(&self) -> Element {
        let mut item = Element::builder("item", ns::ROSTER)
            .attr("jid", self.jid.as_str())
            .attr_opt("name", self.name.as_deref())
            .attr("subscription", self.state.subscription());
        if self.state.is_asking() {
            item = item.attr("ask", "subscribe");
        }
        if self.approved {
            item = item.attr("approved", "true");
        }
        for group in &self.groups {
            item = item.field("group", group);
        }
        item.build()
    }
}

impl Roster {
    /// Reads the roster of `account`.
    pub(crate) async fn load(context: &Context, account: &str) -> Result<Self, Error> {
        let kept = entries(context, account).await?;
        let mut items: BTreeMap<String, Item> = kept
            .iter()
            .filter(|entry| entry.listed)
            .map(|entry| (entry.contact.clone(), item(entry.clone())))
            .collect();
        for (localpart, name) in household(context, account) {
            let jid = context.address(&localpart);
            let kept = items.remove(&jid);
            let own_name = kept.as_ref().and_then(|item| item.name.clone());
            let groups = kept.map(|item| item.groups).unwrap_or_default();
            let name = Some(own_name.unwrap_or(name));
            let (state, approved) = (Subscription::Both, false);
            items.insert(jid.clone(), Item { jid, name, groups, state, approved });
        }
        Ok(Self { items })
    }

    /// Whether whoever asks sees the presence of `account`.
    pub(crate) async fn shows(
        context: &Context,
        account: &str,
        asker: Asker<'_>,
    ) -> Result<bool, Error> {
        let bare = match asker {
            Asker::Session(origin) => origin.jid.bare().to_string(),
            Asker::Remote(jid) => jid.bare().to_string(),
        };
        let roster = Self::load(context, account).await?;
        Ok(roster.item(&bare).is_some_and(|item| item.state.is_seen()))
    }

    /// Returns how many contacts it holds.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns the contact's item.
    pub(crate) fn item(&self, contact: &str) -> Option<&Item> {
        self.items.get(contact)
    }

    /// Returns the contacts that see the owner's presence.
    pub(crate) fn watchers(&self) -> impl Iterator<Item = &str> {
        self.items.values().filter(|item| item.state.is_seen()).map(|item| item.jid.as_str())
    }

    /// Returns the contacts whose presence the owner sees.
    pub(crate) fn watched(&self) -> impl Iterator<Item = &str> {
        self.items.values().filter(|item| item.state.sees()).map(|item| item.jid.as_str())
    }

    /// Returns the contacts that were asked and have not answered.
    pub(crate) fn asked(&self) -> impl Iterator<Item = &str> {
        self.items.values().filter(|item| item.state.is_asking()).map(|item| item.jid.as_str())
    }

    /// Returns the version: equal for equal rosters.
    pub(crate) fn version(&self) -> String {
        let mut digest = Sha1::new();
        for item in self.items.values() {
            digest.update(item.element().to_xml());
        }
        hex(&digest.finalize())
    }

    /// Returns the whole roster with its version.
    pub(crate) fn query(&self) -> Element {
        Element::builder("query", ns::ROSTER)
            .attr("ver", self.version())
            .children(self.items.values().map(Item::element))
            .build()
    }
}

impl Push {
    /// Notes that `account`'s item for `contact` has changed.
    pub(crate) fn new(account: &str, contact: &str) -> Self {
        Self { account: account.to_owned(), contact: contact.to_owned() }
    }

    /// Tells every interested resource what the item is now.
    pub(crate) async fn deliver(self, context: &Context) -> Result<(), Error> {
        let interested: Vec<_> = context.router().look(&self.account, |sessions| {
            let interested = sessions.filter(|session| session.interested);
            interested.map(|session| session.origin.jid.clone()).collect()
        });
        if interested.is_empty() {
            return Ok(());
        }
        let roster = Roster::load(context, &self.account).await?;
        let version = roster.version();
        let item = roster.item(&self.contact).map_or_else(
            || {
                Element::builder("item", ns::ROSTER)
                    .attr("jid", self.contact.as_str())
                    .attr("subscription", "remove")
                    .build()
            },
            Item::element,
        );
        let id = format!("push-{}", version.get(..12).unwrap_or_default());
        let query = Element::builder("query", ns::ROSTER).attr("ver", version).child(item);
        let push = Element::builder("iq", ns::CLIENT).attr("type", "set").attr("id", id);
        context.router().send_each(&interested, &push.child(query).build());
        Ok(())
    }
}

/// Returns the localparts and names that are on `account`'s roster without anybody's doing.
fn household(context: &Context, account: &str) -> Vec<(String, String)> {
    let residents = context.residents().iter().map(|r| (r.localpart().to_owned(), r.name()));
    let accounts = members(context).into_iter().filter(|(localpart, _)| localpart != account);
    accounts.chain(residents).collect()
}

/// Returns the accounts that everybody else's roster holds: those that have logged in once.
pub(crate) fn members(context: &Context) -> BTreeMap<String, String> {
    if !context.accounts().are_household() {
        return BTreeMap::new();
    }
    let accounts = context.accounts().accounts().into_iter();
    accounts.filter(|a| a.has_logged_in).map(|a| (a.localpart, a.name)).collect()
}

/// Returns what is kept of an account's roster: remembered, since every presence asks for it.
async fn entries(context: &Context, account: &str) -> Result<Arc<Vec<Entry>>, Error> {
    let read = async { roster::all(context.store(), account).await.map(Arc::new) };
    context.memory().rosters.answer(context.store(), account.to_owned(), read).await
}

/// Whether `account`'s roster holds `contact`, or has room for it.
pub(crate) async fn has_room(
    context: &Context,
    account: &str,
    contact: &str,
) -> Result<bool, Error> {
    let entries = roster::all(context.store(), account).await?;
    Ok(entries.len() < ITEMS || entries.iter().any(|entry| entry.contact == contact))
}

/// Whether `contact` (a bare JID) is on rosters by itself, so that its subscription is fixed.
pub(crate) fn is_fixed(context: &Context, contact: &str) -> bool {
    let local = contact.split_once('@').filter(|(_, domain)| *domain == context.domain());
    local.is_some_and(|(localpart, _)| {
        context.resident(localpart).is_some()
            || (context.accounts().are_household()
                && context.accounts().account(localpart).is_some_and(|a| a.has_logged_in))
    })
}

fn item(entry: Entry) -> Item {
    Item {
        jid: entry.contact,
        name: entry.name,
        groups: entry.groups,
        state: entry.state,
        approved: entry.approved,
    }
}

/// Renders bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
