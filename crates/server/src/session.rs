//! A bound session: stanzas in, one at a time; its outbox out; and the end of it.

use std::sync::Arc;
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::stanza::Stanza;
use televisor_xmpp::stream::{StreamCondition, StreamError};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use crate::binding::Bound;
use crate::delivery;
use crate::outbox::{Outbox, Outgoing, Rendering};
use crate::router::Origin;
use crate::server::Shared;
use crate::wire::{Fault, Io, Wire, goodbye, write};

/// Bytes put together for one write: two TLS records.
const BATCH: usize = 32 * 1024;

/// How long the rest of the outbox and the reason for the end may take to write.
const GOODBYE: Duration = Duration::from_secs(5);

/// The id of the server's own pings starts so.
const PING: &str = "keepalive-";

/// Runs a session to its end.
pub(crate) async fn run(shared: Arc<Shared>, wire: Wire<Box<dyn Io>>, bound: Bound) {
    let Wire { io, parser, heard } = wire;
    let (reading, writing) = tokio::io::split(io);
    let Bound { origin, outbox, outgoing } = bound;
    let (stop, stopped) = oneshot::channel();
    let patience = shared.limits.patience;
    let mut writer = tokio::spawn(write_all(writing, outgoing, outbox.clone(), stopped, patience));
    let wire = Wire { io: reading, parser, heard };
    let place = Place { shared: Arc::clone(&shared), origin };
    let mut reader =
        Reader { shared, wire, origin: place.origin.clone(), outbox, asked: None, asked_times: 0 };
    let fault = reader.run().await;
    if let Some(session) = place.leave() {
        delivery::session_ended(&reader.shared.context, session).await;
    }
    let error = match fault {
        Fault::Gone => {
            writer.abort();
            return;
        }
        Fault::Closed => None,
        Fault::Error(error) => Some(error),
    };
    tracing::info!(account = %reader.origin.account, reason = ?error.as_ref().map(|e| e.condition), "session ends");
    // The writer may have ended already, when the peer stopped reading.
    drop(stop.send(error));
    match timeout(GOODBYE, &mut writer).await {
        Ok(_) => reader.wire.linger().await,
        Err(_) => writer.abort(),
    }
}

/// The session's place in the router, given up even if a handler panics.
struct Place {
    shared: Arc<Shared>,
    origin: Origin,
}

