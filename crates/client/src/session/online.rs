//! One connection, from login to loss: roster, presence, vCard, requests, keep-alive.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use televisor_xmpp::{
    Condition, Element, IqType, Jid, Kind, PresenceType, Stanza, StanzaError, ns,
};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use crate::error::Error;
use crate::login::Bound;
use crate::roster::Roster;
use crate::session::handle::Command;
use crate::session::incoming::{Incoming, bare, read_message, receipt};
use crate::session::trust::{self, Trust};
use crate::session::worker::Worker;
use crate::stream::XmppStream;
use crate::vcard;

/// Requests without an answer yet; more are refused.
const PENDING_LIMIT: usize = 64;
/// Addresses that are kept in mind as available.
const ONLINE_LIMIT: usize = 1000;
/// Without a word from the receiver for this long, it is asked whether it is there (XEP-0199).
const QUIET: Duration = Duration::from_secs(60);
/// And without an answer for this long, the connection is given up.
const PING_DEADLINE: Duration = Duration::from_secs(20);

/// How a connection ended.
pub(super) enum End {
    Closed(Option<oneshot::Sender<()>>),
    Lost(Error),
}

/// What an answer is for.
pub(super) enum Waiting {
    Roster,
    VcardGet,
    VcardSet(vcard::Sent),
    Ping,
    Trust(trust::Waiting),
    Owner(oneshot::Sender<Result<Stanza, Error>>),
}

pub(super) struct Online<'a> {
    pub(super) worker: &'a mut Worker,
    stream: XmppStream,
    pub(super) jid: String,
    pub(super) trust: Option<Trust>,
    pending: HashMap<String, Waiting>,
    serial: u64,
    heard: Instant,
    pinged: bool,
}

impl<'a> Online<'a> {
    pub(super) fn new(worker: &'a mut Worker, bound: Bound) -> Self {
        let Bound { stream, jid } = bound;
        let (pending, heard) = (HashMap::new(), Instant::now());
        let trust = Trust::of(worker);
        Self { worker, stream, jid, trust, pending, serial: 0, heard, pinged: false }
    }

    pub(super) async fn run(mut self) -> End {
        match self.serve().await {
            Ok(done) => {
                let gone = Stanza::presence(PresenceType::Unavailable);
                let _ = self.stream.send(gone.element()).await;
                self.stream.close().await;
                End::Closed(done)
            }
            Err(error) => End::Lost(error),
        }
    }

    async fn serve(&mut self) -> Result<Option<oneshot::Sender<()>>, Error> {
        // RFC 6121 section 2.2: the roster before presence, so that pushes make sense.
        self.ask(Waiting::Roster, IqType::Get, Element::new("query", ns::ROSTER)).await?;
        if let Some(priority) = self.worker.options.priority {
            let presence = Stanza::presence(PresenceType::Available);
            let presence = if priority == 0 {
                presence
            } else {
                presence.with_field("priority", &priority.to_string())
            };
            self.stream.send(presence.element()).await?;
        }
        if self.worker.options.facts.is_some() {
            self.ask(Waiting::VcardGet, IqType::Get, Element::new("vCard", ns::VCARD_TEMP)).await?;
        }
        self.ask_for_household().await?;
        loop {
            let wake = self.heard + if self.pinged { QUIET + PING_DEADLINE } else { QUIET };
            tokio::select! {
                element = self.stream.next() => {
                    (self.heard, self.pinged) = (Instant::now(), false);
                    self.take(element?).await?;
                }
                command = self.worker.inbox.recv() => match command {
                    Some(Command::Send(stanza, done)) => {
                        let sent = self.stream.send(stanza.element()).await;
                        let lost = sent.is_err();
                        let _ = done.send(sent);
                        if lost {
                            return Err(Error::Stream("nothing can be sent".to_owned()));
                        }
                    }
                    Some(Command::Request(stanza, done)) => self.request(stanza, done).await?,
                    Some(Command::Close(done)) => return Ok(Some(done)),
                    None => return Ok(None),
                },
                () = sleep_until(wake) => {
                    if self.pinged {
                        return Err(Error::TimedOut(QUIET + PING_DEADLINE));
                    }
                    self.pinged = true;
                    self.ask(Waiting::Ping, IqType::Get, Element::new("ping", ns::PING)).await?;
                }
            }
        }
    }

