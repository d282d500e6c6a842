//! What the owner of a session holds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use televisor_xmpp::{Element, IqType, Jid, MessageType, Stanza, ns};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use crate::error::Error;
use crate::profile::Profile;
use crate::roster::Roster;
use crate::session::incoming::{Incoming, bare};
use crate::session::options::Options;
use crate::session::worker::Worker;

/// Stanzas waiting to be sent; more means the network does not take them.
const COMMANDS: usize = 64;
/// What a listener may be behind before it misses something.
const REPORTS: usize = 256;
/// How long the first login may take: finding, TLS and key derivation included.
const CONNECT_DEADLINE: Duration = Duration::from_secs(20);
/// How long an answer to a request may take.
const REQUEST_DEADLINE: Duration = Duration::from_secs(20);
/// How long saying goodbye may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(3);

/// How a session is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Looking for the receiver, or logging in.
    Connecting,
    /// Logged in under this full address.
    Connected {
        /// The bound address.
        jid: String,
    },
    /// The connection is gone, or could not be made; it is tried again.
    Waiting {
        /// What happened.
        reason: String,
    },
    /// It is of no use to try again, for this reason.
    Failed {
        /// What happened.
        reason: String,
    },
    /// Closed by its owner.
    Closed,
}

/// A handle to a session. When the last one is dropped, the session ends.
#[derive(Debug, Clone)]
pub struct Session {
    commands: mpsc::Sender<Command>,
    state: watch::Receiver<State>,
    failure: watch::Receiver<Option<Arc<Error>>>,
    roster: watch::Receiver<Arc<Roster>>,
    online: watch::Receiver<Arc<BTreeSet<String>>>,
    incoming: broadcast::Sender<Incoming>,
    receiver: Arc<str>,
    answer_deadline: Duration,
    /// One question at a time: answers come in the order of the questions.
    saying: Arc<Mutex<()>>,
}

#[derive(Debug)]
pub(super) enum Command {
    Send(Stanza, oneshot::Sender<Result<(), Error>>),
    Request(Stanza, oneshot::Sender<Result<Stanza, Error>>),
    Close(oneshot::Sender<()>),
}

impl Session {
    /// Starts a session, and does not wait for it. Must be called inside a Tokio runtime.
    #[must_use]
    pub fn start(profile: Profile, options: Options) -> Self {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (publish_state, state) = watch::channel(State::Connecting);
        let (publish_failure, failure) = watch::channel(None);
        let (publish_roster, roster) = watch::channel(Arc::new(Roster::default()));
        let (publish_online, online) = watch::channel(Arc::default());
        let (incoming, _) = broadcast::channel(REPORTS);
        let receiver = profile.receiver_jid().into();
        let answer_deadline = options.answer_deadline;
        let worker = Worker::new(profile, options, inbox).reporting(
            publish_state,
            publish_failure,
            publish_roster,
            publish_online,
            incoming.clone(),
        );
        tokio::spawn(worker.run());
        let saying = Arc::default();
        Self {
            commands,
            state,
            failure,
            roster,
            online,
            incoming,
            receiver,
            answer_deadline,
            saying,
        }
    }

    /// Starts a session and waits for its first login.
    ///
    /// # Errors
    /// Why the first attempt failed. A session that was connected once tries again by itself.
    pub async fn connect(profile: Profile, options: Options) -> Result<Self, Error> {
        let session = Self::start(profile, options);
        let mut failure = session.failure.clone();
        let mut state = session.state.clone();
        let outcome = timeout(CONNECT_DEADLINE, async {
            tokio::select! {
                connected = state.wait_for(|s| matches!(s, State::Connected { .. })) => {
                    connected.map(|_| ()).map_err(|_| Error::Ended)
                }
                failed = failure.wait_for(Option::is_some) => Err(failed.map_or(Error::Ended, |f| {
                    f.as_deref().map_or(Error::Ended, retold)
                })),
            }
        });
        match outcome.await {
            Ok(Ok(())) => Ok(session),
            Ok(Err(error)) => {
                session.close().await;
                Err(error)
            }
            Err(_) => {
                session.close().await;
                Err(Error::TimedOut(CONNECT_DEADLINE))
            }
        }
    }

    /// Returns how the session is doing, and follows it.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Returns the roster, and follows it.
    #[must_use]
    pub fn roster(&self) -> watch::Receiver<Arc<Roster>> {
        self.roster.clone()
    }

    /// Returns the full addresses that are available now, and follows them; none without a
    /// connection.
    #[must_use]
    pub fn online(&self) -> watch::Receiver<Arc<BTreeSet<String>>> {
        self.online.clone()
    }

    /// Returns everything that comes in from now on. A listener that falls behind misses the oldest.
    #[must_use]
    pub fn incoming(&self) -> broadcast::Receiver<Incoming> {
        self.incoming.subscribe()
    }

    /// Returns the receiver's own bare address.
    #[must_use]
    pub fn receiver(&self) -> &str {
        &self.receiver
    }

