//! XEP-0198 on a stream between servers, in both roles.

use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;
use tokio::time::Instant;

use super::super::management::{Management, Sent};
use super::super::parked::KEPT;
use super::carrying::outward;
use super::running::{Role, Stream};
use crate::random::token;
use crate::stream_management::elements;
use crate::stream_management::ledger::TooHigh;
use crate::wire::Fault;

/// How far stream management has got.
#[derive(Debug)]
pub(super) enum Phase {
    /// It is not used.
    Off,
    /// We asked for it; what is sent counts already.
    Enabling,
    /// We asked to go on with this one; nothing is sent until there is an answer.
    Resuming(Box<Management>),
    /// It is used.
    On,
}

impl Stream {
    /// On a stream that we opened: goes on with the one that broke, or begins, if that is offered.
    pub(super) fn begin_management(&mut self, features: &Element) {
        let broken = self.carriers.first().and_then(|c| c.peer.take_broken(Instant::now()));
        if !features.has_child("sm", ns::STREAM_MANAGEMENT) {
            self.give_back(broken);
            return;
        }
        match broken.map(|broken| (broken.id.clone(), broken)) {
            Some((Some(id), broken)) => {
                self.out.push(&elements::resumption("resume", &id, broken.handled));
                self.phase = Phase::Resuming(Box::new(broken));
                self.times.asked = Some(Instant::now());
            }
            broken => {
                self.give_back(broken.map(|(_, broken)| broken));
                self.enable();
            }
        }
    }

    fn give_back(&self, lost: Option<Management>) {
        if let Some(lost) = lost {
            self.hub.give_back(&self.context, lost);
        }
    }

    fn enable(&mut self) {
        self.out.push(&elements::enable());
        self.phase = Phase::Enabling;
    }

    /// Takes an element of stream management.
    pub(super) async fn manage(&mut self, element: Element) -> Result<(), Fault> {
        match (element.name(), self.role) {
            ("r", _) => {
                self.acknowledge();
                Ok(())
            }
            ("a", _) => {
                let h = elements::h(&element).ok_or(StreamCondition::InvalidXml)?;
                self.management.acknowledge(h).map(drop).map_err(too_high)
            }
            ("enable", Role::Received) => {
                self.enabled_by_peer(elements::resumable(&element));
                Ok(())
            }
            ("resume", Role::Received) => self.resumed_by_peer(&element).await,
            ("enabled", Role::Initiated) => {
                if matches!(self.phase, Phase::Enabling) {
                    self.phase = Phase::On;
                    self.management.handled = 0;
                    let id = element.attr("id").filter(|_| elements::resumable(&element));
                    self.management.id = id.map(str::to_owned);
                }
                Ok(())
            }
            ("resumed", Role::Initiated) => self.resumed(&element),
            ("failed", Role::Initiated) => {
                self.management_failed(&element);
                Ok(())
            }
            _ => Err(StreamCondition::UnsupportedStanzaType.into()),
        }
    }

    /// Says how many stanzas were handled, as soon as all of them are on disk.
    fn acknowledge(&mut self) {
        let handled = self.management.handled;
        if let Some(handled) = self.acknowledging.ask(&self.context, handled) {
            self.say_handled(handled);
        }
    }

    /// Says how many stanzas were handled.
    pub(super) fn say_handled(&mut self, handled: u32) {
        if matches!(self.phase, Phase::On) {
            self.out.push(&elements::acknowledgement(handled));
        }
    }

    /// Says, when there will be no more, how many stanzas were handled, unless some are not on disk yet.
    pub(super) fn say_all_handled(&mut self) {
        if self.context.durable().is_none() {
            self.say_handled(self.management.handled);
        }
    }

    /// Asks, unless an answer is outstanding or nothing is on its way.
    pub(super) fn ask_for_acknowledgement(&mut self) {
        if self.management.ask() {
            self.out.push(&elements::request());
            self.times.asked.get_or_insert(Instant::now());
        }
    }

    /// Asks in any case, if it can be asked.
    pub(super) fn asks_for_acknowledgement(&mut self) -> bool {
        let on = matches!(self.phase, Phase::On);
        if on {
            self.out.push(&elements::request());
        }
        on
    }

    fn enabled_by_peer(&mut self, resumable: bool) {
        let peer = match (&self.phase, self.pairs.first()) {
            (Phase::Off, Some(peer)) => Arc::clone(peer),
            _ => {
                self.out.push(&elements::failed(Condition::UnexpectedRequest, None));
                return;
            }
        };
        for lost in self.hub.parked().give_up(peer.domain()) {
            self.give_back(Some(lost));
        }
        let id = token().ok().filter(|_| resumable);
        let id = id.filter(|id| self.hub.parked().open(id, peer.domain(), self.end.clone()));
        let offer = id.as_deref().map(|id| (id, KEPT.as_secs()));
        self.out.push(&elements::enabled(offer));
        self.management = Management::resumable(id);
        self.phase = Phase::On;
    }

    async fn resumed_by_peer(&mut self, element: &Element) -> Result<(), Fault> {
        let (id, h) = (element.attr("previd"), elements::h(element));
        let (Some(id), Some(h)) = (id, h) else {
            self.out.push(&elements::failed(Condition::BadRequest, None));
            return Ok(());
        };
        let peer = match (&self.phase, self.pairs.first()) {
            (Phase::Off, Some(peer)) => Arc::clone(peer),
            _ => {
                self.out.push(&elements::failed(Condition::UnexpectedRequest, None));
                return Ok(());
            }
        };
        let Some(resumed) = self.hub.parked().resume(id, peer.domain()).await else {
            self.out.push(&elements::failed(Condition::ItemNotFound, None));
            return Ok(());
        };
        self.context.journal().flush().await;
        self.hub.parked().open(id, peer.domain(), self.end.clone());
        self.out.push(&elements::resumption("resumed", id, resumed.handled));
        self.go_on(resumed, h)
    }

    fn resumed(&mut self, element: &Element) -> Result<(), Fault> {
        let h = elements::h(element).ok_or(StreamCondition::InvalidXml)?;
        match std::mem::replace(&mut self.phase, Phase::On) {
            Phase::Resuming(broken) => self.go_on(*broken, h),
            other => {
                self.phase = other;
                Err(StreamCondition::UnsupportedStanzaType.into())
            }
        }
    }

    /// Goes on with a stream that broke: sends again what did not arrive.
    fn go_on(&mut self, mut resumed: Management, h: u32) -> Result<(), Fault> {
        let acknowledged = resumed.acknowledge(h);
        tracing::debug!(id = resumed.id, lost = resumed.load().0, "stream resumed");
        for Sent { waiting, .. } in resumed.again() {
            self.out.push(&outward(&self.view, &waiting.stanza));
        }
        self.management = resumed;
        self.phase = Phase::On;
        self.times.asked = None;
        acknowledged.map(drop).map_err(too_high)
    }

    fn management_failed(&mut self, element: &Element) {
        match std::mem::replace(&mut self.phase, Phase::Off) {
            Phase::Resuming(mut broken) => {
                if let Some(h) = elements::h(element) {
                    // A wrong number tells nothing; then everything is sent again.
                    let _ = broken.acknowledge(h);
                }
                self.give_back(Some(*broken));
                self.enable();
            }
            // It is there, it only does not count: what was written counts as arrived.
            Phase::Enabling => drop(self.management.give_up()),
            Phase::On => self.phase = Phase::On,
            Phase::Off => {}
        }
    }
}

fn too_high(error: TooHigh) -> Fault {
    Fault::Error(elements::too_high(error))
}