    /// Asks the server something on our own account.
    async fn ask(&mut self, what: Waiting, kind: IqType, payload: Element) -> Result<(), Error> {
        self.ask_of(None, what, kind, payload).await
    }

    /// Asks somebody something on our own account; `None` is the server.
    pub(super) async fn ask_of(
        &mut self,
        to: Option<Jid>,
        what: Waiting,
        kind: IqType,
        payload: Element,
    ) -> Result<(), Error> {
        self.serial += 1;
        let id = format!("sdk-{}", self.serial);
        let mut iq = Stanza::iq(kind, &id, payload);
        iq.set_to(to);
        self.pending.insert(id, what);
        self.stream.send(iq.element()).await
    }

    async fn request(
        &mut self,
        stanza: Stanza,
        done: oneshot::Sender<Result<Stanza, Error>>,
    ) -> Result<(), Error> {
        // Those whose asker has given up wait for nothing.
        self.pending.retain(|_, waiting| !matches!(waiting, Waiting::Owner(d) if d.is_closed()));
        let Some(id) = stanza.id().filter(|_| self.pending.len() < PENDING_LIMIT) else {
            let _ = done.send(Err(Error::NotConnected));
            return Ok(());
        };
        self.pending.insert(id.to_owned(), Waiting::Owner(done));
        self.stream.send(stanza.element()).await
    }

    async fn take(&mut self, element: Element) -> Result<(), Error> {
        let stanza = match Stanza::try_from(element) {
            Ok(stanza) => stanza,
            Err(rejected) => {
                debug!(fault = %rejected.fault, "a stanza was not understood");
                return match rejected.reply() {
                    Some(reply) => self.stream.send(&reply).await,
                    None => Ok(()),
                };
            }
        };
        match stanza.kind() {
            Kind::Message(_) => {
                if let Some(receipt) = receipt(&stanza) {
                    self.stream.send(receipt.element()).await?;
                }
                if let Some(incoming) = read_message(&stanza, &self.jid) {
                    let _ = self.worker.incoming.send(incoming);
                }
                Ok(())
            }
            Kind::Presence(kind) => {
                self.presence(kind, &stanza);
                Ok(())
            }
            Kind::Iq(IqType::Result | IqType::Error) => self.answer(stanza).await,
            Kind::Iq(IqType::Get | IqType::Set) => {
                let reply = match self.household_push(&stanza).await? {
                    Some(reply) => Some(reply),
                    None => self.reply(&stanza),
                };
                match reply {
                    Some(reply) => self.stream.send(reply.element()).await,
                    None => Ok(()),
                }
            }
        }
    }

    fn presence(&self, kind: PresenceType, stanza: &Stanza) {
        let available = match kind {
            PresenceType::Available => true,
            PresenceType::Unavailable => false,
            // The household's server keeps the subscriptions; nothing is asked of a device.
            PresenceType::Subscribe
            | PresenceType::Subscribed
            | PresenceType::Unsubscribe
            | PresenceType::Unsubscribed
            | PresenceType::Probe
            | PresenceType::Error => return,
        };
        if let Some(from) = stanza.from() {
            let (from, status) = (from.to_string(), stanza.field("status"));
            self.note(&from, available);
            let _ = self.worker.incoming.send(Incoming::Presence { from, available, status });
        }
    }

    /// Keeps in mind who is available.
    fn note(&self, from: &str, available: bool) {
        self.worker.online.send_if_modified(|online| {
            let changes = available != online.contains(from);
            // With so many at once somebody is making them up; those that are known stay.
            if changes && available && online.len() < ONLINE_LIMIT {
                Arc::make_mut(online).insert(from.to_owned());
            } else if changes && !available {
                Arc::make_mut(online).remove(from);
            }
            changes
        });
    }

