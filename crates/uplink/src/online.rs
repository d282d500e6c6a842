//! One connection with a session on it: stanzas in, stanzas out, and noticing when it is dead.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::delay::Delay;
use televisor_xmpp::payload::ping::Ping;
use televisor_xmpp::{Element, IqType, PresenceType, Stanza, ns};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::debug;
use uuid::Uuid;

use crate::answers::Verdict;
use crate::failure::Failure;
use crate::ledger::{self, Outgoing};
use crate::login::{Entered, Fresh};
use crate::pulse::{Finding, Pulse};
use crate::stream::XmppStream;
use crate::worker::Worker;

/// How long the server may be silent before it has told the roster.
const ROSTER_DEADLINE: Duration = Duration::from_secs(20);
/// How often the way to the server is looked at.
const ROUTE_CHECK: Duration = Duration::from_secs(2);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(1500);
/// A message that waited longer says when it was sent.
const LATE: SignedDuration = SignedDuration::from_secs(10);

/// What a question of our own was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    Roster,
    Ping,
    /// The answer does not matter.
    Publication,
}

/// What is known of a session, over any number of connections.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Its address.
    jid: String,
    /// Whether the roster is known and our presence sent.
    arrived: bool,
    /// Questions of our own that are not answered yet, by id.
    questions: HashMap<String, Question>,
}

impl Session {
    pub(crate) fn jid(&self) -> &str {
        &self.jid
    }
}

/// A session on a connection.
pub(crate) struct Online<'a> {
    worker: &'a mut Worker,
    stream: XmppStream,
    /// The address from which packets to the server leave.
    route: Option<IpAddr>,
    /// A stanza that the receiver has not had room for yet; nothing is read meanwhile.
    pending: Option<Element>,
    pulse: Pulse,
    /// Whether something was sent since the server was last asked for an acknowledgement.
    unasked: bool,
    next_route_check: Instant,
}

enum Event {
    Came(Element),
    Taken,
    Queued(Outgoing),
    Presence,
    Vcard,
    Check,
    Stop,
    Broken(Failure),
}

impl<'a> Online<'a> {
    pub(crate) fn new(worker: &'a mut Worker, stream: XmppStream) -> Self {
        let route = worker.route();
        Self {
            worker,
            stream,
            route,
            pending: None,
            pulse: Pulse::new(),
            unasked: false,
            next_route_check: Instant::now() + ROUTE_CHECK,
        }
    }

    /// Runs until the connection ends; returns why.
    pub(crate) async fn run(mut self, entered: Entered) -> Failure {
        match self.serve(entered).await {
            Ok(()) => {
                self.leave().await;
                Failure::Stopped
            }
            Err(failure) => failure,
        }
    }

    /// Serves the session until it is to be stopped.
    async fn serve(&mut self, entered: Entered) -> Result<(), Failure> {
        match entered {
            Entered::Resumed => self.resumed().await?,
            Entered::Fresh(fresh) => self.begin(fresh).await?,
        }
        loop {
            match self.event().await {
                Event::Came(element) => self.came(element).await?,
                Event::Taken => self.taken(),
                Event::Queued(outgoing) => self.transmit(outgoing).await?,
                Event::Presence => self.tell_presence().await?,
                Event::Vcard => self.tell_vcard().await?,
                Event::Check => self.check().await?,
                Event::Stop => return Ok(()),
                Event::Broken(failure) => return Err(failure),
            }
        }
    }

    async fn event(&mut self) -> Event {
        let check = self.next_route_check.min(self.pulse.due());
        let Self { worker, stream, pending, .. } = self;
        let here = worker.session.arrived;
        let may_send = here && worker.ledger.has_room();
        tokio::select! {
            () = worker.stop.cancelled() => Event::Stop,
            room = worker.inbox.reserve(), if pending.is_some() => {
                if let (Ok(room), Some(stanza)) = (room, pending.take()) {
                    room.send(stanza);
                }
                Event::Taken
            }
            came = stream.next(), if pending.is_none() => match came {
                Ok(element) => Event::Came(element),
                Err(failure) => Event::Broken(failure),
            },
            Some(outgoing) = worker.outbox.recv(), if may_send => Event::Queued(outgoing),
            Ok(()) = worker.presence.changed(), if here => Event::Presence,
            Ok(()) = worker.vcard.changed(), if here => Event::Vcard,
            () = sleep_until(check) => Event::Check,
        }
    }

    /// A session begins: first the roster, so that nobody is a stranger who is not one.
    async fn begin(&mut self, fresh: Fresh) -> Result<(), Failure> {
        self.worker.seen.next_session();
        self.worker.session = Session { jid: fresh.jid.to_string(), ..Session::default() };
        let request = self.worker.desk.contacts.request(fresh.versions);
        self.ask(Question::Roster, IqType::Get, request).await
    }

