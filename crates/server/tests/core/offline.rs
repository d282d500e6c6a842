//! XEP-0160: what waits for somebody who is not there is bounded. What is archived is not refused for
//! that, since whoever reads the archive gets it; what would be lost is.

use std::time::Duration;

use televisor_server::Limits;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use tokio::time::timeout;

use crate::client::Client;
use crate::household::{ANN, BOB, DOMAIN, Household};

/// Bytes of a message of which four may wait for one account, and no fifth.
const LONG: usize = 230 * 1024;

/// Has Ann write to Bob, who is not there; returns the refusal, if she gets one.
async fn write(ann: &mut Client, id: &str, bytes: usize, hint: &str) -> Option<Element> {
    let body = "x".repeat(bytes);
    let to = format!("{BOB}@{DOMAIN}");
    let content = format!("<body>{body}</body>{hint}");
    ann.send(&format!("<message to='{to}' type='chat' id='{id}'>{content}</message>")).await;
    ann.send("<iq type='get' id='next'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    let mut refusal = None;
    loop {
        let stanza = ann.element().await;
        match stanza.attr("id") {
            Some("next") => return refusal,
            Some(other) if other == id => refusal = Some(stanza),
            _ => {}
        }
    }
}

async fn full(house: &Household) -> Client {
    let mut ann = house.login(ANN, "sofa").await;
    for id in ["m1", "m2", "m3", "m4"] {
        assert_eq!(write(&mut ann, id, LONG, "").await, None);
    }
    ann
}

#[tokio::test]
async fn what_is_archived_is_taken_though_no_more_may_wait() {
    let house = Household::new().await;
    let mut ann = full(&house).await;
    assert_eq!(write(&mut ann, "m5", LONG, "").await, None);
    let mut bob = house.login(BOB, "hall").await;
    let page = "<set xmlns='http://jabber.org/protocol/rsm'><max>0</max></set>";
    bob.send(&format!("<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'>{page}</query></iq>"))
        .await;
    let fin = bob.element().await;
    let set = fin.child("fin", ns::MAM).and_then(|fin| fin.child("set", ns::RSM));
    let count = set.and_then(|set| set.child("count", ns::RSM)).map(Element::text);
    assert_eq!(count.as_deref(), Some("5"), "{fin:?}");
}

#[tokio::test]
async fn what_is_not_archived_is_refused_when_no_more_may_wait() {
    let house = Household::new().await;
    let mut ann = full(&house).await;
    let hint = "<no-permanent-store xmlns='urn:xmpp:hints'/>";
    let refusal = write(&mut ann, "m5", LONG, hint).await.expect("it would be lost");
    let error = refusal.child("error", ns::CLIENT).unwrap();
    assert!(error.has_child("service-unavailable", ns::STANZA_ERRORS), "{refusal:?}");
}

/// Has Ann write a good deal to Bob, who then asks his archive for it; returns the ids.
async fn asked_for_much(house: &Household) -> (Client, Vec<String>) {
    let mut ann = house.login(ANN, "sofa").await;
    let sent: Vec<_> = (0..16).map(|number| format!("m{number}")).collect();
    for id in &sent {
        assert_eq!(write(&mut ann, id, LONG / 4, "").await, None);
    }
    let mut bob = house.login(BOB, "hall").await;
    bob.send("<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>").await;
    (bob, sent)
}

#[tokio::test]
async fn a_long_page_of_an_archive_comes_as_fast_as_its_client_reads() {
    let house = Household::new().await;
    let (mut bob, sent) = asked_for_much(&house).await;
    let mut read = Vec::new();
    let page = async {
        while let Some(id) = archived(&bob.element().await) {
            read.push(id);
        }
    };
    timeout(Duration::from_secs(20), page).await.expect("it goes on");
    assert_eq!(read, sent);
}

#[tokio::test]
async fn what_a_client_did_not_read_of_an_archive_waits_for_it() {
    // It is given up on later than its answer is.
    let limits = Limits { patience: Duration::from_secs(300), ..Limits::default() };
    let house = Household::with(limits).await;
    let (mut bob, sent) = asked_for_much(&house).await;
    let mut read = vec![archived(&bob.element().await).unwrap()];
    tokio::time::pause();
    // Longer than the server waits for somebody who does not read on.
    tokio::time::sleep(Duration::from_secs(40)).await;
    tokio::time::resume();
    while let Some(id) = archived(&bob.element().await) {
        read.push(id);
    }
    assert!(read.len() < sent.len(), "{read:?}");
    bob.send("<presence/>").await;
    while read.len() < sent.len() {
        let next = timeout(Duration::from_secs(10), bob.element()).await.expect("the rest");
        read.extend(next.child("body", ns::CLIENT).and_then(|_| id(&next)));
    }
    assert_eq!(read, sent);
}

/// The id of the message in a result; `None` if it is none any more.
fn archived(stanza: &Element) -> Option<String> {
    let forwarded = stanza.child("result", ns::MAM)?.child("forwarded", ns::FORWARD)?;
    id(forwarded.child("message", ns::CLIENT)?)
}

fn id(message: &Element) -> Option<String> {
    message.attr("id").map(str::to_owned)
}
