//! All streams of a link, and what they share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use televisor_xmpp::{Element, StanzaError, ns};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::gate::Gate;
use super::lane::{Demand, Job, Lanes, Order};
use super::opened::Opened;
use super::pending::Pending;
use super::receiving;
use super::tls::{Security, Tls};
use crate::config::{About, Limits};
use crate::error::Error;
use crate::link::{Incoming, Sent};
use crate::name::PeerName;
use crate::near::Near;
use crate::roster::Roster;
use crate::trust::{Credentials, Owner};

/// How long anything may take to be written, opening a stream and waiting for others included.
const SENDING: Duration = Duration::from_secs(60);

/// How long the end may take.
const ENDING: Duration = Duration::from_secs(6);

/// Requests that may wait for an answer, of all peers.
const REQUESTS: usize = 1024;

/// What the streams need of the rest of the link.
pub(crate) struct Setting {
    /// Where to accept, already bound: one dual-stack socket, or one for each family.
    pub(crate) listeners: Vec<TcpListener>,
    /// Which interfaces are in use.
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

/// What all streams share.
pub(super) struct Shared {
    discovery: televisor_discovery::Config,
    pub(super) roster: Arc<Roster>,
    me: watch::Receiver<Option<PeerName>>,
    pub(super) about: About,
    pub(super) limits: Limits,
    pub(super) tls: Option<Tls>,
    pub(super) incoming: mpsc::Sender<Incoming>,
    pub(super) pending: Pending,
    pub(super) lanes: Lanes,
    pub(super) gate: Gate,
    pub(super) down: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Shared {
    pub(super) fn me(&self) -> Option<PeerName> {
        self.me.borrow().clone()
    }

    /// Returns what is on the link now.
    pub(super) fn near(&self) -> Near {
        Near::now(&self.discovery)
    }

    /// Says who a stream is proven to be with, as the household is now.
    pub(super) fn owner(&self, security: Security) -> Option<Owner> {
        self.tls.as_ref()?.owner(security)
    }

    /// Says whether a stream is proven to be with the owner of this bare JID.
    pub(super) fn proves(&self, security: Security, jid: &str) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.proves(security, jid))
    }

    /// Hands a stream to the lane of its peer.
    pub(super) async fn place(self: &Arc<Self>, name: PeerName, opened: Opened) {
        let mut order = Order::Adopt(Box::new(opened));
        while !self.down.is_cancelled() {
            let Ok(lane) = self.lanes.lane(self, &name) else { return };
            match lane.orders.send(order).await {
                Ok(()) => return,
                // It has just left: the next one is not that old.
                Err(refused) => order = refused.0,
            }
        }
    }
}

/// The streams of a link. Cheap to clone; with the last one they are closed.
#[derive(Clone)]
pub(crate) struct Streams {
    shared: Arc<Shared>,
    _down: Arc<DropGuard>,
}

impl Streams {
    /// Starts accepting. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// [`Error::Credentials`] when key and certificate do not fit.
    pub(crate) fn start(setting: Setting) -> Result<(Self, mpsc::Receiver<Incoming>), Error> {
        let Setting { listeners, discovery, roster, me, about, limits, credentials } = setting;
        let (incoming, inbox) = mpsc::channel(limits.incoming.max(1));
        let down = CancellationToken::new();
        let shared = Arc::new(Shared {
            discovery,
            roster,
            me,
            about,
            limits,
            tls: credentials.as_ref().map(Tls::new).transpose()?,
            incoming,
            pending: Pending::new(REQUESTS),
            lanes: Lanes::default(),
            gate: Gate::new(limits.streams, limits.streams_per_address),
            down: down.clone(),
            tasks: TaskTracker::new(),
        });
        for listener in listeners {
            shared.tasks.spawn(receiving::listen(Arc::clone(&shared), listener));
        }
        Ok((Self { shared, _down: Arc::new(down.drop_guard()) }, inbox))
    }

