//! The task of a session: what happens next, one thing at a time, and the end of it all.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::stream::StreamCondition;

use super::line::Line;
use super::lost;
use super::managing::Managed;
use super::parking::Claim;
use super::pulse::{Pulse, Silence};
use crate::binding::Bound;
use crate::delivery;
use crate::outbox::{Outbox, Rendering};
use crate::router::Origin;
use crate::server::Shared;
use crate::wire::{Fault, Io, Wire};

/// The id of the server's own pings starts so.
pub(super) const PING: &str = "keepalive-";

/// A session, as its task has it.
pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) origin: Arc<Origin>,
    pub(super) outbox: Outbox,
    /// The connection; none between two of them.
    pub(super) line: Option<Line>,
    pub(super) pulse: Pulse,
    /// Whether stanzas are counted (XEP-0198).
    pub(super) managed: Option<Managed>,
}

/// What happens next.
enum Turn {
    Event(Result<StreamEvent, Fault>),
    Silence(Silence),
    Ending(StreamCondition),
    Claimed(Claim),
    /// So many stanzas, which are on disk, are to be acknowledged.
    Durable(u32),
}

/// Runs a session to its end, in a task of its own: what negotiation took is given back first.
pub(crate) fn start(shared: &Arc<Shared>, wire: Wire<Box<dyn Io>>, bound: Bound) {
    let Bound { origin, outbox, managed } = bound;
    // A future holds what it is given twice over: this is one pointer.
    let session = Box::new(Session {
        shared: Arc::clone(shared),
        origin,
        outbox,
        line: Some(Line::new(wire)),
        pulse: Pulse::new(&shared.limits),
        managed,
    });
    shared.tasks.spawn(session.run());
}

impl Session {
    async fn run(mut self: Box<Self>) {
        let fault = self.live().await;
        // Large, and needed once: a session that lives does not hold it.
        Box::pin(self.finish(fault)).await;
    }

    async fn finish(mut self: Box<Self>, fault: Fault) {
        let context = self.shared.context.clone();
        if let Some(managed) = &self.managed {
            managed.forget(&context, &self.origin);
        }
        if let Some(session) = self.leave() {
            delivery::session_ended(&context, session).await;
        }
        self.end_for_good();
        let error = match fault {
            Fault::Gone => return,
            Fault::Closed => None,
            Fault::Error(error) => Some(error),
        };
        let reason = error.as_ref().map(|e| e.condition);
        tracing::info!(account = %self.origin.account, ?reason, "session ends");
        if let Some(line) = self.line.take() {
            line.close(Some(&self.outbox), error.as_ref()).await;
        }
    }

    /// Sees to what the client has not received. Where the server goes down and the client can come back,
    /// that stays on disk, until it says what it has received after all.
    fn end_for_good(&self) {
        if self.shared.down.is_cancelled() && self.is_resumable() {
            return;
        }
        let context = &self.shared.context;
        lost::give_up(context, &self.origin, &self.outbox);
        if context.archive().kept().has_any(&self.origin.account) {
            // Somebody may have come since who has none of it.
            let (context, account) = (context.clone(), self.origin.account.clone());
            self.shared.tasks.spawn(async move { delivery::waits(&context, &account).await });
        }
        if let Some(managed) = &self.managed
            && managed.counted.end()
        {
            context.journal().received(&managed.counted);
        }
    }

    /// Goes from turn to turn, and from connection to connection.
    async fn live(&mut self) -> Fault {
        if self.shared.down.is_cancelled() {
            return StreamCondition::SystemShutdown.into();
        }
        loop {
            let fault = match self.connected().await {
                Fault::Gone if self.is_resumable() => Box::pin(self.wait_for_return()).await,
                fault => Err(fault),
            };
            if let Err(fault) = fault {
                return fault;
            }
        }
    }

    /// Goes from turn to turn while there is a connection.
    async fn connected(&mut self) -> Fault {
        while self.line.is_some() {
            let turn = self.turn().await;
            if let Err(fault) = self.perform(turn).await {
                return fault;
            }
        }
        Fault::Gone
    }

    async fn turn(&mut self) -> Turn {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        self.outbox.register(cx.waker());
        if let Some(condition) = self.outbox.ending() {
            return Poll::Ready(Turn::Ending(condition));
        }
        if let Some(managed) = &mut self.managed {
            if let Poll::Ready(Some(claim)) = managed.poll_claim(cx) {
                return Poll::Ready(Turn::Claimed(claim));
            }
            if let Poll::Ready(handled) = managed.poll_durable(&self.shared.context, cx) {
                return Poll::Ready(Turn::Durable(handled));
            }
        }
        let Some(line) = &mut self.line else { return Poll::Ready(Turn::Event(Err(Fault::Gone))) };
        if let Poll::Ready(event) = line.poll(&self.outbox, cx) {
            return Poll::Ready(Turn::Event(event));
        }
        self.pulse.poll(line, &self.shared.limits, cx).map(Turn::Silence)
    }

    async fn perform(&mut self, turn: Turn) -> Result<(), Fault> {
        match turn {
            // Whatever went wrong there, the stream is over (RFC 6120 section 4.9.1.1).
            Turn::Event(Ok(StreamEvent::Stanza(element))) if element.is("error", ns::STREAMS) => {
                Err(Fault::Closed)
            }
            Turn::Event(Ok(StreamEvent::Stanza(element))) => Box::pin(self.take(element)).await,
            Turn::Event(Ok(_)) => Err(StreamCondition::BadFormat.into()),
            Turn::Event(Err(fault)) => Err(fault),
            Turn::Silence(silence) => self.silence(silence),
            Turn::Ending(condition) => Err(condition.into()),
            Turn::Claimed(claim) => Box::pin(self.hand_over(claim)).await.map(drop),
            Turn::Durable(handled) => {
                self.say_handled(handled);
                Ok(())
            }
        }
    }

    /// Gives up the session's place in the router.
    fn leave(&self) -> Option<crate::router::Session> {
        self.shared.context.router().unbind(&self.origin)
    }

    /// Asks whether anybody is there (RFC 6120 section 4.6.4), or gives up.
    fn silence(&mut self, silence: Silence) -> Result<(), Fault> {
        let times = match silence {
            Silence::Ask(times) => times,
            // Its client may come back and find everything as it was.
            Silence::Dead | Silence::Deaf if self.is_resumable() => return Err(Fault::Gone),
            Silence::Dead => return Err(StreamCondition::ConnectionTimeout.into()),
            Silence::Deaf => {
                // Whatever it is told now, it would not read either.
                self.line = None;
                return Err(StreamCondition::ResourceConstraint.into());
            }
        };
        if self.outbox.ask() {
            return Ok(());
        }
        let ping = Element::builder("iq", ns::CLIENT)
            .attr("type", "get")
            .attr("id", format!("{PING}{times}"))
            .attr("from", self.shared.context.domain())
            .attr("to", self.origin.jid.to_string())
            .child(Element::new("ping", ns::PING))
            .build();
        self.outbox.offer(&mut Rendering::new(&ping));
        Ok(())
    }
}

/// The session's place in the router is given up even if a handler panics.
impl Drop for Session {
    fn drop(&mut self) {
        self.leave();
    }
}
