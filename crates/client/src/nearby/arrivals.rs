//! What comes in, by whichever way, as one stream.

use std::sync::Arc;

use televisor_serverless::{Incoming as FromLink, Link, Owner, PeerName};
use televisor_xmpp::{Element, IqType, Kind, Stanza, ns};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, broadcast, mpsc};

use crate::answers::Answers;
use crate::nearby::route::{To, Way};
use crate::session::{Incoming, Session, bare, read_message};

/// Receipts and results that are being sent; peers that do not take theirs get no more.
const REPLIES: usize = 64;

/// Something that came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The sender's name on the link, where it came over it. It proves nothing.
    pub peer: Option<PeerName>,
    /// Who the sender is, where somebody vouches for that: its certificate, or the receiver.
    pub proven: Option<Owner>,
    /// By which way it came.
    pub way: Way,
    /// What it is. Its `from` is the address in `proven`, else the name on the link.
    pub what: Incoming,
}

impl Arrival {
    /// Whom an answer is for.
    #[must_use]
    pub fn sender(&self) -> Option<To> {
        match (&self.proven, &self.peer) {
            (Some(owner), _) => Some(To::Device(owner.jid.clone())),
            (None, Some(peer)) => Some(To::Peer(peer.clone())),
            (None, None) => None,
        }
    }
}

/// Takes what comes over the link, for as long as the link and the listener are there.
pub(super) async fn over_link(
    link: Link,
    mut incoming: mpsc::Receiver<FromLink>,
    answers: Answers,
    arrivals: mpsc::Sender<Arrival>,
) {
    let replies = Arc::new(Semaphore::new(REPLIES));
    while let Some(arrived) = incoming.recv().await {
        let FromLink { from: peer, proven, encrypted, stanza } = arrived;
        let from = proven.as_ref().map_or_else(|| peer.to_string(), |owner| owner.jid.clone());
        let stanza = match Stanza::try_from(stanza) {
            Ok(stanza) => stanza,
            Err(rejected) => {
                reply(&link, &replies, &peer, rejected.reply());
                continue;
            }
        };
        match stanza.kind() {
            Kind::Message(_) => {
                reply(&link, &replies, &peer, receipt(&stanza));
                if let Some(what) = read_message(&stanza, &from) {
                    let way = Way::Link { encrypted };
                    let arrival = Arrival { peer: Some(peer), proven, way, what };
                    if arrivals.send(arrival).await.is_err() {
                        return;
                    }
                }
            }
            Kind::Iq(IqType::Get | IqType::Set) => {
                let answer = answers.reply(&from, proven.is_some(), &stanza);
                reply(&link, &replies, &peer, answer.map(Stanza::into_element));
            }
            // Presence is in the records of the link; answers went to who asked.
            Kind::Iq(IqType::Result | IqType::Error) | Kind::Presence(_) => {}
        }
    }
}

/// Sends without keeping others waiting.
fn reply(link: &Link, replies: &Arc<Semaphore>, to: &PeerName, reply: Option<Element>) {
    let Some(reply) = reply else { return };
    let Ok(place) = Arc::clone(replies).try_acquire_owned() else { return };
    let (link, to) = (link.clone(), to.clone());
    tokio::spawn(async move {
        if let Err(error) = link.send(&to, reply).await {
            tracing::debug!(peer = %to, %error, "a reply was not delivered");
        }
        drop(place);
    });
}

/// The receipt that a message asks for (XEP-0184 section 5.3).
fn receipt(message: &Stanza) -> Option<Element> {
    message.child("request", ns::RECEIPTS).filter(|_| !message.is_error())?;
    let received = Element::builder("received", ns::RECEIPTS).attr("id", message.id()?).build();
    let id = uuid::Uuid::new_v4().to_string();
    Some(Element::builder("message", ns::CLIENT).attr("id", id).child(received).build())
}

/// Takes what comes through the receiver, for as long as the session and the listener are there.
pub(super) async fn through_receiver(session: Session, arrivals: mpsc::Sender<Arrival>) {
    let mut incoming: broadcast::Receiver<Incoming> = session.incoming();
    loop {
        let what = tokio::select! {
            what = incoming.recv() => what,
            () = arrivals.closed() => return,
        };
        let what = match what {
            Ok(what) => what,
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "more came through the receiver than was taken");
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        let proven = owner(&session, &what);
        let arrival = Arrival { peer: None, proven, way: Way::Receiver, what };
        if arrivals.send(arrival).await.is_err() {
            return;
        }
    }
}

/// Who sent it, if they are of the receiver's household.
fn owner(session: &Session, what: &Incoming) -> Option<Owner> {
    let (Incoming::Message(crate::session::Message { from, .. })
    | Incoming::Typing { from }
    | Incoming::Received { from, .. }
    | Incoming::Data { from, .. }
    | Incoming::Presence { from, .. }) = what
    else {
        return None;
    };
    let jid = bare(from);
    let domain = |jid: &str| jid.split_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    if domain(jid)? != domain(session.receiver())? {
        return None;
    }
    let name = session.roster().borrow().item(jid).and_then(|item| item.name.clone());
    Some(Owner { jid: jid.to_owned(), name: name.unwrap_or_default() })
}
