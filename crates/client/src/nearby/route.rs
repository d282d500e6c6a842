//! By which way something goes: through the receiver, or over the link.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use televisor_serverless::{Error as LinkError, Link, Owner, PeerName, Sent};
use televisor_xmpp::{Element, IqType, Stanza, ns};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::error::Error;
use crate::session::{Session, State, bare};

/// Peers that are asked to prove that they are a device: more than that claim to be it falsely.
const CANDIDATES: usize = 8;

/// How long a receiver on the same network may take to say that it is there.
const ANSWER: Duration = Duration::from_secs(3);
/// For so long it is not asked again.
const BELIEVED: Duration = Duration::from_secs(5);

/// Whom something is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// Whoever has this name on the link. It need not be who it says it is.
    Peer(PeerName),
    /// The device of the household with this bare address, or the receiver, and nobody else.
    Device(String),
}

/// A way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Through the receiver, over our session with it.
    Receiver,
    /// Over the link, without anybody between.
    Link {
        /// Whether it is under TLS.
        encrypted: bool,
    },
}

/// How something went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// By which way.
    pub way: Way,
    /// Who it went to, where somebody vouches for that: its certificate, or the receiver.
    pub proven: Option<Owner>,
}

/// Finds ways. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Router {
    pub(super) link: Link,
    session: Option<Session>,
    /// When the receiver was asked last whether it is there, and whether it was.
    asked: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Router {
    pub(super) fn new(link: Link, session: Option<Session>) -> Self {
        Self { link, session, asked: Arc::default() }
    }

    /// Sends a stanza without addresses.
    pub(super) async fn send(&self, to: &To, stanza: Stanza) -> Result<Delivery, Error> {
        let jid = match to {
            To::Peer(name) => return Ok(over(self.link.send(name, stanza.into_element()).await?)),
            To::Device(jid) => jid,
        };
        if let Some((session, _)) = self.there(jid).await
            && let Some(delivery) = through(session, jid, stanza.clone()).await?
        {
            return Ok(delivery);
        }
        for name in self.here(jid).await {
            match self.link.send_proven(&name, jid, stanza.element().clone()).await {
                Err(LinkError::NotProven(_)) => {}
                sent => return Ok(over(sent?)),
            }
        }
        // It is away: the receiver keeps messages for it.
        if let Some(session) = self.household(jid)
            && self.is_alive(session).await
            && let Some(delivery) = through(session, jid, stanza).await?
        {
            return Ok(delivery);
        }
        Err(Error::NotHere(jid.clone()))
    }

    /// Asks by iq; returns the payload of the result.
    pub(super) async fn request(&self, to: &To, iq: Stanza) -> Result<Option<Element>, Error> {
        let jid = match to {
            To::Peer(name) => return answered(self.link.request(name, iq.into_element()).await),
            To::Device(jid) => jid,
        };
        if let Some((session, full)) = self.there(jid).await {
            return ask(session, &full, iq).await;
        }
        for name in self.here(jid).await {
            match self.link.request_proven(&name, jid, iq.element().clone()).await {
                Err(LinkError::NotProven(_)) => {}
                answer => return answered(answer),
            }
        }
        Err(Error::NotHere(jid.clone()))
    }

    /// The session, and a full address of the device, if it is online at the receiver.
    async fn there(&self, jid: &str) -> Option<(&Session, String)> {
        let session = self.connected()?;
        let full = {
            let online = session.online();
            let online = online.borrow();
            online.iter().find(|full| same(bare(full), jid)).cloned()?
        };
        self.is_alive(session).await.then_some((session, full))
    }

    /// Whether the receiver answers. One that has lost its power leaves its connections as they were,
    /// and what is sent to it is not sent to anybody.
    async fn is_alive(&self, session: &Session) -> bool {
        let lately = {
            let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.filter(|(at, _)| at.elapsed() < BELIEVED)
        };
        if let Some((_, answered)) = lately {
            return answered;
        }
        let ping = session.request(IqType::Get, None, Element::new("ping", ns::PING));
        // Any answer is one.
        let answered = matches!(timeout(ANSWER, ping).await, Ok(Ok(_) | Err(Error::Stanza(_))));
        let now = Some((Instant::now(), answered));
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = now;
        answered
    }

    /// The session, if the device belongs to its household.
    fn household(&self, jid: &str) -> Option<&Session> {
        let session = self.connected()?;
        let roster = session.roster();
        let known = roster.borrow().item(jid).is_some();
        (known || same(session.receiver(), jid)).then_some(session)
    }

    fn connected(&self) -> Option<&Session> {
        let session = self.session.as_ref()?;
        matches!(&*session.state().borrow(), State::Connected { .. }).then_some(session)
    }

    /// The names on the link of those that may be this device, the likeliest first. Those that say
    /// they are it are asked to prove who they are, all at once: who keeps silent keeps nobody
    /// waiting longer than the others take.
    async fn here(&self, jid: &str) -> Vec<PeerName> {
        let peers = self.link.peers().into_iter();
        let claims = |jids: &Option<String>| {
            jids.as_ref().is_some_and(|jids| jids.split_whitespace().any(|one| same(one, jid)))
        };
        let mut asked = JoinSet::new();
        for peer in peers.filter(|peer| claims(&peer.presence.jid)).take(CANDIDATES) {
            let link = self.link.clone();
            asked.spawn(async move { (link.prove(&peer.name).await, peer.name) });
        }
        let mut others = Vec::new();
        while let Some(answer) = asked.join_next().await {
            let Ok((Ok(Some(owner)), name)) = answer else { continue };
            if same(&owner.jid, jid) {
                return vec![name];
            }
            // A device of two households has an address in each.
            others.push(name);
        }
        others
    }
}

fn answered(answer: Result<Element, LinkError>) -> Result<Option<Element>, Error> {
    match answer {
        Ok(answer) => Ok(answer.children().next().cloned()),
        Err(LinkError::Refused { error, .. }) => Err(Error::Stanza(*error)),
        Err(error) => Err(error.into()),
    }
}

async fn ask(session: &Session, full: &str, iq: Stanza) -> Result<Option<Element>, Error> {
    let televisor_xmpp::Kind::Iq(kind) = iq.kind() else { return Ok(None) };
    let Some(payload) = iq.payload().cloned() else { return Ok(None) };
    session.request(kind, Some(full), payload).await
}

/// Sends through the receiver; `None` if the session is gone by now.
async fn through(session: &Session, jid: &str, stanza: Stanza) -> Result<Option<Delivery>, Error> {
    let mut stanza = stanza;
    stanza.set_to(Some(crate::session::parse(jid)?));
    if session.send(stanza).await.is_err() {
        return Ok(None);
    }
    let name = session.roster().borrow().item(jid).and_then(|item| item.name.clone());
    let owner = Owner { jid: jid.to_owned(), name: name.unwrap_or_default() };
    Ok(Some(Delivery { way: Way::Receiver, proven: Some(owner) }))
}

fn over(sent: Sent) -> Delivery {
    Delivery { way: Way::Link { encrypted: sent.encrypted }, proven: sent.proven }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
