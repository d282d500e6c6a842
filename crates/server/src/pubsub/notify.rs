//! XEP-0060 sections 7.1.2 and 9, XEP-0163 section 4.3: who is told what happens at a node.
//!
//! That is the account's own resources and the contacts that see it, as far as their clients say that
//! they want the node (section 9.2), and whoever subscribed. Left out: the publisher's address as of
//! XEP-0033.

use std::collections::BTreeSet;

use jiff::Timestamp;
use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::jid::{FullJid, Jid};
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::delay::Delay;

use crate::context::Context;
use crate::delivery::{blocked, outside, place};
use crate::pubsub::config::Delivery;
use crate::pubsub::node::{Item, Node, Subscribed, bare};
use crate::pubsub::standing::Who;
use crate::random::token;
use crate::roster::Roster;

/// A node, and what is to be told of it.
#[derive(Clone, Copy)]
pub(crate) struct Notice<'a> {
    pub(crate) context: &'a Context,
    pub(crate) account: &'a str,
    pub(crate) name: &'a str,
    pub(crate) node: &'a Node,
}

impl Notice<'_> {
    /// Tells of an item that was published.
    pub(crate) async fn published(
        &self,
        id: Option<&str>,
        publisher: &str,
        payload: Option<Element>,
    ) {
        let item = id.map(|id| {
            let item = Item {
                id: id.to_owned(),
                publisher: publisher.to_owned(),
                published: Timestamp::default(),
                bytes: 0,
                payload: None,
            };
            self.item(&item, ns::PUBSUB_EVENT, payload)
        });
        self.tell(self.items(item)).await;
    }

    /// Tells of items that were taken back.
    pub(crate) async fn retracted(&self, ids: &[String]) {
        let retract = |id: &String| {
            Element::builder("retract", ns::PUBSUB_EVENT).attr("id", id.as_str()).build()
        };
        self.tell(self.items(ids.iter().map(retract))).await;
    }

    /// Tells everybody who is to know; `event` is what the event holds.
    pub(crate) async fn tell(&self, event: Element) {
        if !self.node.config.deliver_notifications {
            return;
        }
        match self.recipients().await {
            Ok(recipients) => {
                for to in recipients {
                    self.send(&to, event.clone(), None);
                }
            }
            Err(error) => tracing::error!(%error, "nobody could be told what happened at a node"),
        }
    }

    /// Tells one address of an item that has been there for a while.
    pub(crate) fn last(&self, to: &str, item: &Item) {
        let payload = item.payload.as_ref().and_then(|text| Element::parse(text.as_bytes()).ok());
        let items = self.items([self.item(item, ns::PUBSUB_EVENT, payload)]);
        self.send(to, items, Some(item.published));
    }

    /// Tells an address what became of its subscription (section 12.8).
    pub(crate) fn subscription(&self, jid: &str, state: &str) {
        let subscription = Element::builder("subscription", ns::PUBSUB_EVENT)
            .attr("node", self.name)
            .attr("jid", jid)
            .attr("subscription", state);
        self.send(jid, subscription.build(), None);
    }

    fn items(&self, items: impl IntoIterator<Item = Element>) -> Element {
        let list = Element::builder("items", ns::PUBSUB_EVENT).attr("node", self.name);
        list.children(items).build()
    }

    /// Makes `<item/>` in one of the namespaces it has.
    pub(crate) fn item(&self, item: &Item, namespace: &str, payload: Option<Element>) -> Element {
        let owner = self.context.address(self.account);
        let told = namespace != ns::PUBSUB_EVENT || self.node.config.deliver_payloads;
        Element::builder("item", namespace)
            .attr("id", item.id.as_str())
            .attr_opt("publisher", self.node.shown_publisher(item, &owner))
            .children(payload.filter(|_| told))
            .build()
    }

    async fn recipients(&self) -> Result<BTreeSet<String>, Error> {
        let (context, node) = (self.context, self.node);
        let roster = Roster::load(context, self.account).await?;
        let owner = context.address(self.account);
        let mut to = BTreeSet::new();
        for jid in context.memory().interests.wanting(self.account, self.name) {
            let who = Who::of(&roster, &owner, &jid);
            let subscribed = node.is_subscribed(&who) && node.may_read(&who).is_ok();
            if subscribed || who.is_told(node.affiliation(&who), &node.config) {
                to.insert(jid);
            }
        }
        for (jid, state) in &node.subscriptions {
            // Whoever lost the right to it since is not told (XEP-0163 section 7.1).
            let who = Who::of(&roster, &owner, jid);
            if *state == Subscribed::Yes && node.may_read(&who).is_ok() {
                self.add_subscriber(jid, &mut to);
            }
        }
        Ok(to)
    }

    /// XEP-0163 section 4.3.2: those resources that want the node, if it is known of any; else all
    /// that are available, or the bare address where that is not known.
    fn add_subscriber(&self, jid: &str, to: &mut BTreeSet<String>) {
        let is_full = bare(jid) != jid;
        let told = to.iter().any(|told| bare(told) == jid);
        if is_full || (place::is_elsewhere(self.context, jid) && !told) {
            to.insert(jid.to_owned());
        } else if let Some(account) = place::localpart_here(self.context, jid).filter(|_| !told) {
            let resources = place::available(self.context, account, i8::MIN).into_iter();
            to.extend(resources.map(|jid| jid.to_string()));
        }
    }

    fn send(&self, to: &str, event: Element, since: Option<Timestamp>) {
        let kind = match self.node.config.delivery {
            Delivery::Headline => Some("headline"),
            Delivery::Normal => None,
        };
        let event = Element::builder("event", ns::PUBSUB_EVENT).child(event);
        let delay = since.map(|stamp| Delay { from: None, stamp, reason: None }.to_element());
        let message = Element::builder("message", ns::CLIENT)
            .attr("from", self.context.address(self.account))
            .attr("to", to)
            .attr_opt("type", kind)
            .attr_opt("id", token().ok())
            .child(event)
            .children(delay);
        deliver(self.context, to, message.build());
    }
}

/// Puts a notification before one address: what cannot be delivered is lost, as it is kept where it
/// was published.
pub(crate) fn deliver(context: &Context, to: &str, message: Element) {
    // XEP-0163 section 4.3.3: not if one of them blocks the other.
    let whom = to.parse::<Jid>();
    if whom.is_ok_and(|whom| blocked::is_withheld(context, &message, &whom)) {
        return;
    }
    if place::is_elsewhere(context, bare(to)) {
        outside::tell(context, message);
        return;
    }
    match to.parse::<FullJid>() {
        Ok(full) => {
            context.router().send(&full, &message);
        }
        Err(_) => {
            let Ok(jid) = to.parse::<Jid>() else { return };
            let account = jid.localpart().unwrap_or_default();
            context.router().send_all(&place::available(context, account, 0), &message);
        }
    }
}
