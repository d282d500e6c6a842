//! The handle of a link.

use std::sync::Arc;

use televisor_xmpp::Element;
use tokio::sync::{broadcast, mpsc, watch};

use crate::config::Config;
use crate::error::Error;
use crate::name::PeerName;
use crate::presence::Presence;
use crate::roster::{Change, Peer, Roster};
use crate::stream::{Setting, Streams};
use crate::trust::{Credentials, Owner};

/// Who we are on the link. A name that is taken gets a number, as XEP-0174 section 3 says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The part before the `@`, any text.
    pub user: String,
    /// The part after it: ASCII letters, digits and hyphens; anything else becomes a hyphen.
    pub machine: String,
    /// What to tell of ourselves.
    pub presence: Presence,
}

/// A stanza that came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The announced peer at that address, or a made-up name of the address where nobody is
    /// announced. It is not proven by anything.
    pub from: PeerName,
    /// Whom the certificate of the stream proves, if anybody of the household.
    pub proven: Option<Owner>,
    /// Whether the stream is under TLS.
    pub encrypted: bool,
    /// The stanza, in the namespace `jabber:client`.
    pub stanza: Element,
}

/// How a stanza went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whom the certificate of the stream proves, if anybody of the household.
    pub proven: Option<Owner>,
    /// Whether the stream is under TLS.
    pub encrypted: bool,
}

/// A link: our presence on it, everybody else's, and the streams between us. Cloning gives another
/// handle of the same; when the last is dropped, goodbyes are sent without anybody waiting for them.
#[derive(Debug, Clone)]
pub struct Link {
    roster: Arc<Roster>,
    streams: Option<Streams>,
    me: watch::Receiver<Option<PeerName>>,
}

impl Link {
    /// Starts watching the link, and takes part in it as `me`; without it nothing is announced,
    /// nothing listened on, and nothing can be sent. Without `credentials` all streams are plain.
    /// What comes in must be taken from the receiver: when it is full, streams wait.
    ///
    /// # Errors
    /// [`Error::Listen`] when the port is taken, [`Error::Discovery`] when multicast cannot be had,
    /// [`Error::Credentials`] when the key does not fit.
    pub async fn start(
        config: Config,
        me: Option<Me>,
        credentials: Option<Credentials>,
    ) -> Result<(Self, mpsc::Receiver<Incoming>), Error> {
        let (roster, _doubted) = Roster::new(config.limits.peers);
        let roster = Arc::new(roster);
        let name = me.map(|me| PeerName::new(format!("{}@{}", me.user, me.machine)));
        let (_name, me) = watch::channel(name);
        let (streams, incoming) = Streams::start(Setting {
            listeners: Vec::new(),
            roster: Arc::clone(&roster),
            me: me.clone(),
            about: config.about,
            limits: config.limits,
            credentials,
        })?;
        Ok((Self { roster, streams: Some(streams), me }, incoming))
    }

    /// Returns the name we have after collisions; nothing for a link that only watches.
    #[must_use]
    pub fn me(&self) -> Option<PeerName> {
        self.me.borrow().clone()
    }

    /// Changes what is told of us. Changes closer together than a second are sent as one (RFC 6762
    /// section 6).
    pub async fn set_presence(&self, _presence: Presence) {}

    /// Changes our name: goodbye under the old one, and the new one announced. Streams stay.
    pub async fn rename(&self, _user: &str, _machine: &str) {}

    /// Returns everybody on the link, by name; we ourselves are not among them.
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.roster.peers()
    }

    /// Returns the peer of this name, if it is on the link.
    #[must_use]
    pub fn peer(&self, name: &PeerName) -> Option<Peer> {
        self.roster.peer(name)
    }

    /// Follows what happens from now on. A listener that falls too far behind is told how much it
    /// missed, and should read [`Link::peers`] again.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.roster.changes()
    }

    /// Sends a stanza: in order for each peer, over the one stream there is, or a new one. Returns
    /// when it has been written to the stream. `from` and `to` are filled in.
    ///
    /// # Errors
    /// [`Error::NotHere`], [`Error::Unreachable`], [`Error::Timeout`], [`Error::Stanza`],
    /// [`Error::Busy`], [`Error::WatchOnly`] and [`Error::Closed`].
    pub async fn send(&self, to: &PeerName, stanza: Element) -> Result<Sent, Error> {
        self.streams()?.send(to, stanza).await
    }

    /// Sends an iq and waits for its result, within the deadline of the limits. An id is made up
    /// where there is none.
    ///
    /// # Errors
    /// As [`Link::send`], and [`Error::Refused`] when the answer is an error.
    pub async fn request(&self, to: &PeerName, iq: Element) -> Result<Element, Error> {
        self.streams()?.request(to, iq).await
    }

    /// Says who the peer is proven to be, opening a stream if there is none.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub async fn prove(&self, to: &PeerName) -> Result<Option<Owner>, Error> {
        self.streams()?.prove(to).await
    }

    /// Closes the streams (`</stream:stream>`) and says goodbye. Waits a few seconds at most.
    pub async fn close(self) {
        if let Some(streams) = &self.streams {
            streams.close().await;
        }
    }

    fn streams(&self) -> Result<&Streams, Error> {
        self.streams.as_ref().ok_or(Error::WatchOnly)
    }
}
