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

/// Section 8.8.2: makes every change that is possible, and returns those that are not.
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
        who.must_own()?;
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        for (jid, wanted) in entries {
            let set = wanted.map(|state| node.set_subscription(&who, &jid, state).map(|()| state));
            match set {
                Some(Ok(state)) => done.push((jid, state)),
                Some(Err(_)) | None => {
                    let kept = node.subscriptions.get(&jid).map_or("none", |state| state.as_str());
                    failed.push((jid, kept));
                }
            }
        }
        Ok((done, failed))
    });
    let ((done, failed), node) = changed.await?;
    // Section 8.8.4: whoever it is about is told.
    let notice = Notice { context, account, name, node: &node };
    for (jid, state) in done {
        notice.subscription(&jid, state.map_or("none", Subscribed::as_str));
    }
    returned("subscription", name, &failed)
}

/// Section 8.9.2: makes every change that is possible, and returns those that are not.
pub(crate) async fn set_affiliations(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    verb: &Element,
) -> Result<(), StanzaError> {
    let entries = entries(verb, "affiliation", |text| match text {
        "none" => Some(None),
        text => Affiliation::parse(text).map(Some),
    })?;
    let changed = service::change(context, account, name, move |node| {
        who.must_own()?;
        let mut failed = Vec::new();
        for (jid, wanted) in entries {
            let jid = bare(&jid).to_owned();
            // Nobody else becomes an owner (XEP-0163 section 2.2).
            let set = wanted.map(|to| node.set_affiliation(&who, &jid, to));
            if !matches!(set, Some(Ok(()))) {
                let kept = node.affiliations.get(&jid).map_or("none", |kept| kept.as_str());
                failed.push((jid.clone(), if jid == who.bare { "owner" } else { kept }));
            }
        }
        Ok(failed)
    });
    let failed = changed.await?.0;
    recalculate(context, account, name).await?;
    returned("affiliation", name, &failed)
}

/// Sections 8.8.2.4 and 8.9.2.4: what could not be changed goes back as it is.
fn returned(kind: &str, name: &str, failed: &[(String, &'static str)]) -> Result<(), StanzaError> {
    if failed.is_empty() {
        return Ok(());
    }
    let entries = failed.iter().map(|(jid, kept)| {
        let entry = Element::builder(kind, ns::PUBSUB_OWNER).attr("jid", jid.as_str());
        entry.attr(kind, *kept).build()
    });
    let list = Element::builder(&format!("{kind}s"), ns::PUBSUB_OWNER).attr("node", name);
    let pubsub = Element::builder("pubsub", ns::PUBSUB_OWNER).child(list.children(entries));
    Err(StanzaError::new(Condition::NotAcceptable).with_returned(pubsub.build()))
}

/// Reads the entries of a change: the address, and what it is to become, or `None` if there is no such
/// thing. Those that do not say stay as they are.
fn entries<T>(
    verb: &Element,
    kind: &str,
    read: impl Fn(&str) -> Option<Option<T>>,
) -> Result<Vec<Entry<Option<T>>>, Refusal> {
    let (mut entries, mut named) = (Vec::new(), BTreeSet::new());
    for child in verb.children().filter(|child| child.is(kind, ns::PUBSUB_OWNER)) {
        let jid = child.attr("jid").ok_or(Refusal::BadRequest)?;
        let jid = jid.parse::<Jid>().map_err(|_| Refusal::NotAcceptable)?.to_string();
        // Section 8.9.2.4: nobody is changed twice at once.
        if !named.insert(jid.clone()) {
            return Err(Refusal::BadRequest);
        }
        if let Some(text) = child.attr(kind) {
            entries.push((jid, read(text)));
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
