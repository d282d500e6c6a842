//! A stream that has been negotiated: stanzas may flow in both directions.

use std::net::SocketAddr;

use televisor_xmpp::{Element, Limits};
use tokio::io::{ReadHalf, WriteHalf};
use tokio::time::Instant;

use super::gate::Pass;
use super::hub::Shared;
use super::pace::Pace;
use super::tls::Security;
use super::wire::{Io, Wire};
use crate::name::PeerName;

/// What a stream runs over, whole.
pub(super) type Whole = Wire<Box<dyn Io>>;

/// How much faster than a stranger somebody of the household may speak.
const HOUSEHOLD_PACE: usize = 16;

/// What is known of a stream.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The other end.
    pub(super) address: SocketAddr,
    pub(super) security: Security,
    /// Both sides speak XMPP 1.0.
    pub(super) modern: bool,
    /// We opened it.
    pub(super) ours: bool,
    /// Whom it says it is from, where it is not announced (yet).
    pub(super) claimed: Option<PeerName>,
    /// When it could first carry stanzas.
    pub(super) since: Instant,
}

/// A stream that has been negotiated.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) reader: Wire<ReadHalf<Box<dyn Io>>>,
    pub(super) writer: WriteHalf<Box<dyn Io>>,
    pub(super) facts: Facts,
    /// A stanza that has been read already.
    pub(super) first: Option<Element>,
    /// Its place among the streams of others; ours need none.
    pub(super) pass: Option<Pass>,
}

impl std::fmt::Debug for dyn Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Io")
    }
}

impl Opened {
    pub(super) fn new(
        shared: &Shared,
        mut wire: Whole,
        facts: Facts,
        first: Option<Element>,
        pass: Option<Pass>,
    ) -> Self {
        let proven = shared.owner(facts.security).is_some();
        admit(shared, &mut wire, proven);
        let (reader, writer) = tokio::io::split(wire.io);
        let reader = Wire { io: reader, parser: wire.parser, pace: wire.pace };
        Self { reader, writer, facts, first, pass }
    }
}

/// Sets limits and pace for what the peer has proven.
pub(super) fn admit<R>(shared: &Shared, wire: &mut Wire<R>, proven: bool) {
    wire.parser.set_limits(Limits { depth: shared.limits.depth, bytes: largest(shared, proven) });
    let rate = shared.limits.bytes_per_second;
    wire.pace.set(if proven { rate.saturating_mul(HOUSEHOLD_PACE) } else { rate });
}

/// The largest stanza that goes over a stream, in either direction.
pub(super) const fn largest(shared: &Shared, proven: bool) -> usize {
    if proven { shared.limits.stanza_proven } else { shared.limits.stanza_unproven }
}

/// Starts a wire that is to be negotiated.
pub(super) fn unopened(shared: &Shared, io: Box<dyn Io>) -> Whole {
    let limits = Limits { depth: shared.limits.depth, bytes: shared.limits.stanza_opening };
    Wire::new(io, limits, Pace::new(shared.limits.bytes_per_second))
}
