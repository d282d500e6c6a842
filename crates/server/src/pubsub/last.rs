//! XEP-0163 section 4.3.4: the last items of the nodes that somebody newly available wants.

use std::collections::{BTreeMap, BTreeSet};

use televisor_store::Error;

use crate::context::Context;
use crate::delivery::place;
use crate::pubsub::config::SendLast;
use crate::pubsub::interests::{Wanted, Watcher};
use crate::pubsub::node::{Item, Node, bare};
use crate::pubsub::notify::Notice;
use crate::pubsub::residents;
use crate::pubsub::standing::Who;
use crate::roster::Roster;
use crate::storage::pubsub as kept;

/// Tells a resource the last items of the nodes in `wanted`: of its own account and those it sees, or
/// of the one account that sees it.
pub(crate) async fn tell(
    context: &Context,
    watcher: &Watcher,
    wanted: &Wanted,
) -> Result<(), Error> {
    let mut by_account: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (account, node) in kept::holders(context.store(), BTreeSet::clone(wanted)).await? {
        by_account.entry(account).or_default().insert(node);
    }
    match &watcher.seen_by {
        Some(account) => by_account.retain(|holder, _| holder == account),
        None => {
            let seen = seen(context, &watcher.jid).await?;
            by_account.retain(|holder, _| seen.contains(holder));
            residents::tell_last(context, &watcher.jid, wanted);
        }
    }
    for (account, nodes) in by_account {
        of_account(context, &account, &watcher.jid, &nodes).await?;
    }
    Ok(())
}

/// Tells a resource the last items of some nodes of one account, as far as it may know them.
pub(crate) async fn of_account(
    context: &Context,
    account: &str,
    jid: &str,
    nodes: &BTreeSet<String>,
) -> Result<(), Error> {
    let roster = Roster::load(context, account).await?;
    let who = Who::of(&roster, &context.address(account), jid);
    for name in nodes {
        let Some((node, item)) = last(context, account, name).await? else { continue };
        let subscribed = node.is_subscribed(&who) && node.may_read(&who).is_ok();
        let told = subscribed || who.is_told(node.affiliation(&who), &node.config);
        if told && node.config.send_last == SendLast::OnSubAndPresence {
            Notice { context, account, name, node: &node }.last(jid, &item);
        }
    }
    Ok(())
}

/// Returns a node and its last item, if it has one.
pub(crate) async fn last(
    context: &Context,
    account: &str,
    name: &str,
) -> Result<Option<(Node, Item)>, Error> {
    let now = context.clock().now();
    let pick = move |node: &Node| {
        let mut node = node.clone();
        node.expire(now);
        Ok((node.items.pop().into_iter().collect(), ()))
    };
    let found = kept::items(context.store(), account, name, pick).await?;
    Ok(found.ok().and_then(|(node, mut items, ())| items.pop().map(|item| (node, item))))
}

/// The accounts that a resource here sees: its own, and its contacts'.
async fn seen(context: &Context, jid: &str) -> Result<BTreeSet<String>, Error> {
    let Some(own) = place::localpart_here(context, bare(jid)) else { return Ok(BTreeSet::new()) };
    let roster = Roster::load(context, own).await?;
    let contacts = roster.watched().filter_map(|contact| place::localpart_here(context, contact));
    Ok(contacts.chain([own]).map(str::to_owned).collect())
}
