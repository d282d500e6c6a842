//! Waiting until a change has reached the other name servers of the zone: an authority that looks
//! for a proof asks any of them, and counts a proof that it does not find.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::time::{sleep, timeout};

use super::Failure;
use super::exchange::Exchange;
use super::records::Set;

/// How long one waits for the slowest; a server that notifies its secondaries (RFC 1996) needs
/// seconds.
const LONGEST: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
const LOOKUP: Duration = Duration::from_secs(5);
const PORT: u16 = 53;
const MOST_SERVERS: usize = 12;

/// Waits until every name server of `zone` that can be reached from here answers with `set`, but
/// not for ever: one that is never right is not our business.
pub(super) async fn wait(server: &str, zone: &Name, set: &Set) {
    if timeout(LONGEST, everywhere(server, zone, set)).await.is_err() {
        tracing::debug!("not every name server of {zone} has {} yet", set.name);
    }
}

async fn everywhere(server: &str, zone: &Name, set: &Set) {
    let mut waiting = match name_servers(server, zone).await {
        Ok(servers) => servers,
        Err(failure) => {
            tracing::debug!("the name servers of {zone} are not known: {failure}");
            return;
        }
    };
    loop {
        let mut left = Vec::new();
        for address in waiting {
            if !has(address, set).await {
                left.push(address);
            }
        }
        if left.is_empty() {
            return;
        }
        waiting = left;
        sleep(BETWEEN_LOOKS).await;
    }
}

/// A server that cannot be asked is not waited for: a hidden one, or one behind a firewall.
async fn has(address: SocketAddr, set: &Set) -> bool {
    let Ok(mut exchange) = Exchange::open(&address.to_string()).await else { return true };
    exchange.ask(set.question()).await.is_ok_and(|answers| set.is_answered_by(&answers))
}

async fn name_servers(server: &str, zone: &Name) -> Result<Vec<SocketAddr>, Failure> {
    let mut exchange = Exchange::open(server).await?;
    let answers = exchange.ask(Query::query(zone.clone(), RecordType::NS)).await?;
    let mut found = Vec::new();
    for record in answers.into_iter().take(MOST_SERVERS) {
        let RData::NS(host) = record.data else { continue };
        let host = host.to_string();
        if let Ok(Ok(addresses)) =
            timeout(LOOKUP, tokio::net::lookup_host((host.as_str(), PORT))).await
        {
            found.extend(addresses.take(MOST_SERVERS));
        }
    }
    found.truncate(MOST_SERVERS);
    Ok(found)
}