    /// The roster is there: now we are.
    async fn arrive(&mut self) -> Result<(), Failure> {
        self.tell_presence().await?;
        self.tell_vcard().await?;
        for publication in self.worker.desk.about.publications() {
            self.ask(Question::Publication, IqType::Set, publication).await?;
        }
        self.worker.session.arrived = true;
        self.worker.went_online();
        self.catch_up().await
    }

    /// Sends again what may have been lost with the session before.
    async fn catch_up(&mut self) -> Result<(), Failure> {
        while self.worker.ledger.has_room() {
            let Some(outgoing) = self.worker.ledger.next_again() else { break };
            self.transmit(outgoing).await?;
        }
        self.ask_if_due().await
    }

    /// The session goes on where the connection before was lost.
    async fn resumed(&mut self) -> Result<(), Failure> {
        debug!("the uplink's session goes on");
        self.unasked = !self.worker.ledger.all_acknowledged();
        if self.worker.session.arrived {
            self.worker.went_online();
            return self.catch_up().await;
        }
        if self.waits_for(Question::Roster) {
            return self.ask_if_due().await;
        }
        self.arrive().await
    }

    fn waits_for(&self, question: Question) -> bool {
        self.worker.session.questions.values().any(|other| *other == question)
    }

    async fn tell_presence(&mut self) -> Result<(), Failure> {
        let presence = self.worker.presence.borrow_and_update().clone();
        let presence = self.worker.desk.about.dressed(&presence);
        self.send_own(presence).await
    }

    async fn tell_vcard(&mut self) -> Result<(), Failure> {
        let vcard = self.worker.vcard.borrow_and_update().clone();
        self.worker.desk.about.vcard = vcard.clone();
        self.ask(Question::Publication, IqType::Set, vcard).await
    }

    async fn ask(
        &mut self,
        question: Question,
        kind: IqType,
        payload: Element,
    ) -> Result<(), Failure> {
        let id = Uuid::new_v4().simple().to_string();
        self.worker.session.questions.insert(id.clone(), question);
        self.send_own(Stanza::iq(kind, &id, payload).into_element()).await
    }

    /// Sends a stanza that means nothing to another session.
    async fn send_own(&mut self, stanza: Element) -> Result<(), Failure> {
        let since = self.worker.desk.clock.now();
        self.transmit(Outgoing { stanza, since, lasting: false }).await
    }

    async fn transmit(&mut self, mut outgoing: Outgoing) -> Result<(), Failure> {
        let now = self.worker.desk.clock.now();
        stamp(&mut outgoing, now);
        let stanza = outgoing.stanza.clone();
        if self.worker.ledger.is_enabled() {
            // First noted: a write that fails halfway may have arrived.
            self.worker.ledger.sent(outgoing);
            self.stream.send(&stanza).await?;
        } else if let Err(failure) = self.stream.send(&stanza).await {
            self.worker.ledger.put_back(outgoing);
            return Err(failure);
        }
        self.unasked = true;
        self.ask_if_due().await
    }

    /// Asks for an acknowledgement of what was sent, one question at a time.
    async fn ask_if_due(&mut self) -> Result<(), Failure> {
        if self.unasked && !self.pulse.is_asked() && self.worker.ledger.is_enabled() {
            self.unasked = false;
            self.pulse.asked();
            return self.stream.send(&Element::new("r", ns::STREAM_MANAGEMENT)).await;
        }
        Ok(())
    }

    /// Asks whether the server is there.
    async fn probe(&mut self) -> Result<(), Failure> {
        if self.pulse.is_asked() {
            return Ok(());
        }
        if self.worker.ledger.is_enabled() {
            self.unasked = true;
            return self.ask_if_due().await;
        }
        self.pulse.asked();
        self.ask(Question::Ping, IqType::Get, Ping.to_element()).await
    }

    /// Looks whether the connection is still worth something.
    async fn check(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        if now >= self.next_route_check {
            self.next_route_check = now + ROUTE_CHECK;
            // The way is gone, or another is better now: what of the connection on the old one?
            let route = self.worker.route();
            if std::mem::replace(&mut self.route, route) != route {
                self.probe().await?;
            }
        }
        // While the receiver takes its time we do not listen, and must not complain of silence.
        if self.pending.is_some() {
            self.pulse.heard();
            return Ok(());
        }
        if !self.worker.session.arrived && self.pulse.silence() >= ROSTER_DEADLINE {
            return Err(Failure::lost("the server does not tell the roster"));
        }
        match self.pulse.look() {
            Finding::Alive => Ok(()),
            Finding::Quiet => self.probe().await,
            Finding::Dead => Err(Failure::lost("the server has fallen silent")),
        }
    }