    async fn answer(&mut self, stanza: Stanza) -> Result<(), Error> {
        let Some(waiting) = stanza.id().and_then(|id| self.pending.remove(id)) else {
            return Ok(());
        };
        match waiting {
            Waiting::Owner(done) => {
                let _ = done.send(Ok(stanza));
            }
            Waiting::Ping => {}
            Waiting::Trust(what) => return self.trust_answer(what, &stanza).await,
            Waiting::Roster => {
                if let Some(query) = stanza.child("query", ns::ROSTER) {
                    self.worker.roster.send_replace(Arc::new(Roster::read(query)));
                }
            }
            Waiting::VcardGet => return self.update_vcard(&stanza).await,
            Waiting::VcardSet(sent) => {
                if !stanza.is_error() {
                    self.worker.profile.vcard_sent = sent;
                    self.worker.keep();
                }
            }
        }
        Ok(())
    }

    async fn update_vcard(&mut self, answer: &Stanza) -> Result<(), Error> {
        let Some(facts) = &self.worker.options.facts else { return Ok(()) };
        // XEP-0054 section 3.1: a person without a vCard is told by item-not-found. Any other error
        // says nothing about what is there, and then nothing is written.
        let missing = answer.error().is_some_and(|e| e.condition == Condition::ItemNotFound);
        if answer.is_error() && !missing {
            return Ok(());
        }
        let held = answer.child("vCard", ns::VCARD_TEMP).filter(|_| !missing);
        match vcard::update(held, &self.worker.profile.vcard_sent, facts) {
            Some(update) => {
                self.ask(Waiting::VcardSet(update.sent), IqType::Set, update.vcard).await
            }
            None => Ok(()),
        }
    }

    /// Answers an iq get or set (RFC 6120 section 8.2.3: always).
    fn reply(&self, stanza: &Stanza) -> Option<Stanza> {
        let payload = stanza.payload()?;
        if payload.is("query", ns::ROSTER) && stanza.kind() == Kind::Iq(IqType::Set) {
            return self.roster_push(stanza, payload);
        }
        if payload.is("ping", ns::PING) {
            return Some(stanza.result(None));
        }
        if payload.is("query", ns::DISCO_INFO) && payload.attr("node").is_none() {
            return Some(stanza.result(disco_info(self.worker.options.answers.namespaces())));
        }
        let from = stanza.from().map_or_else(|| bare(&self.jid).to_owned(), ToString::to_string);
        let is_proven = domain(&from).eq_ignore_ascii_case(self.worker.profile.domain());
        self.worker.options.answers.reply(&from, is_proven, stanza)
    }

    /// RFC 6121 section 2.1.6: a push from anybody but our own account is refused.
    fn roster_push(&self, stanza: &Stanza, query: &Element) -> Option<Stanza> {
        let own = bare(&self.jid);
        if stanza.from().is_some_and(|from| !from.to_string().eq_ignore_ascii_case(own)) {
            return stanza.error_reply(&StanzaError::new(Condition::ServiceUnavailable));
        }
        self.worker.roster.send_modify(|roster| Arc::make_mut(roster).push(query));
        Some(stanza.result(None))
    }
}

/// The domain of an address: the household's own is vouched for by its server.
fn domain(jid: &str) -> &str {
    let bare = bare(jid);
    bare.split_once('@').map_or(bare, |(_, domain)| domain)
}

/// XEP-0030: what this program is and understands.
fn disco_info<'a>(answered: impl Iterator<Item = &'a str>) -> Element {
    let identity = Element::builder("identity", ns::DISCO_INFO)
        .attr("category", "client")
        .attr("type", "console")
        .attr("name", "Televisor");
    let features = [ns::DISCO_INFO, ns::PING, ns::RECEIPTS, ns::CHAT_STATES, ns::CORRECTION];
    features
        .into_iter()
        .chain(answered)
        .fold(Element::builder("query", ns::DISCO_INFO).child(identity), |query, feature| {
            query.child(Element::builder("feature", ns::DISCO_INFO).attr("var", feature))
        })
        .build()
}
