//! What a test tells the device to do.

use std::time::Duration;

use serde_json::{Value, json};
use televisor_serverless::{Availability, Error, Link, PeerName, Presence, Sent};
use televisor_xmpp::Element;

use crate::poured::{NS, piece};
use crate::{arriving, tell};

const CLIENT: &str = "jabber:client";

/// The device.
pub(crate) struct Device {
    /// Nothing after it has been closed.
    pub(crate) link: Option<Link>,
    /// What it tells of itself.
    pub(crate) presence: Presence,
}

impl Device {
    /// Tells the name it has, once it has one.
    pub(crate) async fn tell_where(&self) {
        let link = self.link.as_ref().expect("a link");
        link.announced(Duration::from_secs(20)).await;
        let name = link.me().map(|name| name.as_str().to_owned());
        tell("here", json!({"name": name, "port": link.port()}));
    }

    /// Does one thing.
    pub(crate) async fn obey(&mut self, words: &Value) {
        let text = |key: &str| words[key].as_str().unwrap_or_default();
        if text("do") == "close" {
            if let Some(link) = self.link.take() {
                link.close().await;
            }
            return tell("closed", json!({}));
        }
        let Some(link) = &self.link else { return tell("failed", json!({"why": "closed"})) };
        let to = PeerName::new(text("to"));
        match text("do") {
            "here" => self.tell_where().await,
            "peers" => {
                let list: Vec<Value> = link.peers().iter().map(arriving::shown).collect();
                tell("peers", json!({"list": list}));
            }
            "presence" => {
                self.presence.status = match text("status") {
                    "away" => Availability::Away,
                    "dnd" => Availability::DoNotDisturb,
                    _ => Availability::Available,
                };
                self.presence.msg = words["msg"].as_str().map(str::to_owned);
                link.set_presence(self.presence.clone()).await;
            }
            "say" => tell_sent(say(link, &to, text("body")).await),
            "ask" => ask(link, &to, text("text")).await,
            "pour" => {
                let number = |key: &str| words[key].as_u64().expect("a number");
                tell_sent(pour(link, &to, number("count"), number("size")).await);
            }
            "prove" => match link.prove(&to).await {
                Ok(owner) => tell("proof", json!({"jid": owner.map(|owner| owner.jid)})),
                Err(error) => tell("failed", json!({"why": error.to_string()})),
            },
            other => tell("failed", json!({"why": format!("cannot {other}")})),
        }
    }
}

async fn say(link: &Link, to: &PeerName, body: &str) -> Result<Sent, Error> {
    let body = Element::builder("body", CLIENT).text(body).build();
    let message = Element::builder("message", CLIENT).attr("type", "chat").child(body);
    link.send(to, message.build()).await
}

async fn pour(link: &Link, to: &PeerName, count: u64, size: u64) -> Result<Sent, Error> {
    let size = usize::try_from(size).expect("a size");
    let mut sent = Sent { proven: None, encrypted: false };
    for number in 0..count {
        sent = link.send(to, piece(number, count, size)).await?;
    }
    Ok(sent)
}

async fn ask(link: &Link, to: &PeerName, text: &str) {
    let question = Element::builder("question", NS).text(text).build();
    let iq = Element::builder("iq", CLIENT).attr("type", "get").child(question);
    match link.request(to, iq.build()).await {
        Ok(answer) => {
            let said = answer.child("answer", NS).map(Element::text);
            tell("answered", json!({"text": said}));
        }
        Err(error) => tell("failed", json!({"why": error.to_string()})),
    }
}

fn tell_sent(sent: Result<Sent, Error>) {
    match sent {
        Ok(sent) => {
            let proven = sent.proven.map(|owner| owner.jid);
            tell("sent", json!({"proven": proven, "encrypted": sent.encrypted}));
        }
        Err(error) => tell("failed", json!({"why": error.to_string()})),
    }
}
