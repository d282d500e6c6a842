//! What comes by itself: others' presence, and what they say.

use std::collections::HashMap;

use serde_json::{Value, json};
use televisor_client::{
    Arrival, Asked, Availability, Change, Incoming, Nearby, Owner, Peer, Responder, Way,
};
use televisor_xmpp::{Element, StanzaError};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::poured::{NS, Pieces};
use crate::tell;

/// Tells who comes, changes and goes.
pub(crate) async fn follow(nearby: Nearby) {
    let mut changes = nearby.changes();
    for peer in nearby.peers() {
        tell("appeared", shown(&peer));
    }
    // Nobody keeps the link for this.
    drop(nearby);
    loop {
        match changes.recv().await {
            Ok(Change::Appeared(peer)) => tell("appeared", shown(&peer)),
            Ok(Change::Changed(peer)) => tell("changed", shown(&peer)),
            Ok(Change::Gone(name)) => tell("gone", json!({"name": name.as_str()})),
            Err(RecvError::Lagged(missed)) => tell("missed", json!({"count": missed})),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Returns what is known of a peer.
pub(crate) fn shown(peer: &Peer) -> Value {
    let status = match peer.presence.status {
        Availability::Available => "avail",
        Availability::Away => "away",
        Availability::DoNotDisturb => "dnd",
    };
    json!({
        "name": peer.name.as_str(),
        "nick": peer.presence.nick,
        "status": status,
        "msg": peer.presence.msg,
        "jid": peer.presence.jid,
        "addresses": peer.addresses,
    })
}

/// Tells what others say.
pub(crate) async fn take(mut arrivals: mpsc::Receiver<Arrival>) {
    let mut pouring: HashMap<String, Pieces> = HashMap::new();
    while let Some(Arrival { peer, proven, way, what }) = arrivals.recv().await {
        let name = peer.as_ref().map(|peer| peer.as_str().to_owned());
        let mut facts = how(way, proven);
        facts["from"] = json!(name);
        match what {
            Incoming::Message(message) => {
                facts["body"] = json!(message.body);
                tell("message", facts);
            }
            Incoming::Received { id, .. } => {
                facts["id"] = json!(id);
                tell("received", facts);
            }
            Incoming::Undelivered { error, .. } => {
                facts["why"] = json!(error.to_string());
                tell("undelivered", facts);
            }
            Incoming::Data { from, message } => {
                if let Some(stamp) = message.child("stamp", NS) {
                    facts["sent"] = json!(stamp.text().parse::<i64>().ok());
                    tell("timed", facts);
                    continue;
                }
                let Some(data) = message.child("data", NS) else { continue };
                let pieces = pouring.entry(from).or_default();
                if let Some((count, bytes, whole)) = pieces.take(data) {
                    facts["count"] = json!(count);
                    facts["bytes"] = json!(bytes);
                    facts["whole"] = json!(whole);
                    tell("poured", facts);
                }
            }
            Incoming::Typing { .. } | Incoming::Presence { .. } => {}
        }
    }
}

/// Returns by which way something went, and who vouches for the other side.
pub(crate) fn how(way: Way, proven: Option<Owner>) -> Value {
    let (way, encrypted) = match way {
        Way::Receiver => ("receiver", true),
        Way::Link { encrypted } => ("link", encrypted),
    };
    json!({"way": way, "encrypted": encrypted, "proven": proven.map(|owner| owner.jid)})
}

/// Answers a question with itself, and with who is proven to have asked it.
pub(crate) struct Echo;

impl Responder for Echo {
    fn namespace(&self) -> &str {
        NS
    }

    fn answer(&self, asked: Asked<'_>) -> Result<Option<Element>, StanzaError> {
        let who = if asked.is_proven { asked.from } else { "somebody" };
        let said = format!("{}: {who} asks", asked.payload.text());
        Ok(Some(Element::builder("answer", NS).text(said).build()))
    }
}