    /// Says something to the receiver and returns its answer. Typing notices are passed over, and so
    /// is what it had kept from earlier.
    ///
    /// # Errors
    /// [`Error::TimedOut`] without an answer, [`Error::Stanza`] if it could not be delivered.
    pub async fn say(&self, text: &str) -> Result<String, Error> {
        let _turn = self.saying.lock().await;
        let until = Instant::now() + self.answer_deadline;
        let mut incoming = self.incoming();
        let (id, thread) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
        let message = chat(&self.receiver, text, &id)?.with_field("thread", &thread);
        self.send(message).await?;
        let answer = async {
            loop {
                let answer = match incoming.recv().await {
                    Ok(incoming) => self.answer_in(incoming, &id, &thread),
                    Err(RecvError::Lagged(_)) => None,
                    Err(RecvError::Closed) => Some(Err(Error::Ended)),
                };
                if let Some(answer) = answer {
                    return answer;
                }
            }
        };
        timeout_at(until, answer).await.map_err(|_| Error::TimedOut(self.answer_deadline))?
    }

    /// Returns the answer to our message `id`, if this is it.
    fn answer_in(
        &self,
        incoming: Incoming,
        id: &str,
        thread: &str,
    ) -> Option<Result<String, Error>> {
        match incoming {
            Incoming::Message(answer) => {
                let on_thread = answer.thread.as_ref().is_none_or(|t| t == thread);
                let ours = answer.from_bare().eq_ignore_ascii_case(&self.receiver);
                (ours && on_thread && !answer.delayed).then_some(Ok(answer.body))
            }
            Incoming::Undelivered { id: failed, error } => {
                (failed.as_deref() == Some(id)).then_some(Err(Error::Stanza(error)))
            }
            Incoming::Typing { .. }
            | Incoming::Received { .. }
            | Incoming::Data { .. }
            | Incoming::Presence { .. } => None,
        }
    }

    /// Sends a chat message, asking for a receipt; returns its identifier.
    ///
    /// # Errors
    /// [`Error::NotConnected`] while there is no connection.
    pub async fn send_chat(&self, to: &str, text: &str) -> Result<String, Error> {
        let id = Uuid::new_v4().to_string();
        self.send(chat(to, text, &id)?).await?;
        Ok(id)
    }

    /// Sends any stanza.
    ///
    /// # Errors
    /// [`Error::NotConnected`] while there is no connection.
    pub async fn send(&self, stanza: Stanza) -> Result<(), Error> {
        let (done, sent) = oneshot::channel();
        self.commands.send(Command::Send(stanza, done)).await.map_err(|_| Error::Ended)?;
        sent.await.map_err(|_| Error::Ended)?
    }

    /// Asks `to` (the server, if none) something by iq, and returns the result's payload.
    ///
    /// # Errors
    /// [`Error::Stanza`] if it answers with an error, [`Error::TimedOut`] if not at all.
    pub async fn request(
        &self,
        kind: IqType,
        to: Option<&str>,
        payload: Element,
    ) -> Result<Option<Element>, Error> {
        let mut iq = Stanza::iq(kind, &Uuid::new_v4().to_string(), payload);
        iq.set_to(to.map(parse).transpose()?);
        let (done, answer) = oneshot::channel();
        self.commands.send(Command::Request(iq, done)).await.map_err(|_| Error::Ended)?;
        let answer = timeout(REQUEST_DEADLINE, answer)
            .await
            .map_err(|_| Error::TimedOut(REQUEST_DEADLINE))?
            .map_err(|_| Error::NotConnected)??;
        match answer.error() {
            Some(error) => Err(Error::Stanza(error)),
            None => Ok(answer.payload().cloned()),
        }
    }

    /// Goes offline in an orderly way. Waits at most a few seconds.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.commands.send(Command::Close(done)).await.is_ok() {
            let _ = timeout(CLOSE_DEADLINE, closed).await;
        }
    }
}

/// Makes a chat message that asks for a receipt.
fn chat(to: &str, text: &str, id: &str) -> Result<Stanza, Error> {
    Ok(chat_message(text, id).with_to(parse(to)?))
}

/// The same without an address.
pub(crate) fn chat_message(text: &str, id: &str) -> Stanza {
    Stanza::message(MessageType::Chat)
        .with_id(id)
        .with_field("body", text)
        .with_payload(Element::new("active", ns::CHAT_STATES))
        .with_payload(Element::new("request", ns::RECEIPTS))
}

pub(crate) fn parse(jid: &str) -> Result<Jid, Error> {
    jid.parse().map_err(|_| Error::Stream(format!("{} is no address", bare(jid))))
}

/// Errors are not `Clone`; this keeps the variants that callers act on.
fn retold(error: &Error) -> Error {
    match error {
        Error::Unreachable { name } => Error::Unreachable { name: name.clone() },
        Error::WrongCertificate => Error::WrongCertificate,
        Error::NoLogin(why) => Error::NoLogin(why),
        Error::Refused { condition } => Error::Refused { condition: condition.clone() },
        Error::Impostor => Error::Impostor,
        Error::TimedOut(wait) => Error::TimedOut(*wait),
        other => Error::Stream(other.to_string()),
    }
}
