//! The live list of who is on the link.
//!
//! It holds what has been announced, our own announcement too: that is how a collision after the
//! fact is noticed. Only others are shown, only with addresses on the link, and no more than the
//! limit.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use televisor_discovery::Found;
use tokio::sync::{Notify, broadcast, mpsc};

use crate::name::{Names, PeerName};
use crate::near::Near;
use crate::presence::Presence;
use crate::txt;

/// Changes a slow listener may fall behind before it loses the oldest.
const CHANGES: usize = 1024;
/// Doubts waiting to be asked about.
const DOUBTS: usize = 64;
/// Addresses kept of one peer.
const ADDRESSES: usize = 8;

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

/// Who has a name that we want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Another application on this machine.
    ThisMachine,
    /// Another machine.
    Another,
}

/// What is announced under one name.
#[derive(Debug)]
struct Sighting {
    peer: Peer,
    port: u16,
    own_machine: bool,
    /// The search that saw it last.
    search: u64,
    /// Whether listeners know of it.
    shown: bool,
}

/// Who we are, to leave ourselves out.
#[derive(Debug)]
struct Own {
    names: Names,
    port: u16,
}

#[derive(Debug, Default)]
struct State {
    own: Option<Own>,
    sightings: HashMap<PeerName, Sighting>,
    search: u64,
    left_out: bool,
}

/// The roster. Shared by the workers of a link.
#[derive(Debug)]
pub(crate) struct Roster {
    limit: usize,
    state: Mutex<State>,
    changes: broadcast::Sender<Change>,
    doubts: mpsc::Sender<PeerName>,
    contested: Notify,
}

impl Roster {
    /// Makes an empty roster; names that are doubted come out of the receiver.
    pub(crate) fn new(limit: usize) -> (Self, mpsc::Receiver<PeerName>) {
        let (doubts, doubted) = mpsc::channel(DOUBTS);
        let roster = Self {
            limit,
            state: Mutex::default(),
            changes: broadcast::Sender::new(CHANGES),
            doubts,
            contested: Notify::new(),
        };
        (roster, doubted)
    }

    /// Returns everybody, by name. We ourselves are not among them.
    pub(crate) fn peers(&self) -> Vec<Peer> {
        let state = self.state();
        let shown = state.sightings.values().filter(|s| s.shown);
        let mut peers: Vec<Peer> = shown.map(|s| s.peer.clone()).collect();
        drop(state);
        peers.sort_by(|a, b| a.name.cmp(&b.name));
        peers
    }

    /// Returns the peer of this name.
    pub(crate) fn peer(&self, name: &PeerName) -> Option<Peer> {
        self.state().sightings.get(name).filter(|s| s.shown).map(|s| s.peer.clone())
    }

