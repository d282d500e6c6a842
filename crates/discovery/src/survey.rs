//! Asking who else is there before names are taken.
//!
//! The daemon's own probing renames per record and per interface, so that two services of one
//! receiver could end up with different names. We therefore ask first, choose one number that is
//! free for every service and the host, and keep its probing for the race that is left.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use mdns_sd::{HostnameResolutionEvent, ServiceEvent};
use tokio::time::{Instant, timeout_at};

use crate::browser::instance;
use crate::error::Error;
use crate::name::Identity;
use crate::responder::Responder;

/// How long others have to answer. A record is not multicast twice within a second (RFC 6762
/// section 6), so one that was announced just before our question is heard again only with its
/// second announcement, a little more than a second later.
const WAIT: Duration = Duration::from_millis(1300);
/// As many receivers of one name as one network may have.
const NUMBER_LIMIT: u32 = 99;

/// Returns the lowest number, from 1 on, under which no service of these kinds and no other host
/// is announced.
pub(crate) async fn free_number(
    responder: &Responder,
    identity: &Identity,
    kinds: &[String],
) -> Result<u32, Error> {
    let host = format!("{}.local.", identity.numbered(1).host);
    let (taken, first_host) =
        tokio::join!(instances(responder, kinds), host_taken(responder, &host));
    let (taken, first_host) = (taken?, first_host?);
    for number in 1..NUMBER_LIMIT {
        let names = identity.numbered(number);
        if taken.contains(&names.instance.to_lowercase()) {
            continue;
        }
        let host = format!("{}.local.", names.host);
        let host_taken =
            if number == 1 { first_host } else { host_taken(responder, &host).await? };
        if !host_taken {
            return Ok(number);
        }
    }
    Ok(NUMBER_LIMIT)
}

/// Collects the instance names announced under any of `kinds`, in lower case.
async fn instances(responder: &Responder, kinds: &[String]) -> Result<HashSet<String>, Error> {
    let until = Instant::now() + WAIT;
    let mut searches = Vec::new();
    for kind in kinds {
        let suffix = format!("{kind}.local.");
        searches.push((responder.daemon().browse(&suffix)?, suffix));
    }
    tokio::time::sleep_until(until).await;
    let mut names = HashSet::new();
    for (events, suffix) in searches {
        for event in events.try_iter() {
            if let ServiceEvent::ServiceFound(_, fullname) = event {
                names.insert(instance(&fullname, &suffix).to_lowercase());
            }
        }
        responder.daemon().stop_browse(&suffix)?;
    }
    Ok(names)
}

/// Whether `host` has an address that is not one of this machine's own. Another responder on this
/// machine may well announce the same host; that is no conflict (RFC 6762 section 9).
pub(crate) async fn host_taken(responder: &Responder, host: &str) -> Result<bool, Error> {
    let ours = own_addresses();
    let until = Instant::now() + WAIT;
    let wait_ms = u64::try_from(WAIT.as_millis()).unwrap_or(u64::MAX);
    let events = responder.daemon().resolve_hostname(host, Some(wait_ms))?;
    let mut taken = false;
    while let Ok(Ok(event)) = timeout_at(until, events.recv_async()).await {
        if let HostnameResolutionEvent::AddressesFound(_, addresses) = event {
            taken |= addresses.iter().any(|ip| !ours.contains(&ip.to_ip_addr()));
        }
    }
    // Fails only when the daemon has ended the search by itself.
    let _ = responder.daemon().stop_resolve_hostname(host);
    Ok(taken)
}

fn own_addresses() -> HashSet<IpAddr> {
    if_addrs::get_if_addrs().unwrap_or_default().iter().map(if_addrs::Interface::ip).collect()
}