    /// See [`crate::Link::send`].
    pub(crate) async fn send(&self, to: &PeerName, stanza: Element) -> Result<Sent, Error> {
        self.dispatch(to, Some(checked(stanza)?), Demand::Nothing, None).await
    }

    /// See [`crate::Link::send_proven`].
    pub(crate) async fn send_proven(
        &self,
        to: &PeerName,
        owner: &str,
        stanza: Element,
    ) -> Result<Sent, Error> {
        let demand = Demand::Owner(owner.to_owned());
        self.dispatch(to, Some(checked(stanza)?), demand, None).await
    }

    /// See [`crate::Link::request`].
    pub(crate) async fn request(&self, to: &PeerName, iq: Element) -> Result<Element, Error> {
        self.ask(to, iq, Demand::Nothing).await
    }

    /// See [`crate::Link::request_proven`].
    pub(crate) async fn request_proven(
        &self,
        to: &PeerName,
        owner: &str,
        iq: Element,
    ) -> Result<Element, Error> {
        self.ask(to, iq, Demand::Owner(owner.to_owned())).await
    }

    /// See [`crate::Link::prove`].
    pub(crate) async fn prove(&self, to: &PeerName) -> Result<Option<Owner>, Error> {
        Ok(self.dispatch(to, None, Demand::Most, None).await?.proven)
    }

    /// Closes every stream, and the listeners.
    pub(crate) async fn close(&self) {
        self.shared.down.cancel();
        self.shared.tasks.close();
        // Who does not let go by then is cut off with the runtime.
        drop(timeout(ENDING, self.shared.tasks.wait()).await);
    }

    async fn ask(&self, to: &PeerName, iq: Element, demand: Demand) -> Result<Element, Error> {
        let mut iq = checked(iq)?;
        if iq.name() != "iq" || !matches!(iq.attr("type"), Some("get" | "set")) {
            return Err(Error::Stanza("a request is an iq of type get or set".to_owned()));
        }
        let mut waiting = self.shared.pending.open()?;
        let id = iq.attr("id").map(str::to_owned);
        iq.set_attr("id", waiting.id.clone());
        self.dispatch(to, Some(iq), demand, Some(waiting.id.clone())).await?;
        let answer = timeout(self.shared.limits.request, &mut waiting.answer).await;
        let Ok(Ok(mut answer)) = answer else { return Err(Error::Timeout(to.to_string())) };
        if let Some(id) = id {
            answer.set_attr("id", id);
        }
        match StanzaError::of(&answer).filter(|_| answer.attr("type") == Some("error")) {
            Some(error) => Err(Error::Refused { peer: to.to_string(), error: Box::new(error) }),
            None => Ok(answer),
        }
    }

    async fn dispatch(
        &self,
        to: &PeerName,
        stanza: Option<Element>,
        demand: Demand,
        request: Option<String>,
    ) -> Result<Sent, Error> {
        if self.shared.down.is_cancelled() {
            return Err(Error::Closed);
        }
        // Lanes are for who is there, or has a stream.
        if self.shared.roster.peer(to).is_none() && !self.shared.lanes.has(to) {
            return Err(Error::NotHere(to.to_string()));
        }
        let (done, became) = oneshot::channel();
        let job = Job { stanza, demand, request, may_open: true, done: Some(done) };
        self.shared.lanes.queue(&self.shared, to, job)?;
        match timeout(SENDING, became).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => Err(Error::Timeout(to.to_string())),
        }
    }
}

/// XEP-0174 section 7: messages and iqs are exchanged, presence is not.
fn checked(stanza: Element) -> Result<Element, Error> {
    if stanza.is("message", ns::CLIENT) || stanza.is("iq", ns::CLIENT) {
        Ok(stanza)
    } else {
        Err(Error::Stanza("it is neither a message nor an iq of jabber:client".to_owned()))
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}
