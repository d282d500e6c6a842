//! XEP-0060 sections 8.8 and 8.9: the owner manages who is subscribed to, and affiliated with, a node.

use std::collections::BTreeSet;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::pubsub::node::{Affiliation, Node, Subscribed, bare};
use crate::pubsub::notify::Notice;
use crate::pubsub::refusal::Refusal;
use crate::pubsub::service::{self, trouble};
use crate::pubsub::standing::Who;
use crate::roster::Roster;

/// Section 8.8.1: who is subscribed; those that wait for the owner are not.
pub(crate) async fn subscriptions(
    context: &Context,
    account: &str,
    name: &str,
) -> Result<Element, StanzaError> {
    let node = service::find(context, account, name).await?;
    let subscribed = node.subscriptions.iter().filter(|(_, state)| **state == Subscribed::Yes);
    let element = |(jid, state): (&String, &Subscribed)| {
        Element::builder("subscription", ns::PUBSUB_OWNER)
            .attr("jid", jid.as_str())
            .attr("subscription", state.as_str())
            .build()
    };
    let list = Element::builder("subscriptions", ns::PUBSUB_OWNER).attr("node", name);
    Ok(list.children(subscribed.map(element)).build())
}

/// Section 8.9.1: who is affiliated.
pub(crate) async fn affiliations(
    context: &Context,
    account: &str,
    name: &str,
) -> Result<Element, StanzaError> {
    let node = service::find(context, account, name).await?;
    let element = |jid: &str, affiliation: &str| {
        Element::builder("affiliation", ns::PUBSUB_OWNER)
            .attr("jid", jid)
            .attr("affiliation", affiliation)
            .build()
    };
    let owner = element(&context.address(account), "owner");
    let others = node.affiliations.iter().map(|(jid, kind)| element(jid, kind.as_str()));
    let list = Element::builder("affiliations", ns::PUBSUB_OWNER).attr("node", name);
    Ok(list.child(owner).children(others).build())
}

/// One entry of a change: the address, and what it becomes; `None` for `none`.
type Entry<T> = (String, Option<T>);

/// Section 8.8.2: all changes or, if one of them is impossible, none.
pub(crate) async fn set_subscriptions(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    verb: &Element,
) -> Result<(), StanzaError> {
    let entries = entries(verb, "subscription", |text| match text {
        "none" => Some(None),
        // What would have to be configured first (section 6.1.5) does not exist here.
        "subscribed" | "unconfigured" => Some(Some(Subscribed::Yes)),
        "pending" => Some(Some(Subscribed::Pending)),
        _ => None,
    })?;
    let changed = service::change(context, account, name, move |node| {
        for (jid, state) in &entries {
            node.set_subscription(&who, jid, *state)?;
        }
        Ok(entries)
    });
    let (entries, node) = changed.await?;
    // Section 8.8.4: whoever it is about is told.
    let notice = Notice { context, account, name, node: &node };
    for (jid, state) in entries {
        notice.subscription(&jid, state.map_or("none", Subscribed::as_str));
    }
    Ok(())
}

/// Section 8.9.2: all changes or, if one of them is impossible, none.
pub(crate) async fn set_affiliations(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    verb: &Element,
) -> Result<(), StanzaError> {
    let owner = who.bare.clone();
    let mut entries = entries(verb, "affiliation", |text| match text {
        "none" => Some(None),
        "owner" => Some(Some(Change::Owner)),
        text => Affiliation::parse(text).map(|affiliation| Some(Change::To(affiliation))),
    })?;
    // The owner may stay the owner, and nobody else becomes one (XEP-0163 section 2.2).
    entries.retain(|(jid, change)| !(*jid == owner && *change == Some(Change::Owner)));
    let changed = service::change(context, account, name, move |node| {
        for (jid, change) in &entries {
            let affiliation = match change {
                None => None,
                Some(Change::To(affiliation)) => Some(*affiliation),
                Some(Change::Owner) => return Err(Refusal::NotAcceptable),
            };
            node.set_affiliation(&who, bare(jid), affiliation)?;
        }
        Ok(())
    });
    changed.await?;
    recalculate(context, account, name).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Owner,
    To(Affiliation),
}

/// Reads the entries of a change. Those that do not say what is to become of them stay as they are.
fn entries<T>(
    verb: &Element,
    kind: &str,
    read: impl Fn(&str) -> Option<Option<T>>,
) -> Result<Vec<Entry<T>>, Refusal> {
    let (mut entries, mut named) = (Vec::new(), BTreeSet::new());
    for child in verb.children().filter(|child| child.is(kind, ns::PUBSUB_OWNER)) {
        let jid = child.attr("jid").ok_or(Refusal::BadRequest)?;
        let jid = jid.parse::<Jid>().map_err(|_| Refusal::NotAcceptable)?.to_string();
        // Section 8.9.2.4: nobody is changed twice at once.
        if !named.insert(jid.clone()) {
            return Err(Refusal::BadRequest);
        }
        if let Some(text) = child.attr(kind) {
            entries.push((jid, read(text).ok_or(Refusal::NotAcceptable)?));
        }
    }
    Ok(entries)
}

/// XEP-0163 section 7.1: ends the subscriptions of those that may not read the node any more, and
/// tells them.
pub(crate) async fn recalculate(
    context: &Context,
    account: &str,
    name: &str,
) -> Result<(), StanzaError> {
    let roster = Roster::load(context, account).await.map_err(|error| trouble(&error))?;
    let owner = context.address(account);
    let lost = |node: &Node| -> Vec<String> {
        let may = |jid: &&String| node.may_read(&Who::of(&roster, &owner, jid)).is_err();
        let waits = |jid: &&String| node.subscriptions.get(*jid) == Some(&Subscribed::Pending);
        node.subscriptions.keys().filter(|jid| may(jid) && !waits(jid)).cloned().collect()
    };
    let gone = lost(&service::find(context, account, name).await?);
    if gone.is_empty() {
        return Ok(());
    }
    let ended = gone.clone();
    let changed = service::change(context, account, name, move |node| {
        node.subscriptions.retain(|jid, _| !ended.contains(jid));
        Ok(())
    });
    let node = changed.await?.1;
    let notice = Notice { context, account, name, node: &node };
    for jid in gone {
        notice.subscription(&jid, "none");
    }
    Ok(())
}

/// The same for all of an account's nodes that `contact` is subscribed to: its place in the roster has
/// changed.
pub(crate) async fn contact_changed(context: &Context, account: &str, contact: &str) {
    let done = async {
        let nodes = crate::storage::pubsub::nodes(context.store(), account).await;
        for (name, node) in nodes.map_err(|error| trouble(&error))? {
            if node.subscriptions.keys().any(|jid| bare(jid) == contact) {
                recalculate(context, account, &name).await?;
            }
        }
        Ok::<(), StanzaError>(())
    };
    if let Err(StanzaError { condition, .. }) = done.await
        && condition != Condition::ItemNotFound
    {
        tracing::error!(%condition, "subscriptions to nodes could not be looked through");
    }
}
