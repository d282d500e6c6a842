//! The worker that listens to one stream: answers what is ours to answer, matches answers with their
//! requests, and hands everything else over.
//!
//! What a stanza says of its sender and addressee is not looked at: both are who the stream is between.
//! Who the peer is proven to be is asked anew for each stanza, so that a device that has been
//! forgotten proves nothing from then on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use televisor_xmpp::stanza;
use televisor_xmpp::{Condition, Element, IqType, Kind, Stanza, StanzaError, StreamCondition};
use tokio::io::ReadHalf;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::gate::Pass;
use super::hub::Shared;
use super::lane::{Handle, Job, Order};
use super::opened::{Facts, admit};
use super::pace::STANZA;
use super::wire::{Fault, Io, Wire};
use super::{answers, whom};
use crate::link::Incoming;

/// How long a stanza may wait to be taken by the embedder.
const HANDOVER: Duration = Duration::from_secs(30);

/// When a stream last carried a stanza.
#[derive(Debug)]
pub(super) struct Pulse(Mutex<Instant>);

impl Pulse {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Instant::now())))
    }

    pub(super) fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(super) fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker.
pub(super) struct Hearing {
    pub(super) shared: Arc<Shared>,
    pub(super) wire: Wire<ReadHalf<Box<dyn Io>>>,
    pub(super) facts: Facts,
    pub(super) first: Option<Element>,
    pub(super) pass: Option<Pass>,
    pub(super) lane: Handle,
    /// The stream's number in its lane.
    pub(super) number: u64,
    pub(super) pulse: Arc<Pulse>,
    /// The stream has been given up.
    pub(super) stop: CancellationToken,
}

impl Hearing {
    pub(super) async fn run(mut self) {
        let evicted = self.pass.as_ref().map(Pass::evicted).unwrap_or_default();
        let stop = self.stop.clone();
        let fault = tokio::select! {
            () = stop.cancelled() => return,
            () = evicted.cancelled() => StreamCondition::ResourceConstraint.into(),
            fault = self.hear() => fault,
        };
        tracing::debug!(address = %self.facts.address, %fault, "a stream has ended");
        let linger = matches!(fault, Fault::Error(_));
        let ended = Order::Ended { number: self.number, fault };
        // A lane that is gone has ended the stream itself.
        if self.lane.orders.send(ended).await.is_ok() && linger {
            self.wire.linger().await;
        }
    }

    async fn hear(&mut self) -> Fault {
        loop {
            let element = match self.first.take() {
                Some(first) => Ok(first),
                None => self.wire.element().await,
            };
            let heard = match element {
                Ok(element) => self.element(element).await,
                Err(fault) => Err(fault),
            };
            if let Err(fault) = heard {
                return fault;
            }
        }
    }

    async fn element(&mut self, mut element: Element) -> Result<(), Fault> {
        self.wire.pace.take(STANZA);
        self.pulse.beat();
        let proven = self.shared.owner(self.facts.security);
        if let Some(pass) = &self.pass {
            pass.heard(proven.is_some());
        }
        admit(&self.shared, &mut self.wire, proven.is_some());
        self.meet_again();
        element.remove_attr("from");
        element.remove_attr("to");
        let stanza = match Stanza::try_from(element) {
            Ok(stanza) => stanza,
            Err(rejected) if rejected.fault == stanza::Fault::NotAStanza => {
                return Err(StreamCondition::UnsupportedStanzaType.into());
            }
            Err(rejected) => {
                self.reply(rejected.reply());
                return Ok(());
            }
        };
        match stanza.kind() {
            // Presence is told by DNS-SD here, and by nothing else.
            Kind::Presence(_) => {}
            Kind::Iq(IqType::Result | IqType::Error) => self.answered(stanza),
            Kind::Iq(IqType::Get | IqType::Set) => {
                match answers::answer(&self.shared.about, &stanza) {
                    Some(answer) => self.reply(Some(answer)),
                    None => self.hand_over(stanza).await,
                }
            }
            Kind::Message(_) => self.hand_over(stanza).await,
        }
        Ok(())
    }

    /// An announcement may come after the stream: from then on it has its name.
    fn meet_again(&mut self) {
        let Some(claimed) = &self.facts.claimed else { return };
        if self.lane.name() == *claimed {
            self.facts.claimed = None;
        } else if whom::announced(&self.shared.roster, self.facts.address.ip(), Some(claimed))
            .is_some()
        {
            self.shared.lanes.rename(&self.lane, claimed);
            self.facts.claimed = None;
        }
    }

    fn answered(&self, answer: Stanza) {
        let id = answer.id().unwrap_or_default().to_owned();
        let security = self.facts.security;
        if !self.shared.pending.answer(&id, security, answer.into_element()) {
            tracing::debug!(address = %self.facts.address, "an answer that nobody waits for");
        }
    }

    async fn hand_over(&self, stanza: Stanza) {
        let incoming = Incoming {
            from: self.lane.name(),
            proven: self.shared.owner(self.facts.security),
            encrypted: self.facts.security.encrypted,
            stanza: stanza.into_element(),
        };
        let (incoming, condition) = match self
            .shared
            .incoming
            .send_timeout(incoming, HANDOVER)
            .await
        {
            Ok(()) => return,
            Err(SendTimeoutError::Timeout(incoming)) => (incoming, Condition::ResourceConstraint),
            Err(SendTimeoutError::Closed(incoming)) => (incoming, Condition::ServiceUnavailable),
        };
        self.reply(StanzaError::new(condition).reply_to(&incoming.stanza));
    }

    /// Replies where there is room: a peer that asks and does not listen loses its answers.
    fn reply(&self, reply: Option<Element>) {
        if let Some(reply) = reply
            && self.lane.jobs.try_send(Job::reply(reply)).is_err()
        {
            tracing::debug!(address = %self.facts.address, "an answer is dropped");
        }
    }
}
