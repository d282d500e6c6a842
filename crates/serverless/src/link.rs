//! The handle of a link.

use std::sync::Arc;
use std::time::Duration;

use televisor_discovery::Browser;
use televisor_xmpp::Element;
use televisor_xmpp::payload::caps::Caps;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::announce::{Announcing, Command, Standing};
use crate::config::Config;
use crate::error::Error;
use crate::listen;
use crate::name::{Naming, PeerName};
use crate::presence::Presence;
use crate::roster::{Change, Peer, Roster};
use crate::stream::{Setting, Streams};
use crate::trust::{Credentials, Owner};
use crate::watching::Watching;

/// Commands waiting for the announcing worker.
const COMMANDS: usize = 16;
/// How long [`Link::close`] waits for goodbyes and closing streams.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);

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
    part: Option<Part>,
    /// Ends the watching when the last handle is dropped.
    watching: Arc<EndsWhenDropped>,
}

#[derive(Debug)]
struct EndsWhenDropped(CancellationToken);

impl Drop for EndsWhenDropped {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What a link has that takes part.
#[derive(Debug, Clone)]
struct Part {
    streams: Streams,
    announcing: mpsc::Sender<Command>,
    standing: watch::Receiver<Option<Standing>>,
    caps: Option<Caps>,
    port: u16,
}

impl Link {
    /// Starts watching the link, and takes part in it as `me`; without it nothing is announced,
    /// nothing listened on, and nothing can be sent. Without `credentials` all streams are plain.
    /// What comes in must be taken from the receiver: when it is full, streams wait. Being
    /// announced takes two seconds or three, and is not waited for: see [`Link::announced`].
    ///
    /// # Errors
    /// [`Error::Listen`] when the port is taken, [`Error::Discovery`] when multicast cannot be had,
    /// [`Error::Credentials`] when the key does not fit.
    pub async fn start(
        config: Config,
        me: Option<Me>,
        credentials: Option<Credentials>,
    ) -> Result<(Self, mpsc::Receiver<Incoming>), Error> {
        let (roster, doubted) = Roster::new(config.limits.peers);
        let roster = Arc::new(roster);
        let browser = Browser::open(&config.discovery)?;
        let (listening, heard) = watch::channel(None);
        let stop = CancellationToken::new();
        let watching = Watching {
            config: config.discovery.clone(),
            limit: config.limits.peers,
            roster: Arc::clone(&roster),
            doubted,
            listening,
            stop: stop.clone(),
        };
        let (part, incoming) = match me {
            Some(me) => {
                let (part, incoming) = take_part(config, me, credentials, &roster, heard)?;
                (Some(part), incoming)
            }
            None => (None, mpsc::channel(1).1),
        };
        tokio::spawn(watching.run(browser));
        let watching = Arc::new(EndsWhenDropped(stop));
        Ok((Self { roster, part, watching }, incoming))
    }

    /// Returns the name we have after collisions; nothing for a link that only watches.
    #[must_use]
    pub fn me(&self) -> Option<PeerName> {
        self.part.as_ref()?.standing.borrow().as_ref().map(|standing| standing.name.clone())
    }

    /// Returns the port peers reach us at; nothing for a link that only watches.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.part.as_ref().map(|part| part.port)
    }

    /// Waits until we are announced, and returns the name; nothing after `wait`, and for a link
    /// that only watches.
    pub async fn announced(&self, wait: Duration) -> Option<PeerName> {
        let mut standing = self.part.as_ref()?.standing.clone();
        let announced = standing.wait_for(|s| s.as_ref().is_some_and(|s| s.announced));
        let standing = timeout(wait, announced).await.ok()?.ok()?;
        standing.as_ref().map(|standing| standing.name.clone())
    }

    /// Changes what is told of us. Changes closer together than a second or two are told as one
    /// (RFC 6762 section 6). Nothing on a link that only watches.
    pub async fn set_presence(&self, presence: Presence) {
        if let Some(part) = &self.part {
            let presence = with_caps(presence, part.caps.as_ref());
            // After the end nobody is told anything.
            let _ = part.announcing.send(Command::Presence(presence)).await;
        }
    }

