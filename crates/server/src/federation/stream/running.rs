//! The stream, its loop, and its deadlines.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::stream::StreamCondition;
use tokio::io::ReadHalf;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::super::Federation;
use super::super::dialback::{Pair, Verdict};
use super::super::hub::Counted;
use super::super::incoming::Incoming;
use super::super::management::Management;
use super::super::outgoing::Outgoing;
use super::super::pairs::Pairs;
use super::super::peer::Peer;
use super::carrying::Carrier;
use super::managing::Phase;
use super::output::Output;
use crate::alias::View;
use crate::context::Context;
use crate::gate::Pass;
use crate::stream_management::acknowledging::Acknowledging;
use crate::wire::{Fault, Io, Wire};

/// Bytes of answers that may wait to be written before nothing more is read.
const ANSWERS: usize = 256 * 1024;

/// How long the other end may take to close its side after we closed ours.
const CLOSING: Duration = Duration::from_secs(10);

/// For how many times the usual idle time a stream is kept on which the other end can answer us,
/// because it may have no other way to.
const KEPT_UP: u32 = 144;

/// A claim, and what its verification found out.
pub(super) type Found = (Pair, Verdict);

/// Who opened a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// We did.
    Initiated,
    /// The other server did.
    Received,
}

/// A stream inside TLS.
pub(in crate::federation) struct Stream {
    pub(super) hub: Federation,
    pub(super) context: Context,
    pub(super) number: u64,
    pub(super) role: Role,
    /// How we are called on it.
    pub(super) view: View,
    /// The id that the receiving side chose.
    pub(super) id: String,
    pub(super) addr: SocketAddr,
    /// What the other end showed in TLS.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) wire: Wire<ReadHalf<Box<dyn Io>>>,
    pub(super) out: Output,
    /// Who may speak on it.
    pub(super) pairs: Pairs,
    /// For whom it carries.
    pub(super) carriers: Vec<Carrier>,
    /// Whether stanzas may pass both ways (XEP-0288).
    pub(super) bidi: bool,
    pub(super) phase: Phase,
    pub(super) management: Management,
    pub(super) acknowledging: Acknowledging,
    /// Keys that are being verified, and what came out.
    pub(super) verifying: usize,
    pub(super) tell: mpsc::Sender<Found>,
    verdicts: mpsc::Receiver<Found>,
    /// Ends it in favour of another.
    pub(super) end: CancellationToken,
    pub(super) wake: Arc<Notify>,
    /// Held until somebody may speak on it.
    pub(super) pass: Option<Pass>,
    /// Held by the domains that may.
    pub(super) places: Vec<Pass>,
    /// Says that one of these places is another's now.
    pub(super) evicted: CancellationToken,
    /// Claims that came to nothing.
    pub(super) refused: usize,
    pub(super) counted: Option<Counted>,
    name: watch::Receiver<Option<String>>,
    pub(super) times: Times,
    /// Why the other end ends it, if it said so.
    pub(super) reason: Option<StreamCondition>,
}

/// When things happened.
#[derive(Debug)]
pub(super) struct Times {
    began: Instant,
    /// The last stanza, either way.
    pub(super) stanza: Instant,
    /// When the other end was asked whether it is there.
    pub(super) asked: Option<Instant>,
    /// When a ping that needs no answer was sent.
    pub(super) probed: Instant,
    /// Until when nothing more is read: it sends too much.
    pub(super) slow: Option<Instant>,
    /// When we closed our side.
    pub(super) closing: Option<Instant>,
}

/// What one turn of the loop found.
enum Turn {
    Down,
    Replaced,
    Evicted,
    Verdict(Option<Found>),
    Wrote(Result<(), Fault>),
    Read(Result<StreamEvent, Fault>),
    Woken,
    /// So many stanzas, which are on disk, are to be acknowledged.
    Durable(u32),
    Named,
    Tick,
}

impl Stream {
    /// A stream that we opened, on which we may send to `peer`.
    pub(in crate::federation) fn initiated(
        hub: Federation,
        context: Context,
        outgoing: Outgoing,
        peer: Arc<Peer>,
    ) -> Self {
        let Outgoing { wire, view, addr, id, features, bidi, .. } = outgoing;
        let mut stream = Self::new(hub, context, Role::Initiated, wire, (view, id, addr));
        stream.bidi = bidi;
        stream.counted = Some(stream.hub.count(false));
        stream.wire.parser.set_limits(stream.hub.after());
        if bidi {
            stream.pairs.admit(Arc::clone(&peer), stream.view.spelling());
        }
        if peer.carry(stream.number, &stream.wake, None) {
            stream.carriers.push(Carrier::new(peer));
            stream.begin_management(&features);
        } else {
            // It came to us while we were on our way to it.
            stream.close();
        }
        stream
    }

