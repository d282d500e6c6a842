//! What a test tells the device to do.

use std::time::Duration;

use serde_json::{Value, json};
use televisor_client::{
    Availability, Delivery, Error, HouseholdPins, Nearby, PeerName, Presence, ProfileStore, To,
};
use televisor_xmpp::{Element, IqType};

use crate::poured::{NS, piece};
use crate::{arriving, micros, tell};

/// Between two messages that are timed: each finds the stream at rest.
const BETWEEN: Duration = Duration::from_millis(5);

/// The device.
pub(crate) struct Device {
    /// Nothing after it has been closed.
    pub(crate) nearby: Option<Nearby>,
    /// What it tells of itself.
    pub(crate) presence: Presence,
    /// Its addresses in its households.
    pub(crate) jid: Option<String>,
    /// Its pairings.
    pub(crate) store: Option<ProfileStore>,
}

impl Device {
    /// Tells the name it has, once it has one.
    pub(crate) async fn tell_where(&self) {
        let nearby = self.nearby.as_ref().expect("a link");
        let name = nearby.announced(Duration::from_secs(20)).await;
        let name = name.map(|name| name.as_str().to_owned());
        tell("here", json!({"name": name, "jid": self.jid}));
    }

    /// Does one thing.
    pub(crate) async fn obey(&mut self, words: &Value) {
        let Some(nearby) = self.nearby.clone() else {
            return tell("failed", json!({"why": "closed"}));
        };
        let text = |key: &str| words[key].as_str().unwrap_or_default();
        let number = |key: &str| words[key].as_u64().expect("a number");
        let to = to(words);
        match text("do") {
            "here" => self.tell_where().await,
            "peers" => {
                let list: Vec<Value> = nearby.peers().iter().map(arriving::shown).collect();
                tell("peers", json!({"list": list}));
            }
            "presence" => {
                self.presence.status = match text("status") {
                    "away" => Availability::Away,
                    "dnd" => Availability::DoNotDisturb,
                    _ => Availability::Available,
                };
                self.presence.msg = words["msg"].as_str().map(str::to_owned);
                nearby.set_presence(self.presence.clone()).await;
            }
            "say" => tell_sent(nearby.say(&to, text("body")).await.map(|(_, sent)| sent)),
            "ask" => ask(&nearby, &to, text("text")).await,
            "pour" => tell_sent(pour(&nearby, &to, number("count"), number("size")).await),
            "time" => {
                for _ in 0..number("count") {
                    let stamp = Element::builder("stamp", NS).text(micros().to_string());
                    if let Err(error) = nearby.send_data(&to, stamp.build()).await {
                        tell("failed", json!({"why": error.to_string()}));
                    }
                    tokio::time::sleep(BETWEEN).await;
                }
            }
            "prove" => match nearby.prove(&PeerName::new(text("to"))).await {
                Ok(owner) => tell("proof", json!({"jid": owner.map(|owner| owner.jid)})),
                Err(error) => tell("failed", json!({"why": error.to_string()})),
            },
            "household" => {
                let pins = self.store.clone().map(HouseholdPins::new);
                let known = pins.and_then(|pins| pins.known_as(text("device")));
                tell("household", json!({"known": known.is_some()}));
            }
            "close" => {
                self.nearby = None;
                nearby.close().await;
                tell("closed", json!({}));
            }
            other => tell("failed", json!({"why": format!("cannot {other}")})),
        }
    }
}

fn to(words: &Value) -> To {
    match words["device"].as_str() {
        Some(jid) => To::Device(jid.to_owned()),
        None => To::Peer(PeerName::new(words["to"].as_str().unwrap_or_default())),
    }
}

async fn pour(nearby: &Nearby, to: &To, count: u64, size: u64) -> Result<Delivery, Error> {
    let size = usize::try_from(size).expect("a size");
    let mut sent = nearby.send_data(to, piece(0, count, size)).await?;
    for number in 1..count {
        sent = nearby.send_data(to, piece(number, count, size)).await?;
    }
    Ok(sent)
}

async fn ask(nearby: &Nearby, to: &To, text: &str) {
    let question = Element::builder("question", NS).text(text).build();
    match nearby.request(to, IqType::Get, question).await {
        Ok(answer) => tell("answered", json!({"text": answer.map(|answer| answer.text())})),
        Err(error) => tell("failed", json!({"why": error.to_string()})),
    }
}

fn tell_sent(sent: Result<Delivery, Error>) {
    match sent {
        Ok(sent) => tell("sent", arriving::how(sent.way, sent.proven)),
        Err(error) => tell("failed", json!({"why": error.to_string()})),
    }
}