    /// Returns everybody announced with this address (scope aside, IPv4-mapped addresses as IPv4).
    pub(crate) fn at(&self, ip: IpAddr) -> Vec<Peer> {
        let ip = ip.to_canonical();
        let state = self.state();
        let here = |s: &&Sighting| s.shown && s.peer.addresses.iter().any(|a| a.ip() == ip);
        state.sightings.values().filter(here).map(|s| s.peer.clone()).collect()
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

    /// Takes in what was found.
    pub(crate) fn see(&self, found: &Found, near: &Near) {
        let Some(peer) = peer_of(found, near) else { return };
        let name = peer.name.clone();
        let own_machine = found.addresses.iter().any(|a| near.is_own(a.ip()));
        let mut state = self.state();
        let search = state.search;
        let room = state.sightings.len() < self.limit;
        if let Some(known) = state.sightings.get_mut(&name) {
            known.search = search;
            (known.port, known.own_machine) = (found.port, own_machine);
            if known.peer == peer {
                return;
            }
            known.peer = peer;
        } else if room {
            state.sightings.insert(
                name.clone(),
                Sighting { peer, port: found.port, own_machine, search, shown: false },
            );
        } else {
            state.left_out = true;
            return;
        }
        self.tell(&mut state, &name);
        if state.holder().is_some() {
            self.contested.notify_one();
        }
    }

    /// Takes out what has gone.
    pub(crate) fn gone(&self, name: &PeerName) {
        let mut state = self.state();
        if state.sightings.remove(name).is_some_and(|sighting| sighting.shown) {
            let _ = self.changes.send(Change::Gone(name.clone()));
        }
    }

    /// Begins a new search: whoever it does not see is taken out by [`Roster::sweep`].
    pub(crate) fn search_anew(&self) {
        let mut state = self.state();
        state.search += 1;
        state.left_out = false;
    }

    /// Takes out whoever the current search has not seen.
    pub(crate) fn sweep(&self) {
        let state = self.state();
        let old = state.sightings.iter().filter(|(_, s)| s.search < state.search);
        let old: Vec<PeerName> = old.map(|(name, _)| name.clone()).collect();
        drop(state);
        for name in old {
            self.gone(&name);
        }
    }

    /// Whether somebody was left out and there is room now.
    pub(crate) fn has_room_for_more(&self) -> bool {
        let state = self.state();
        state.left_out && state.sightings.len() < self.limit
    }

    /// Sets who we are. What was announced under another name of ours is shown from now on, if it
    /// is somebody else's.
    pub(crate) fn set_own(&self, names: &Names, port: u16) {
        let mut state = self.state();
        state.own = Some(Own { names: names.clone(), port });
        let all: Vec<PeerName> = state.sightings.keys().cloned().collect();
        for name in all {
            let before = state.sightings.get(&name).is_some_and(|s| s.shown);
            if before == state.is_other(&name) {
                continue;
            }
            self.tell(&mut state, &name);
        }
    }

    /// Says who else is announced under the name that [`Roster::set_own`] set.
    pub(crate) fn holder(&self) -> Option<Holder> {
        self.state().holder()
    }

    /// Waits until somebody else is announced under our name; may be wrong, ask
    /// [`Roster::holder`].
    pub(crate) async fn contested(&self) {
        self.contested.notified().await;
    }

    /// Tells listeners what has become of a name that is in the list.
    fn tell(&self, state: &mut State, name: &PeerName) {
        let show = state.is_other(name);
        let Some(sighting) = state.sightings.get_mut(name) else { return };
        let change = match (sighting.shown, show) {
            (false, true) => Change::Appeared(sighting.peer.clone()),
            (true, true) => Change::Changed(sighting.peer.clone()),
            (true, false) => Change::Gone(name.clone()),
            (false, false) => return,
        };
        sighting.shown = show;
        let _ = self.changes.send(change);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether this is somebody else, with an address to reach him at.
    fn is_other(&self, name: &PeerName) -> bool {
        let Some(sighting) = self.sightings.get(name) else { return false };
        let ours =
            self.own.as_ref().is_some_and(|own| *name == own.names.instance || own.is_at(sighting));
        !ours && !sighting.peer.addresses.is_empty()
    }

    fn holder(&self) -> Option<Holder> {
        let own = self.own.as_ref()?;
        let sighting = self.sightings.get(&own.names.instance)?;
        match (own.is_at(sighting), sighting.own_machine) {
            (true, _) => None,
            (false, true) => Some(Holder::ThisMachine),
            (false, false) => Some(Holder::Another),
        }
    }
}

impl Own {
    /// Whether the records lead to us, perhaps under an earlier name: nobody else on this machine
    /// has our port.
    fn is_at(&self, sighting: &Sighting) -> bool {
        sighting.own_machine && sighting.port == self.port
    }
}

/// Reads a sighting; nothing for a name that cannot be shown or written in XML.
fn peer_of(found: &Found, near: &Near) -> Option<Peer> {
    let host = found.host.chars().filter(|c| !c.is_control()).collect();
    if found.instance.trim().is_empty() || found.instance.chars().any(char::is_control) {
        return None;
    }
    let near = found.addresses.iter().filter(|a| a.port() != 0 && near.holds(a.ip()));
    Some(Peer {
        name: PeerName::new(&*found.instance),
        host,
        addresses: near.take(ADDRESSES).copied().collect(),
        presence: txt::from_txt(&found.txt),
    })
}

#[cfg(test)]
mod tests;