    /// A stream that another server opened, on which it has yet to prove who it is.
    pub(in crate::federation) fn received(incoming: Incoming, pass: Pass) -> Self {
        let Incoming { hub, context, wire, peer, certificates, view, id, bidi, .. } = incoming;
        let mut stream = Self::new(hub, context, Role::Received, wire, (view, id, peer.addr));
        stream.certificates = certificates;
        stream.bidi = bidi;
        stream.pass = Some(pass);
        stream
    }

    fn new(
        hub: Federation,
        context: Context,
        role: Role,
        wire: Wire<Box<dyn Io>>,
        (view, id, addr): (View, String, SocketAddr),
    ) -> Self {
        let Wire { io, parser, heard } = wire;
        let (reading, writing) = tokio::io::split(io);
        let began = Instant::now();
        let (tell, verdicts) = mpsc::channel(hub.limits().pairs);
        Self {
            number: hub.number(),
            name: hub.names(),
            role,
            view,
            id,
            addr,
            certificates: Vec::new(),
            wire: Wire { io: reading, parser, heard },
            out: Output::new(writing),
            pairs: Pairs::default(),
            carriers: Vec::new(),
            bidi: false,
            phase: Phase::Off,
            management: Management::default(),
            acknowledging: Acknowledging::default(),
            verifying: 0,
            tell,
            verdicts,
            end: CancellationToken::new(),
            wake: Arc::default(),
            pass: None,
            places: Vec::new(),
            evicted: CancellationToken::new(),
            refused: 0,
            counted: None,
            times: Times {
                began,
                stanza: began,
                asked: None,
                probed: began,
                slow: None,
                closing: None,
            },
            reason: None,
            hub,
            context,
        }
    }

    /// Runs it to its end, beginning with an element that has been read already.
    pub(in crate::federation) async fn run(mut self, first: Option<Element>) {
        let mut result = match first {
            Some(element) => self.take(element).await,
            None => Ok(()),
        };
        while result.is_ok() {
            result = self.turn().await;
        }
        if let Err(fault) = result {
            self.finish(fault).await;
        }
    }

    async fn turn(&mut self) -> Result<(), Fault> {
        self.fill();
        match self.wait().await {
            Turn::Down => Err(StreamCondition::SystemShutdown.into()),
            Turn::Replaced => Err(StreamCondition::Conflict.into()),
            Turn::Evicted => Err(StreamCondition::ResourceConstraint.into()),
            Turn::Verdict(verdict) => self.verdict(verdict),
            Turn::Wrote(Ok(())) => Ok(()),
            Turn::Wrote(Err(fault)) => Err(self.last_words(fault).await),
            Turn::Read(Ok(StreamEvent::Stanza(element))) => self.take(element).await,
            Turn::Read(Ok(_)) => Err(StreamCondition::BadFormat.into()),
            Turn::Read(Err(fault)) => Err(fault),
            Turn::Woken => {
                self.woken();
                Ok(())
            }
            Turn::Durable(handled) => {
                self.say_handled(handled);
                Ok(())
            }
            Turn::Named => self.renamed(),
            Turn::Tick => self.tick(),
        }
    }

    async fn wait(&mut self) -> Turn {
        let now = Instant::now();
        let slow = self.times.slow.is_some_and(|until| until > now);
        let reads = !slow && self.out.len() < ANSWERS;
        let deadline = self.deadline();
        let (waits, handled) = (self.acknowledging.waits(), self.management.handled);
        let durable = poll_fn(|cx| self.acknowledging.poll(&self.context, handled, cx));
        let down = self.hub.down().clone();
        let evicted = self.pass.as_ref().map_or_else(|| self.evicted.clone(), Pass::evicted);
        tokio::select! {
            () = down.cancelled() => Turn::Down,
            () = self.end.cancelled() => Turn::Replaced,
            () = evicted.cancelled() => Turn::Evicted,
            verdict = self.verdicts.recv(), if self.verifying > 0 => Turn::Verdict(verdict),
            result = self.out.progress(), if self.out.wants() => Turn::Wrote(result),
            event = self.wire.event(), if reads => Turn::Read(event),
            () = self.wake.notified() => Turn::Woken,
            handled = durable, if waits => Turn::Durable(handled),
            _ = self.name.changed() => Turn::Named,
            () = sleep_until(deadline) => Turn::Tick,
        }
    }

