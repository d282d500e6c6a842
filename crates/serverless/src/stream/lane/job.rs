//! What waits to be sent.

use televisor_xmpp::{Element, ns};
use tokio::sync::oneshot;

use crate::error::Error;
use crate::link::Sent;
use crate::name::PeerName;
use crate::stream::hub::Shared;
use crate::stream::tls::Security;

/// What the stream must be worth that a stanza goes out on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::stream) enum Demand {
    /// Anything.
    Nothing,
    /// As much as can be had.
    Most,
    /// Proven to be with the owner of this bare JID.
    Owner(String),
}

impl Demand {
    /// Says whether a stream that is worth this will do.
    pub(super) fn met_by(&self, shared: &Shared, security: Security) -> bool {
        match self {
            Self::Nothing => true,
            Self::Most => shared.owner(security).is_some(),
            Self::Owner(jid) => shared.proves(security, jid),
        }
    }

    /// Says whether it has to be met.
    pub(super) const fn is_strict(&self) -> bool {
        matches!(self, Self::Owner(_))
    }
}

/// Something to be done over the stream to a peer.
#[derive(Debug)]
pub(in crate::stream) struct Job {
    /// What to send; nothing only asks what the stream is worth.
    pub(in crate::stream) stanza: Option<Element>,
    pub(in crate::stream) demand: Demand,
    /// The id of a request, whose answer is waited for.
    pub(in crate::stream) request: Option<String>,
    /// Whether a stream may be opened for it.
    pub(in crate::stream) may_open: bool,
    /// What became of it.
    pub(in crate::stream) done: Option<oneshot::Sender<Result<Sent, Error>>>,
}

impl Job {
    /// An answer of our own, for which nobody is called back.
    pub(in crate::stream) const fn reply(stanza: Element) -> Self {
        Self {
            stanza: Some(stanza),
            demand: Demand::Nothing,
            request: None,
            may_open: false,
            done: None,
        }
    }
}

/// Writes a stanza with the logical addresses of both (XEP-0174 section 7).
pub(super) fn addressed(mut stanza: Element, me: Option<&PeerName>, to: &PeerName) -> Vec<u8> {
    stanza.set_attr("to", to.as_str());
    match me {
        Some(me) => stanza.set_attr("from", me.as_str()),
        None => drop(stanza.remove_attr("from")),
    }
    stanza.to_bytes(ns::CLIENT).to_vec()
}