impl Place {
    fn leave(&self) -> Option<crate::router::Session> {
        self.shared.context.router().unbind(&self.origin)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

struct Reader<R> {
    shared: Arc<Shared>,
    wire: Wire<R>,
    origin: Origin,
    outbox: Outbox,
    /// When the peer was asked whether it is there.
    asked: Option<Instant>,
    asked_times: u32,
}

impl<R: tokio::io::AsyncRead + Unpin> Reader<R> {
    async fn run(&mut self) -> Fault {
        let mut ending = self.outbox.ending();
        let down = self.shared.down.clone();
        loop {
            let deadline = self.deadline();
            let event = tokio::select! {
                biased;
                () = down.cancelled() => return StreamCondition::SystemShutdown.into(),
                reason = ending.wait_for(Option::is_some) => {
                    let reason = reason.ok().and_then(|reason| *reason);
                    return reason.map_or(Fault::Gone, Fault::from);
                }
                event = timeout_at(deadline, self.wire.event()) => event,
            };
            let result = match event {
                Err(_) => self.silence(),
                Ok(Ok(StreamEvent::Stanza(element))) => self.take(element).await,
                Ok(Ok(_)) => Err(StreamCondition::BadFormat.into()),
                Ok(Err(fault)) => Err(fault),
            };
            if let Err(fault) = result {
                return fault;
            }
        }
    }

    fn deadline(&self) -> Instant {
        match self.asked {
            Some(asked) if asked > self.wire.heard => asked + self.shared.limits.patience,
            _ => self.wire.heard + self.shared.limits.idle,
        }
    }

    /// Asks whether anybody is there (RFC 6120 section 4.6.4), or gives up.
    fn silence(&mut self) -> Result<(), Fault> {
        let now = Instant::now();
        if now < self.deadline() {
            return Ok(());
        }
        if self.asked.is_some_and(|asked| asked > self.wire.heard) {
            return Err(StreamCondition::ConnectionTimeout.into());
        }
        self.asked = Some(now);
        self.asked_times = self.asked_times.wrapping_add(1);
        let ping = Element::builder("iq", ns::CLIENT)
            .attr("type", "get")
            .attr("id", format!("{PING}{}", self.asked_times))
            .attr("from", self.shared.context.domain())
            .attr("to", self.origin.jid.to_string())
            .child(Element::new("ping", ns::PING))
            .build();
        self.outbox.offer(&mut Rendering::new(&ping));
        Ok(())
    }

    /// Takes one stanza to where it is handled, and its one reply back.
    async fn take(&mut self, mut stanza: Element) -> Result<(), Fault> {
        let known = ["message", "presence", "iq"].iter().any(|name| stanza.is(name, ns::CLIENT));
        if !known {
            return Err(StreamCondition::UnsupportedStanzaType.into());
        }
        let context = self.shared.context.clone();
        context.aliases().inward(&mut stanza);
        self.stamp(&mut stanza)?;
        let reply = match Stanza::try_from(stanza) {
            Err(rejected) => rejected.reply(),
            Ok(stanza) => {
                let stanza = stanza.into_element();
                if self.is_pong(&stanza) {
                    None
                } else if let Some(reply) = legacy_session(&stanza) {
                    Some(reply)
                } else {
                    Box::pin(delivery::stanza(&context, &self.origin, stanza)).await
                }
            }
        };
        let Some(mut reply) = reply else { return Ok(()) };
        if reply.attr("to").is_none() {
            reply.set_attr("to", self.origin.jid.to_string());
        }
        let answered = timeout(self.shared.limits.patience, self.outbox.answer(&reply)).await;
        answered.map_err(|_| StreamCondition::ResourceConstraint.into())
    }

    /// RFC 6120 section 8.1.2.1: `from` is the session's own address, or the stream ends.
    fn stamp(&self, stanza: &mut Element) -> Result<(), Fault> {
        let own: Jid = self.origin.jid.clone().into();
        if let Some(from) = stanza.attr("from") {
            let from: Jid = from.parse().map_err(|_| StreamCondition::InvalidFrom)?;
            let bare = Jid::from(own.clone().into_bare());
            if from != own && from != bare {
                return Err(StreamCondition::InvalidFrom.into());
            }
        }
        stanza.set_attr("from", own.to_string());
        Ok(())
    }

    fn is_pong(&self, stanza: &Element) -> bool {
        stanza.name() == "iq"
            && matches!(stanza.attr("type"), Some("result" | "error"))
            && stanza.attr("id").is_some_and(|id| id.starts_with(PING))
            && stanza.attr("to").is_none_or(|to| to == self.shared.context.domain())
    }
}

/// RFC 3921 section 3: a formality for old clients, answered without a deed.
fn legacy_session(stanza: &Element) -> Option<Element> {
    let asked = stanza.name() == "iq"
        && stanza.attr("type") == Some("set")
        && stanza.has_child("session", ns::SESSION);
    asked.then(|| {
        Element::builder("iq", ns::CLIENT)
            .attr("type", "result")
            .attr_opt("id", stanza.attr("id"))
            .build()
    })
}

/// Writes the outbox until told to stop; then what is left of it, and the end of the stream.
async fn write_all(
    mut io: impl AsyncWrite + Unpin,
    mut outgoing: Outgoing,
    outbox: Outbox,
    mut stopped: oneshot::Receiver<Option<StreamError>>,
    patience: Duration,
) {
    let mut buffer = Vec::new();
    let error = loop {
        buffer.clear();
        buffer.shrink_to(0);
        tokio::select! {
            biased;
            error = &mut stopped => break error.unwrap_or_default(),
            more = outgoing.batch(BATCH, &mut buffer) => if !more { return },
        }
        match timeout(patience, write(&mut io, &buffer)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => {
                // It does not read. Whatever it is told now, it would not read either.
                outbox.end(StreamCondition::ResourceConstraint);
                return;
            }
        }
    };
    outgoing.rest(&mut buffer);
    buffer.extend_from_slice(&goodbye(error.as_ref()));
    if write(&mut io, &buffer).await.is_ok() {
        // The peer has it all; whether it also sees the end of the connection is its affair.
        drop(io.shutdown().await);
    }
}
