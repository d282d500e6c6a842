//! The live list of who is on the link.

use std::net::{IpAddr, SocketAddr};

use tokio::sync::{broadcast, mpsc};

use crate::name::PeerName;
use crate::presence::Presence;

/// Changes a slow listener may fall behind before it loses the oldest.
const CHANGES: usize = 1024;

/// Somebody on the link, as announced; nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The name it is announced under.
    pub name: PeerName,
    /// The host of its SRV record, without the last dot.
    pub host: String,
    /// Where to connect, best first, with the port of the SRV record; IPv6 link-local with scope.
    pub addresses: Vec<SocketAddr>,
    /// What it tells of itself.
    pub presence: Presence,
}

/// What happened on the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Somebody has come.
    Appeared(Peer),
    /// Somebody's presence, host or addresses have changed.
    Changed(Peer),
    /// Somebody has gone, or does not answer any more.
    Gone(PeerName),
}

/// The roster. Shared by the workers of a link.
#[derive(Debug)]
pub(crate) struct Roster {
    changes: broadcast::Sender<Change>,
    doubts: mpsc::Sender<PeerName>,
}

impl Roster {
    /// Makes an empty roster; names that are doubted come out of the receiver.
    pub(crate) fn new(_limit: usize) -> (Self, mpsc::Receiver<PeerName>) {
        let (doubts, doubted) = mpsc::channel(64);
        (Self { changes: broadcast::Sender::new(CHANGES), doubts }, doubted)
    }

    /// Returns everybody, by name. We ourselves are not among them.
    pub(crate) fn peers(&self) -> Vec<Peer> {
        Vec::new()
    }

    /// Returns the peer of this name.
    pub(crate) fn peer(&self, _name: &PeerName) -> Option<Peer> {
        None
    }

    /// Returns everybody announced with this address (scope aside, IPv4-mapped addresses as IPv4).
    pub(crate) fn at(&self, _ip: IpAddr) -> Vec<Peer> {
        Vec::new()
    }

    /// Says that a peer could not be reached: its records are asked for again (RFC 6762 section
    /// 10.4), and it leaves the roster when nobody answers.
    pub(crate) fn doubt(&self, name: &PeerName) {
        // When there are that many doubts, this one will be raised again.
        let _ = self.doubts.try_send(name.clone());
    }

    /// Follows what happens from now on.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }
}