    async fn came(&mut self, element: Element) -> Result<(), Failure> {
        self.pulse.heard();
        if element.namespace() == ns::STREAM_MANAGEMENT {
            return self.management(&element).await;
        }
        let stanza = match Stanza::try_from(element) {
            Ok(stanza) => stanza,
            Err(rejected) => {
                debug!(fault = %rejected.fault, "a stanza was not understood");
                let reply = rejected.reply();
                self.worker.ledger.handled();
                return match reply {
                    Some(reply) => self.reply(reply).await,
                    None => Ok(()),
                };
            }
        };
        if let Some(question) = self.answered(&stanza) {
            self.worker.ledger.handled();
            return self.learn(question, &stanza).await;
        }
        if self.worker.seen.is_repeated(&stanza) {
            self.worker.ledger.handled();
            return Ok(());
        }
        match self.worker.desk.judge(stanza) {
            Verdict::Deliver(stanza) => self.pending = Some(stanza.into_element()),
            Verdict::Answer(answer) => {
                self.worker.ledger.handled();
                self.reply(answer.into_element()).await?;
            }
            Verdict::Pass => self.worker.ledger.handled(),
        }
        Ok(())
    }

    /// The receiver has what was pending: only that is handled.
    fn taken(&mut self) {
        self.worker.ledger.handled();
        self.pulse.heard();
    }

    async fn reply(&mut self, mut answer: Element) -> Result<(), Failure> {
        answer.remove_attr("from");
        let since = self.worker.desk.clock.now();
        self.transmit(Outgoing { stanza: answer, since, lasting: true }).await
    }

    async fn management(&mut self, element: &Element) -> Result<(), Failure> {
        match element.name() {
            "r" => {
                let answer = self.worker.ledger.answer();
                self.stream.send(&answer).await
            }
            "a" => {
                self.pulse.answered();
                let handled = ledger::count(element).unwrap_or_default();
                if let Err(error) = self.worker.ledger.acknowledge(handled) {
                    // The counts are worth nothing any more, so neither is the session.
                    self.worker.ledger.give_up();
                    return Err(Failure::Lost(error.to_string()));
                }
                if self.worker.session.arrived {
                    self.catch_up().await?;
                }
                self.ask_if_due().await
            }
            _ => Ok(()),
        }
    }

    /// Finds the question of ours that `stanza` answers: only the server answers them.
    fn answered(&mut self, stanza: &Stanza) -> Option<Question> {
        let is_answer = matches!(stanza.element().attr("type"), Some("result" | "error"));
        if stanza.element().name() != "iq" || !is_answer {
            return None;
        }
        if !self.worker.desk.account.is_home(stanza.from()) {
            return None;
        }
        self.worker.session.questions.remove(stanza.id()?)
    }

    async fn learn(&mut self, question: Question, answer: &Stanza) -> Result<(), Failure> {
        match question {
            Question::Roster => {
                if let Some(query) = answer.child("query", ns::ROSTER) {
                    self.worker.desk.contacts.take(query);
                }
                self.arrive().await
            }
            Question::Ping => {
                self.pulse.answered();
                Ok(())
            }
            Question::Publication => Ok(()),
        }
    }

    /// Sends what is queued and says goodbye; waits a little for the server to have it all.
    async fn leave(&mut self) {
        let until = Instant::now() + GOODBYE;
        let goodbye = async {
            while let Ok(outgoing) = self.worker.outbox.try_recv() {
                self.transmit(outgoing).await?;
            }
            let gone = Stanza::presence(PresenceType::Unavailable).into_element();
            self.send_own(gone).await?;
            while !self.worker.ledger.all_acknowledged() {
                let element = self.stream.next().await?;
                if element.namespace() == ns::STREAM_MANAGEMENT {
                    self.management(&element).await?;
                }
            }
            let handled = self.worker.ledger.answer();
            if self.worker.ledger.is_enabled() {
                self.stream.send(&handled).await?;
            }
            Ok::<_, Failure>(())
        };
        // A server that is slow about it gets no more time.
        let _ = timeout_at(until, goodbye).await;
        self.stream.close().await;
    }
}

/// XEP-0203: says when a message was sent that could not go out at once.
fn stamp(outgoing: &mut Outgoing, now: Timestamp) {
    let late = now.duration_since(outgoing.since) > LATE;
    let stanza = &mut outgoing.stanza;
    if late && stanza.name() == "message" && !stanza.has_child("delay", ns::DELAY) {
        let delay = Delay { from: None, stamp: outgoing.since, reason: None };
        stanza.push(delay.to_element());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_waited_says_when_it_was_sent() {
        let since = Timestamp::UNIX_EPOCH;
        let stanza = Element::builder("message", ns::CLIENT).field("body", "Recorded.").build();
        let mut outgoing = Outgoing { stanza, since, lasting: true };
        stamp(&mut outgoing, since + LATE);
        assert!(!outgoing.stanza.has_child("delay", ns::DELAY));
        for _ in 0..2 {
            stamp(&mut outgoing, since + LATE + LATE);
            let delays = outgoing.stanza.children().filter(|child| child.name() == "delay");
            assert_eq!(delays.count(), 1);
        }
    }
}
