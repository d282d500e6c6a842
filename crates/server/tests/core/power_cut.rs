//! The power goes at any moment, under load: what was acknowledged is there, once, and the database
//! opens. A server in a process of its own is killed, again and again, while a client that counts
//! (XEP-0198) sends to it, comes back, and sends again what was not acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::StreamEvent;
use tokio::time::{Instant, timeout_at};

use crate::client::Client;
use crate::household::DOMAIN;
use crate::process::Running;

/// Times the power goes; more of them with the variable of the same name.
const CUTS: u32 = 40;

/// A client that counts.
#[derive(Default)]
struct Sender {
    id: Option<String>,
    /// Stanzas sent in this session that were acknowledged, and those that were not, by number.
    acknowledged: u32,
    waiting: VecDeque<u32>,
    next: u32,
    /// Numbers that the server has acknowledged, ever.
    safe: Vec<u32>,
}

impl Sender {
    fn acknowledge(&mut self, h: u32) {
        while self.acknowledged < h {
            self.acknowledged += 1;
            self.safe
                .push(self.waiting.pop_front().expect("no more is acknowledged than was sent"));
        }
    }

    /// Logs in, asks for the session it had, and begins another; sends again what did not arrive.
    async fn come_back(&mut self, server: &Running) -> Client {
        let mut client = server.connect("ann").await;
        if let Some(id) = self.id.take() {
            client.send(&format!("<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='0'/>")).await;
            let failed = client.element().await;
            assert!(failed.is("failed", ns::STREAM_MANAGEMENT), "{failed:?}");
            // Without a message on disk there is nothing to tell of it.
            let handled = failed.attr("h").map_or(0, |h| h.parse().unwrap());
            self.acknowledge(handled);
        }
        client.bind("sofa").await;
        client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
        let enabled = client.element().await;
        self.id = Some(enabled.attr("id").unwrap().to_owned());
        self.acknowledged = 0;
        for number in self.waiting.clone() {
            client.send(&message(number)).await;
        }
        client
    }

    /// Sends until the power goes.
    async fn send_until(&mut self, client: &mut Client, end: Instant) {
        while Instant::now() < end {
            for _ in 0..5 {
                client.send_what_goes(&message(self.next)).await;
                self.waiting.push_back(self.next);
                self.next += 1;
            }
            client.send_what_goes("<r xmlns='urn:xmpp:sm:3'/>").await;
            let Ok(event) = timeout_at(end, client.event()).await else { return };
            if let Some(StreamEvent::Stanza(stanza)) = event
                && stanza.is("a", ns::STREAM_MANAGEMENT)
            {
                self.acknowledge(stanza.attr("h").unwrap().parse().unwrap());
            }
        }
    }
}

/// Has Bob listen, so that nothing waits for him.
async fn with_bob(server: &Running) {
    let mut bob = server.connect("bob").await;
    bob.bind("hall").await;
    bob.send("<presence/>").await;
    while bob.element().await.name() != "presence" {}
    tokio::spawn(async move { while bob.event().await.is_some() {} });
}

fn message(number: u32) -> String {
    format!("<message type='chat' to='bob@{DOMAIN}' id='m{number}'><body>{number}</body></message>")
}

/// Returns how often each number is in Bob's archive.
async fn archived(server: &Running) -> BTreeMap<u32, u32> {
    let mut bob = server.connect("bob").await;
    bob.bind("study").await;
    let (mut counts, mut after) = (BTreeMap::new(), String::new());
    loop {
        bob.send(&format!(
            "<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'>\
             <set xmlns='http://jabber.org/protocol/rsm'><max>100</max>{after}</set></query></iq>"
        ))
        .await;
        let fin = loop {
            let stanza = bob.element().await;
            if stanza.name() == "iq" {
                break stanza;
            }
            let number = body_within(&stanza).unwrap().parse().unwrap();
            *counts.entry(number).or_insert(0) += 1;
        };
        let fin = fin.child("fin", ns::MAM).unwrap();
        if fin.attr("complete") == Some("true") {
            return counts;
        }
        let set = fin.children().next().unwrap();
        let last = set.children().find(|child| child.name() == "last").unwrap().text();
        after = format!("<after>{last}</after>");
    }
}

fn body_within(element: &Element) -> Option<String> {
    if element.name() == "body" {
        return Some(element.text());
    }
    element.children().find_map(body_within)
}

#[tokio::test]
async fn what_was_acknowledged_is_there_once_however_often_the_power_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut sender = Sender::default();
    let cuts = std::env::var("CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(CUTS);
    for _ in 0..cuts {
        let server = Running::start(folder.path());
        with_bob(&server).await;
        let mut client = sender.come_back(&server).await;
        let mut byte = [0; 1];
        getrandom::fill(&mut byte).unwrap();
        let end = Instant::now() + Duration::from_millis(u64::from(byte[0]) / 2);
        sender.send_until(&mut client, end).await;
        server.kill();
    }
    let server = Running::start(folder.path());
    with_bob(&server).await;
    let _client = sender.come_back(&server).await;
    let counts = archived(&server).await;
    server.kill();
    for number in &sender.safe {
        assert_eq!(counts.get(number), Some(&1), "{number} of {} was acknowledged", sender.next);
    }
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "twice: {twice:?}");
    assert!(!sender.safe.is_empty());
}