    /// The next moment at which something is to be looked at.
    fn deadline(&self) -> Instant {
        let limits = self.hub.limits();
        let times = &self.times;
        let silence = self.wire.heard.max(times.probed) + limits.ping;
        let unanswered = self.carriers.iter().filter_map(|carrier| carrier.receipts.unanswered());
        let all = [
            Some(silence),
            Some(times.stanza + self.idle()),
            (!self.opened()).then_some(times.began + limits.negotiation),
            times.asked.map(|asked| asked + limits.patience),
            self.out.stalled().map(|since| since + limits.patience),
            times.slow,
            times.closing.map(|closing| closing + CLOSING),
            unanswered.min().map(|asked| asked + limits.patience),
        ];
        // A moment that has passed is looked at once: what is found there moves it.
        all.into_iter().flatten().min().unwrap_or(silence)
    }

    /// Whether anything may pass on it.
    fn opened(&self) -> bool {
        self.role == Role::Initiated || !self.pairs.is_empty()
    }

    fn idle(&self) -> Duration {
        let idle = self.hub.limits().idle;
        let answers = self.role == Role::Initiated && self.bidi;
        if answers { idle.saturating_mul(KEPT_UP) } else { idle }
    }

    fn tick(&mut self) -> Result<(), Fault> {
        let now = Instant::now();
        let limits = *self.hub.limits();
        let past = |since: Option<Instant>, time: Duration| since.is_some_and(|s| s + time <= now);
        self.times.slow.take_if(|until| *until <= now);
        if past(self.times.closing, CLOSING) {
            return Err(Fault::Closed);
        }
        if past(self.out.stalled(), limits.patience) {
            // It does not read, so it need not be told.
            return Err(Fault::Gone);
        }
        if !self.opened() && past(Some(self.times.began), limits.negotiation) {
            return Err(StreamCondition::ConnectionTimeout.into());
        }
        self.times.asked.take_if(|asked| self.wire.heard > *asked);
        if past(self.times.asked, limits.patience) {
            self.unanswered()?;
        }
        self.forget_unanswered(now);
        if past(Some(self.times.stanza), self.idle()) && !self.loaded() {
            self.close();
            self.times.stanza = now;
        } else if past(Some(self.wire.heard.max(self.times.probed)), limits.ping) {
            self.probe();
        }
        Ok(())
    }

    /// Closes our side in order; the other end may finish what it is sending.
    pub(super) fn close(&mut self) {
        if self.times.closing.is_none() {
            self.times.closing = Some(Instant::now());
            self.say_all_handled();
            self.release(false);
            self.out.push_bytes(televisor_xmpp::writer::STREAM_CLOSE.as_bytes());
        }
    }

    /// The name towards other servers is another: who speaks to the old one must find the new.
    fn renamed(&mut self) -> Result<(), Fault> {
        let renamed = self.name.borrow_and_update().is_some();
        if renamed && !self.context.aliases().is_ours(self.view.spelling()) {
            return Err(StreamCondition::HostGone.into());
        }
        Ok(())
    }

    /// Finds out whether the other end is there, if it can be asked.
    pub(super) fn probe(&mut self) {
        let now = Instant::now();
        self.times.probed = now;
        if self.times.closing.is_some() {
            return;
        }
        if self.asks_for_acknowledgement() || self.ping() {
            self.times.asked.get_or_insert(now);
        } else {
            // At least the connection shows whether it is there (RFC 6120 section 4.6.1).
            self.out.push_bytes(b" ");
        }
    }

    fn unanswered(&mut self) -> Result<(), Fault> {
        if self.bidi || matches!(self.phase, Phase::On) {
            return Err(StreamCondition::ConnectionTimeout.into());
        }
        // The answer would have come by another stream, and did not: that says nothing of this one.
        self.times.asked = None;
        for carrier in &self.carriers {
            carrier.peer.set_deaf();
        }
        Ok(())
    }

    pub(super) fn server_ping(&self, id: &str, domain: &str) -> Element {
        Element::builder("iq", ns::SERVER)
            .attr("type", "get")
            .attr("id", id)
            .attr("from", self.view.spelling())
            .attr("to", domain)
            .child(Element::new("ping", ns::PING))
            .build()
    }
}
