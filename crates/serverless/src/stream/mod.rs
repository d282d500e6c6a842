//! XML streams between peers (XEP-0174 sections 6 to 8).

use std::sync::Arc;

use televisor_xmpp::Element;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::config::{About, Limits};
use crate::error::Error;
use crate::link::{Incoming, Sent};
use crate::name::PeerName;
use crate::roster::Roster;
use crate::trust::{Credentials, Owner};

/// What the streams need of the rest of the link.
pub(crate) struct Setting {
    /// Where to accept, already bound: one dual-stack socket, or one for each family.
    pub(crate) listeners: Vec<TcpListener>,
    /// Which interfaces are in use: ask [`crate::near::Near`] whether an address is on the link.
    pub(crate) discovery: televisor_discovery::Config,
    /// Who is announced where.
    pub(crate) roster: Arc<Roster>,
    /// Our own name, as collisions change it.
    pub(crate) me: watch::Receiver<Option<PeerName>>,
    /// What to answer about ourselves.
    pub(crate) about: About,
    /// The bounds.
    pub(crate) limits: Limits,
    /// Our certificate; none means plain streams only.
    pub(crate) credentials: Option<Credentials>,
}

/// The streams of a link. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    _incoming: mpsc::Sender<Incoming>,
}

impl Streams {
    /// Starts accepting. Must be called inside a Tokio runtime.
    pub(crate) fn start(setting: Setting) -> Result<(Self, mpsc::Receiver<Incoming>), Error> {
        let (sender, incoming) = mpsc::channel(setting.limits.incoming);
        Ok((Self { _incoming: sender }, incoming))
    }

    /// See [`crate::Link::send`].
    pub(crate) async fn send(&self, to: &PeerName, _stanza: Element) -> Result<Sent, Error> {
        Err(Error::NotHere(to.to_string()))
    }

    /// See [`crate::Link::request`].
    pub(crate) async fn request(&self, to: &PeerName, _iq: Element) -> Result<Element, Error> {
        Err(Error::NotHere(to.to_string()))
    }

    /// See [`crate::Link::prove`].
    pub(crate) async fn prove(&self, to: &PeerName) -> Result<Option<Owner>, Error> {
        Err(Error::NotHere(to.to_string()))
    }

    /// Closes every stream, and the listeners.
    pub(crate) async fn close(&self) {}
}
