//! What comes by itself: others' presence, and their stanzas.

use std::collections::HashMap;

use serde_json::{Value, json};
use televisor_serverless::{Availability, Change, Incoming, Link, Peer, PeerName};
use televisor_xmpp::Element;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::poured::{NS, Pieces};
use crate::tell;

const CLIENT: &str = "jabber:client";

/// Tells who comes, changes and goes.
pub(crate) async fn follow(link: Link) {
    let mut changes = link.changes();
    for peer in link.peers() {
        tell("appeared", shown(&peer));
    }
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

/// Tells the stanzas that come, and answers questions.
pub(crate) async fn take(link: Link, mut incoming: mpsc::Receiver<Incoming>) {
    let mut pouring: HashMap<PeerName, Pieces> = HashMap::new();
    while let Some(arrived) = incoming.recv().await {
        let stanza = &arrived.stanza;
        let mut facts = json!({
            "from": arrived.from.as_str(),
            "proven": arrived.proven.as_ref().map(|owner| owner.jid.clone()),
            "encrypted": arrived.encrypted,
        });
        if let Some(data) = stanza.child("data", NS) {
            let pieces = pouring.entry(arrived.from.clone()).or_default();
            if let Some((count, bytes, whole)) = pieces.take(data) {
                facts["count"] = json!(count);
                facts["bytes"] = json!(bytes);
                facts["whole"] = json!(whole);
                tell("poured", facts);
            }
        } else if let Some(question) = stanza.child("question", NS) {
            answer(&link, &arrived, &question.text()).await;
        } else {
            facts["body"] = json!(stanza.child("body", CLIENT).map(Element::text));
            facts["type"] = json!(stanza.attr("type"));
            facts["xml"] = json!(stanza.to_xml());
            tell("message", facts);
        }
    }
}

/// Answers a question with itself, and with what it is proven to come from.
async fn answer(link: &Link, asked: &Incoming, question: &str) {
    let proven = asked.proven.as_ref().map(|owner| owner.jid.clone());
    let said = Element::builder("answer", NS).text(format!("{question}! {proven:?}"));
    let result = Element::builder("iq", CLIENT)
        .attr("type", "result")
        .attr("id", asked.stanza.attr("id").unwrap_or_default())
        .child(said.build());
    if let Err(error) = link.send(&asked.from, result.build()).await {
        tell("failed", json!({"why": error.to_string()}));
    }
}