    /// Changes our name: goodbye under the old one, and the new one announced. Streams stay.
    /// Nothing on a link that only watches.
    pub async fn rename(&self, user: &str, machine: &str) {
        if let Some(part) = &self.part {
            let _ = part.announcing.send(Command::Rename(Naming::new(user, machine))).await;
        }
    }

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

    /// As [`Link::send`], but only over a stream that is proven, at the moment of writing, to be with
    /// the owner of this bare JID.
    ///
    /// # Errors
    /// As [`Link::send`], and [`Error::NotProven`]; then nothing was sent.
    pub async fn send_proven(
        &self,
        to: &PeerName,
        owner: &str,
        stanza: Element,
    ) -> Result<Sent, Error> {
        self.streams()?.send_proven(to, owner, stanza).await
    }

    /// As [`Link::request`], but only over a stream that is proven, at the moment of writing, to be
    /// with the owner of this bare JID; its answer comes over the same.
    ///
    /// # Errors
    /// As [`Link::request`], and [`Error::NotProven`]; then nothing was sent.
    pub async fn request_proven(
        &self,
        to: &PeerName,
        owner: &str,
        iq: Element,
    ) -> Result<Element, Error> {
        self.streams()?.request_proven(to, owner, iq).await
    }

    /// Says who the peer is proven to be, opening a stream if there is none.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub async fn prove(&self, to: &PeerName) -> Result<Option<Owner>, Error> {
        self.streams()?.prove(to).await
    }

    /// Closes the streams (`</stream:stream>`), says goodbye, and ends the watching for every handle.
    /// Waits a few seconds at most.
    pub async fn close(self) {
        if let Some(part) = &self.part {
            let (done, wait) = oneshot::channel();
            let goodbye = async {
                if part.announcing.send(Command::Close(done)).await.is_ok() {
                    // Dropped without a word, or in time: either way it is over.
                    let _ = wait.await;
                }
            };
            let _ = timeout(CLOSE_DEADLINE, async { tokio::join!(goodbye, part.streams.close()) })
                .await;
        }
        self.watching.0.cancel();
    }

    fn streams(&self) -> Result<&Streams, Error> {
        self.part.as_ref().map(|part| &part.streams).ok_or(Error::WatchOnly)
    }
}

/// Listens, and starts announcing.
fn take_part(
    config: Config,
    me: Me,
    credentials: Option<Credentials>,
    roster: &Arc<Roster>,
    listening: watch::Receiver<Option<Instant>>,
) -> Result<(Part, mpsc::Receiver<Incoming>), Error> {
    let (listeners, port) = listen::bind(config.port, config.discovery.interfaces == ["lo"])?;
    let naming = Naming::new(&me.user, &me.machine);
    let caps = config.about.caps();
    let presence = with_caps(me.presence, caps.as_ref());
    let (name, names) = watch::channel(Some(naming.names(port).instance));
    let (publish, standing) = watch::channel(None);
    let (announcing, inbox) = mpsc::channel(COMMANDS);
    let (streams, incoming) = Streams::start(Setting {
        listeners,
        discovery: config.discovery.clone(),
        roster: Arc::clone(roster),
        me: names,
        about: config.about,
        limits: config.limits,
        credentials,
    })?;
    let worker = Announcing {
        config: config.discovery,
        port,
        naming,
        presence,
        roster: Arc::clone(roster),
        listening,
        inbox,
        name,
        standing: publish,
    };
    worker.introduce();
    tokio::spawn(worker.run());
    Ok((Part { streams, announcing, standing, caps, port }, incoming))
}

/// What the software can do is told with every presence, unless the embedder says otherwise.
fn with_caps(mut presence: Presence, caps: Option<&Caps>) -> Presence {
    presence.caps = presence.caps.or_else(|| caps.cloned());
    presence
}
