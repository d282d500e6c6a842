//! XEP-0160: what waits for somebody who is not there is bounded. What is archived is not refused for
//! that, since whoever reads the archive gets it; what would be lost is.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::client::Client;
use crate::household::{ANN, BOB, DOMAIN, Household};

/// Bytes of a message of which four may wait for one account, and no fifth.
const LONG: usize = 230 * 1024;

/// Has Ann write to Bob, who is not there; returns the refusal, if she gets one.
async fn write(ann: &mut Client, id: &str, hint: &str) -> Option<Element> {
    let body = "x".repeat(LONG);
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
        assert_eq!(write(&mut ann, id, "").await, None);
    }
    ann
}

#[tokio::test]
async fn what_is_archived_is_taken_though_no_more_may_wait() {
    let house = Household::new().await;
    let mut ann = full(&house).await;
    assert_eq!(write(&mut ann, "m5", "").await, None);
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
    let refusal = write(&mut ann, "m5", hint).await.expect("it would be lost");
    let error = refusal.child("error", ns::CLIENT).unwrap();
    assert!(error.has_child("service-unavailable", ns::STANZA_ERRORS), "{refusal:?}");
}
