//! Whom an incoming stream is with (XEP-0174 section 6).
//!
//! A name counts only where the address that the stream comes from announces it. Peers that send no
//! `from` go by their address, or else by the `from` of their first stanza under the same condition.
//! Whoever is announced nowhere gets a made-up name. None of this proves anything.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use crate::name::PeerName;
use crate::roster::Roster;

/// How long an announcement may come after the stream of who has just joined the link.
const HEARSAY: Duration = Duration::from_secs(2);

/// The longest name that is looked at: an instance name has at most 63 bytes (RFC 6763 section 4.1.1).
const NAME_BYTES: usize = 63;

/// Returns the announced peer at this address that claims this name; where nothing is claimed, the
/// only one there is.
pub(super) fn announced(
    roster: &Roster,
    ip: IpAddr,
    claimed: Option<&PeerName>,
) -> Option<PeerName> {
    let mut here = roster.at(ip.to_canonical()).into_iter().map(|peer| peer.name);
    match claimed {
        Some(claimed) => here.find(|name| name == claimed),
        None => here.next().filter(|_| here.next().is_none()),
    }
}

/// As [`announced`], and waits a moment for an announcement that is still on its way.
pub(super) async fn awaited(
    roster: &Roster,
    ip: IpAddr,
    claimed: Option<&PeerName>,
) -> Option<PeerName> {
    let mut changes = roster.changes();
    let found = async {
        loop {
            if let Some(name) = announced(roster, ip, claimed) {
                return Some(name);
            }
            if matches!(changes.recv().await, Err(RecvError::Closed)) {
                return None;
            }
        }
    };
    timeout(HEARSAY, found).await.ok().flatten()
}

/// Reads a `from`; one that cannot be an instance name is as good as none.
pub(super) fn claim(from: Option<&str>) -> Option<PeerName> {
    from.filter(|name| !name.is_empty() && name.len() <= NAME_BYTES).map(PeerName::new)
}

/// Makes up a name for one stream of somebody unknown.
pub(super) fn made_up(peer: SocketAddr) -> PeerName {
    PeerName::new(format!("unknown@{}", SocketAddr::new(peer.ip().to_canonical(), peer.port())))
}
