//! The household roster, live: pushes what changed when an account logs in for the first time, is
//! renamed, or is forgotten.

use std::collections::BTreeSet;

use televisor_store::Error;

use crate::context::Context;
use crate::delivery::{place, subscribe};
use crate::roster::{self, Push};
use crate::storage::{self, household};

/// Compares the household with what rosters were last told, and pushes the difference.
pub(crate) async fn refresh(context: &Context) -> Result<(), Error> {
    let now = roster::members(context);
    let before = household::all(context.store()).await?;
    for gone in before.keys().filter(|member| !now.contains_key(*member)) {
        say_goodbye(context, gone).await?;
    }
    // What was on its way for those who are gone goes with them.
    context.journal().flush().await;
    let before = household::replace(context.store(), now.clone()).await?;
    for gone in before.keys().filter(|member| !now.contains_key(*member)) {
        context.archive().forget(gone);
        context.blocklists().set(gone, BTreeSet::new());
    }
    let changed = now
        .iter()
        .filter(|(member, name)| before.get(*member) != Some(*name))
        .map(|(member, _)| member)
        .chain(before.keys().filter(|member| !now.contains_key(*member)));
    let mut online: Vec<String> =
        context.router().all().into_iter().map(|session| session.origin.account.clone()).collect();
    online.sort_unstable();
    online.dedup();
    for member in changed {
        for account in online.iter().filter(|account| *account != member) {
            Push::new(account, &context.address(member)).deliver(context).await?;
        }
    }
    Ok(())
}

/// Ends what an account that is no more has of contacts on other servers, who could not know.
async fn say_goodbye(context: &Context, account: &str) -> Result<(), Error> {
    for entry in storage::roster::all(context.store(), account).await? {
        if place::is_elsewhere(context, &entry.contact) {
            subscribe::end(context, account, &entry.contact).await?;
        }
    }
    Ok(())
}
