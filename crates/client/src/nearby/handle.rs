//! What the owner holds: who is there, sending, asking.

use std::time::Duration;

use televisor_serverless::{
    Change, Config, Error as LinkError, Link, Me, Owner, Peer, PeerName, Presence,
};
use televisor_xmpp::{Element, IqType, MessageType, Stanza, ns};
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

use crate::error::Error;
use crate::nearby::arrivals::{self, Arrival};
use crate::nearby::options::NearbyOptions;
use crate::nearby::route::{Delivery, Router, To};
use crate::session::chat_message;

/// Arrivals that wait for their owner; with more, the other side waits.
const ARRIVALS: usize = 256;

/// A device among others on its link. Cloning gives another handle of the same.
#[derive(Debug, Clone)]
pub struct Nearby {
    router: Router,
}

impl Nearby {
    /// Begins to watch the link, and takes part in it if the options say who to be. What comes in, by
    /// whichever way, must be taken from the receiver: when it is full, others wait; when it is
    /// dropped, nothing is heard any more.
    ///
    /// # Errors
    /// [`Error::Link`] without multicast, without a port, or with a certificate that is none.
    pub async fn start(options: NearbyOptions) -> Result<(Self, mpsc::Receiver<Arrival>), Error> {
        let config = Config {
            discovery: options.discovery.clone(),
            port: options.port,
            about: options.about(),
            limits: options.limits,
        };
        let (link, incoming) = start(config, options.me, options.credentials).await?;
        let (arrivals, taken) = mpsc::channel(ARRIVALS);
        if let Some(session) = options.session.clone() {
            tokio::spawn(arrivals::through_receiver(session, arrivals.clone()));
        }
        tokio::spawn(arrivals::over_link(link.clone(), incoming, options.answers, arrivals));
        Ok((Self { router: Router::new(link, options.session) }, taken))
    }

    /// Returns our name on the link, after collisions; nothing for one that only watches.
    #[must_use]
    pub fn me(&self) -> Option<PeerName> {
        self.router.link.me()
    }

    /// Waits until our name is ours and announced, at most that long.
    pub async fn announced(&self, wait: Duration) -> Option<PeerName> {
        self.router.link.announced(wait).await
    }

    /// Returns who is on the link, by name.
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.router.link.peers()
    }

    /// Returns the peer with this name, or the only one with this nickname, or this first half of
    /// its name; case does not matter.
    #[must_use]
    pub fn peer(&self, called: &str) -> Option<Peer> {
        let peers = self.peers();
        let called = called.to_lowercase();
        let only = |fits: &dyn Fn(&Peer) -> bool| {
            let mut fitting = peers.iter().filter(|peer| fits(peer));
            fitting.next().filter(|_| fitting.next().is_none()).cloned()
        };
        only(&|peer| peer.name.as_str().to_lowercase() == called)
            .or_else(|| {
                only(&|peer| {
                    peer.presence.nick.as_ref().is_some_and(|n| n.to_lowercase() == called)
                })
            })
            .or_else(|| {
                let user = |peer: &Peer| {
                    let name = peer.name.as_str().to_lowercase();
                    name.rsplit_once('@').map(|(user, _)| user.to_owned())
                };
                only(&|peer| user(peer).as_ref() == Some(&called))
            })
    }

    /// Follows who comes, goes, and says something else of themselves. A listener that falls behind
    /// is told so, and should ask for [`Nearby::peers`] again.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.router.link.changes()
    }

    /// Tells something else of us.
    pub async fn set_presence(&self, presence: Presence) {
        self.router.link.set_presence(presence).await;
    }

    /// Says who a peer has proven to be, opening a stream to it if there is none.
    ///
    /// # Errors
    /// [`Error::Link`] if it cannot be reached.
    pub async fn prove(&self, peer: &PeerName) -> Result<Option<Owner>, Error> {
        Ok(self.router.link.prove(peer).await?)
    }

    /// Sends a chat message, asking for a receipt; returns its identifier, and how it went.
    ///
    /// # Errors
    /// [`Error::NotHere`] for a device that is nowhere, [`Error::Link`].
    pub async fn say(&self, to: &To, text: &str) -> Result<(String, Delivery), Error> {
        let id = Uuid::new_v4().to_string();
        let delivery = self.send(to, chat_message(text, &id)).await?;
        Ok((id, delivery))
    }

    /// Sends structured data: any element in a namespace of its own, in a message of its own. The
    /// data of one sender arrive in the order they were sent in, by either way.
    ///
    /// # Errors
    /// As [`Nearby::say`]; [`Error::Link`] too for what is larger than the link takes: 64 KiB, and
    /// 256 KiB between two that have proven who they are.
    pub async fn send_data(&self, to: &To, payload: Element) -> Result<Delivery, Error> {
        let message = Stanza::message(MessageType::Normal).with_id(&Uuid::new_v4().to_string());
        self.send(to, message.with_payload(payload)).await
    }

    /// Shows that a message is being written (XEP-0085).
    ///
    /// # Errors
    /// As [`Nearby::say`].
    pub async fn typing(&self, to: &To) -> Result<Delivery, Error> {
        let composing = Element::new("composing", ns::CHAT_STATES);
        self.send(to, Stanza::message(MessageType::Chat).with_payload(composing)).await
    }

    /// Sends any stanza; its addresses are filled in.
    ///
    /// # Errors
    /// As [`Nearby::say`].
    pub async fn send(&self, to: &To, stanza: Stanza) -> Result<Delivery, Error> {
        self.router.send(to, stanza).await
    }

    /// Asks something by iq, and returns the payload of the result.
    ///
    /// # Errors
    /// [`Error::Stanza`] if the other side refuses, else as [`Nearby::say`].
    pub async fn request(
        &self,
        to: &To,
        kind: IqType,
        payload: Element,
    ) -> Result<Option<Element>, Error> {
        let iq = Stanza::iq(kind, &Uuid::new_v4().to_string(), payload);
        self.router.request(to, iq).await
    }

    /// Ends the streams and says goodbye. The session with the receiver goes on.
    pub async fn close(self) {
        self.router.link.close().await;
    }
}

/// Where the port is taken, any other does: it is announced.
async fn start(
    config: Config,
    me: Option<Me>,
    credentials: Option<televisor_serverless::Credentials>,
) -> Result<(Link, mpsc::Receiver<televisor_serverless::Incoming>), LinkError> {
    let wanted = config.port;
    let started = Link::start(config.clone(), me.clone(), credentials.clone()).await;
    match started {
        Err(LinkError::Listen { .. }) if wanted != 0 => {
            Link::start(Config { port: 0, ..config }, me, credentials).await
        }
        other => other,
    }
}
