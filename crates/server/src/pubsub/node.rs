//! XEP-0060: one node as a state machine: what each request does to it, or why it is refused. Pure:
//! `storage/pubsub.rs` keeps what it becomes, `service.rs` tells who must know.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::pubsub::config::{Config, ItemReply, Most, PublishModel, values};
use crate::pubsub::limits::{AFFILIATIONS, ITEM_BYTES, SUBSCRIPTIONS};
use crate::pubsub::refusal::Refusal;
use crate::pubsub::standing::Who;

values! {
    /// What somebody may do with a node (section 4.1). The account is the one owner (XEP-0163
    /// section 2.2), which is not written down; nor is `none`.
    enum Affiliation {
        Publisher = "publisher",
        PublishOnly = "publish-only",
        Member = "member",
        Outcast = "outcast",
    }
}

values! {
    /// How far a subscription has got (section 4.2).
    enum Subscribed {
        Yes = "subscribed",
        Pending = "pending",
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Node {
    pub(crate) config: Config,
    /// By bare address.
    pub(crate) affiliations: BTreeMap<String, Affiliation>,
    /// By the address that was subscribed, bare or full.
    pub(crate) subscriptions: BTreeMap<String, Subscribed>,
    /// The oldest first.
    pub(crate) items: Vec<Item>,
}

/// An item, as far as deciding needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    /// The full address that published it.
    pub(crate) publisher: String,
    pub(crate) published: Timestamp,
    pub(crate) bytes: usize,
    /// The payload, of an item that is new; those kept are not read for deciding.
    pub(crate) payload: Option<String>,
}

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// Whether there is an item at all.
    pub(crate) item: bool,
    pub(crate) id: Option<String>,
    pub(crate) payload: Option<Payload>,
}

/// A payload: its namespace, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) namespace: String,
    pub(crate) text: String,
}

impl Node {
    /// Makes a node.
    pub(crate) fn new(config: Config) -> Self {
        Self { config, ..Self::default() }
    }

