//! XEP-0060 sections 5.6, 5.7, 6.1 and 6.2: subscribing, and what somebody is to an account's nodes.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::pubsub::config::SendLast;
use crate::pubsub::last;
use crate::pubsub::node::{Affiliation, Subscribed, bare};
use crate::pubsub::notify::Notice;
use crate::pubsub::refusal::Refusal;
use crate::pubsub::service::{self, trouble};
use crate::pubsub::standing::Who;
use crate::storage::pubsub as kept;

/// Section 6.1: subscribes the address that `verb` names; it is told the last item if it is the node's
/// way.
pub(crate) async fn subscribe(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    verb: &Element,
) -> Result<Element, StanzaError> {
    let jid = jid(verb)?;
    let subscribed = jid.clone();
    let changed =
        service::change(context, account, name, move |node| node.subscribe(&who, &subscribed));
    let (state, node) = changed.await?;
    if state == Subscribed::Yes && node.config.send_last != SendLast::Never {
        let found = last::last(context, account, name).await.map_err(|error| trouble(&error))?;
        if let Some((node, item)) = found {
            Notice { context, account, name, node: &node }.last(&jid, &item);
        }
    }
    Ok(subscription(name, &jid, state.as_str()))
}

/// Section 6.2: unsubscribes the address that `verb` names.
pub(crate) async fn unsubscribe(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    verb: &Element,
) -> Result<Element, StanzaError> {
    let jid = jid(verb)?;
    let ended = jid.clone();
    service::change(context, account, name, move |node| node.unsubscribe(&who, &ended)).await?;
    Ok(subscription(name, &jid, "none"))
}

/// Returns the address to be subscribed, in the form that all addresses have inside.
fn jid(verb: &Element) -> Result<String, Refusal> {
    let jid = verb.attr("jid").ok_or(Refusal::JidRequired)?;
    jid.parse::<Jid>().map(|jid| jid.to_string()).map_err(|_| Refusal::InvalidJid)
}

/// Makes `<subscription/>`.
fn subscription(name: &str, jid: &str, state: &str) -> Element {
    Element::builder("subscription", ns::PUBSUB)
        .attr("node", name)
        .attr("jid", jid)
        .attr("subscription", state)
        .build()
}

/// Section 5.6: the subscriptions of who asks, to all nodes or one.
pub(crate) async fn subscriptions(
    context: &Context,
    account: &str,
    who: &Who,
    verb: &Element,
) -> Result<Element, StanzaError> {
    let only = verb.attr("node");
    let nodes = kept::nodes(context.store(), account).await.map_err(|error| trouble(&error))?;
    let mut list = Element::builder("subscriptions", ns::PUBSUB).attr_opt("node", only);
    for (name, node) in nodes.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        let own = node.subscriptions.iter().filter(|(jid, _)| bare(jid) == who.bare);
        list = list.children(own.map(|(jid, state)| subscription(name, jid, state.as_str())));
    }
    Ok(Element::builder("pubsub", ns::PUBSUB).child(list).build())
}

/// Section 5.7: the affiliations of who asks, with all nodes or one.
pub(crate) async fn affiliations(
    context: &Context,
    account: &str,
    who: &Who,
    verb: &Element,
) -> Result<Element, StanzaError> {
    let only = verb.attr("node");
    let nodes = kept::nodes(context.store(), account).await.map_err(|error| trouble(&error))?;
    let mut list = Element::builder("affiliations", ns::PUBSUB).attr_opt("node", only);
    for (name, node) in nodes.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        let owner = who.is_owner().then_some("owner");
        let kept = || node.affiliation(who).map(Affiliation::as_str);
        let Some(affiliation) = owner.or_else(kept) else { continue };
        let affiliation = Element::builder("affiliation", ns::PUBSUB)
            .attr("node", name.as_str())
            .attr("affiliation", affiliation);
        list = list.child(affiliation);
    }
    Ok(Element::builder("pubsub", ns::PUBSUB).child(list).build())
}