    /// Forgets the items that are too old.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        let Most::Number(seconds) = self.config.item_expire else { return };
        let age = |item: &Item| now.as_second().saturating_sub(item.published.as_second());
        self.items.retain(|item| age(item) < i64::from(seconds));
    }

    /// Section 7.1: publishes. `new_id` names an item that brings no name.
    pub(crate) fn publish(
        &mut self,
        who: &Who,
        draft: Draft,
        new_id: String,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        self.may_publish(who)?;
        self.check(&draft)?;
        let id = draft.id.unwrap_or(new_id);
        let text = draft.payload.map(|payload| payload.text).unwrap_or_default();
        // Republishing is modification: the item becomes the latest (section 7.1.3).
        if let Some(old) = self.items.iter().find(|item| item.id == id) {
            self.may_replace(who, old)?;
        }
        self.items.retain(|item| item.id != id);
        if self.config.persist_items {
            let (publisher, bytes) = (who.full.clone(), text.len());
            let payload = Some(text);
            self.items.push(Item { id: id.clone(), publisher, published: now, bytes, payload });
            self.trim();
        }
        Ok(id)
    }

    /// Section 7.1.3.6: whether the node takes what is published.
    fn check(&self, draft: &Draft) -> Result<(), Refusal> {
        let config = &self.config;
        if !draft.item && config.persist_items {
            return Err(Refusal::ItemRequired);
        }
        if draft.item && !config.persist_items && !config.deliver_payloads {
            return Err(Refusal::ItemForbidden);
        }
        let Some(payload) = &draft.payload else {
            return if config.deliver_payloads { Err(Refusal::PayloadRequired) } else { Ok(()) };
        };
        let wanted = &config.payload_type;
        if !wanted.is_empty() && *wanted != payload.namespace {
            return Err(Refusal::InvalidPayload);
        }
        let most = usize::try_from(config.max_payload_size).unwrap_or(ITEM_BYTES).min(ITEM_BYTES);
        if payload.text.len() > most { Err(Refusal::PayloadTooBig) } else { Ok(()) }
    }

    /// The first in is the first out (section 7.1.2, "Node is full").
    fn trim(&mut self) {
        let surplus = self.items.len().saturating_sub(self.config.most_items());
        self.items.drain(..surplus);
    }

    fn may_publish(&self, who: &Who) -> Result<(), Refusal> {
        let affiliation = self.affiliation(who);
        let by_affiliation =
            matches!(affiliation, Some(Affiliation::Publisher | Affiliation::PublishOnly));
        if who.is_owner() || by_affiliation {
            return Ok(());
        }
        if affiliation == Some(Affiliation::Outcast) {
            return Err(Refusal::Forbidden);
        }
        let may = match self.config.publish_model {
            PublishModel::Publishers => false,
            PublishModel::Subscribers => self.is_subscribed(who),
            PublishModel::Open => self.may_read(who).is_ok(),
        };
        if may { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    /// Nobody but the owner overwrites or takes back what somebody else published.
    fn may_replace(&self, who: &Who, item: &Item) -> Result<(), Refusal> {
        let own = bare(&item.publisher) == who.bare;
        if who.is_owner() || own { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    /// Section 7.2: takes items back.
    pub(crate) fn retract(&mut self, who: &Who, ids: &[String]) -> Result<(), Refusal> {
        if !self.config.persist_items {
            return Err(Refusal::NotPersistent);
        }
        for id in ids {
            self.may_publish(who)?;
            let item = self.items.iter().find(|item| item.id == *id).ok_or(Refusal::NotFound)?;
            self.may_replace(who, item)?;
        }
        self.items.retain(|item| !ids.contains(&item.id));
        Ok(())
    }

    /// Section 8.5: takes all items back.
    pub(crate) fn purge(&mut self, who: &Who) -> Result<(), Refusal> {
        who.must_own()?;
        if !self.config.persist_items {
            return Err(Refusal::NotPersistent);
        }
        self.items.clear();
        Ok(())
    }

    /// Section 8.2.4: takes over a configuration.
    pub(crate) fn configure(&mut self, who: &Who, config: Config) -> Result<(), Refusal> {
        who.must_own()?;
        self.config = config;
        self.trim();
        Ok(())
    }

    /// Section 6.5: whether somebody may retrieve items.
    pub(crate) fn may_read(&self, who: &Who) -> Result<(), Refusal> {
        who.admitted(self.affiliation(who), &self.config, self.is_subscribed(who))
    }

    /// Section 6.1: subscribes `jid`, which is to be of who asks.
    pub(crate) fn subscribe(&mut self, who: &Who, jid: &str) -> Result<Subscribed, Refusal> {
        if bare(jid) != who.bare {
            return Err(Refusal::InvalidJid);
        }
        if !self.config.subscribe {
            return Err(Refusal::NoSubscriptions);
        }
        let kept = self.subscriptions.get(jid).copied();
        let state = match self.may_read(who) {
            Ok(()) => Subscribed::Yes,
            // Section 6.1.4: the owner decides.
            Err(Refusal::SubscribersOnly) if kept == Some(Subscribed::Pending) => {
                return Err(Refusal::Pending);
            }
            Err(Refusal::SubscribersOnly) => Subscribed::Pending,
            Err(refusal) => return Err(refusal),
        };
        if kept.is_none() && self.subscriptions.len() >= SUBSCRIPTIONS {
            return Err(Refusal::TooManySubscriptions);
        }
        self.subscriptions.insert(jid.to_owned(), state);
        Ok(state)
    }

    /// Section 6.2: unsubscribes `jid`.
    pub(crate) fn unsubscribe(&mut self, who: &Who, jid: &str) -> Result<(), Refusal> {
        if bare(jid) != who.bare && !who.is_owner() {
            return Err(Refusal::Forbidden);
        }
        let removed = self.subscriptions.remove(jid);
        removed.map(|_| ()).ok_or(Refusal::NotSubscribed)
    }

    /// Section 8.8.2: the owner subscribes somebody, or ends that.
    pub(crate) fn set_subscription(
        &mut self,
        who: &Who,
        jid: &str,
        to: Option<Subscribed>,
    ) -> Result<(), Refusal> {
        who.must_own()?;
        let room = self.subscriptions.len() < SUBSCRIPTIONS;
        match to {
            None => drop(self.subscriptions.remove(jid)),
            Some(_) if !room && !self.subscriptions.contains_key(jid) => {
                return Err(Refusal::NotAcceptable);
            }
            Some(state) => drop(self.subscriptions.insert(jid.to_owned(), state)),
        }
        Ok(())
    }

    /// Section 8.9.2: the owner changes somebody's affiliation. `owner` is the account's own address,
    /// which stays the owner.
    pub(crate) fn set_affiliation(
        &mut self,
        who: &Who,
        jid: &str,
        to: Option<Affiliation>,
    ) -> Result<(), Refusal> {
        who.must_own()?;
        let room = self.affiliations.len() < AFFILIATIONS;
        match to {
            _ if jid == who.bare => return Err(Refusal::NotAcceptable),
            None => drop(self.affiliations.remove(jid)),
            Some(_) if !room && !self.affiliations.contains_key(jid) => {
                return Err(Refusal::NotAcceptable);
            }
            Some(affiliation) => drop(self.affiliations.insert(jid.to_owned(), affiliation)),
        }
        if to == Some(Affiliation::Outcast) {
            self.subscriptions.retain(|subscribed, _| bare(subscribed) != jid);
        }
        Ok(())
    }

    /// Returns somebody's affiliation, but for the owner's.
    pub(crate) fn affiliation(&self, who: &Who) -> Option<Affiliation> {
        self.affiliations.get(&who.bare).copied()
    }

    /// Whether any address of somebody is subscribed.
    pub(crate) fn is_subscribed(&self, who: &Who) -> bool {
        let own = |(jid, state): (&String, &Subscribed)| {
            bare(jid) == who.bare && *state == Subscribed::Yes
        };
        self.subscriptions.iter().any(own)
    }

    /// Returns the address an item shows as its publisher's, if items show one (section 12.14).
    pub(crate) fn shown_publisher<'a>(&self, item: &'a Item, owner: &'a str) -> Option<&'a str> {
        match self.config.item_reply {
            ItemReply::None => None,
            ItemReply::Publisher => Some(bare(&item.publisher)),
            ItemReply::Owner => Some(owner),
        }
    }
}

/// Returns an address without its resource.
pub(crate) fn bare(jid: &str) -> &str {
    jid.split_once('/').map_or(jid, |(bare, _)| bare)
}
