//! XEP-0198: Stream Management between a client and the server; a session is gone on with.

use std::time::Duration;

use televisor_server::Limits;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::parser::StreamEvent;
use televisor_xmpp::stream::StreamCondition;

use crate::client::Client;
use crate::household::{ANN, BOB, DOMAIN, Household, LOOPBACK, PASSCODE};

/// Logs in and has the session kept when the connection breaks; returns the id of it.
async fn managed(house: &Household, user: &str, resource: &str) -> (Client, String) {
    let mut client = house.login(user, resource).await;
    client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
    let enabled = client.element().await;
    assert!(enabled.is("enabled", ns::STREAM_MANAGEMENT), "{enabled:?}");
    assert_eq!(enabled.attr("resume"), Some("true"));
    let id = enabled.attr("id").unwrap().to_owned();
    (client, id)
}

/// Logs in up to the features on which a resource is bound.
async fn authenticated(house: &Household, user: &str) -> Client {
    let mut client = house.connect(LOOPBACK);
    client.login(DOMAIN, "SCRAM-SHA-256", user, PASSCODE).await;
    client
}

async fn resume(client: &mut Client, id: &str, h: u32) -> Element {
    client.send(&format!("<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='{h}'/>")).await;
    client.element().await
}

fn message(to: &str, body: &str) -> String {
    format!("<message type='chat' to='{to}'><body>{body}</body></message>")
}

async fn body(client: &mut Client) -> String {
    let stanza = client.element().await;
    stanza.child("body", ns::CLIENT).map(Element::text).unwrap_or_else(|| stanza.to_xml())
}

/// Makes the next answer of the server the sign that all before was seen to.
async fn settle(client: &mut Client) {
    client.send("<iq type='get' id='settle'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    while client.element().await.attr("id") != Some("settle") {}
}

#[tokio::test]
async fn what_a_client_did_not_get_comes_when_it_is_back_and_its_session_is_as_it_was() {
    let house = Household::new().await;
    let (mut ann, id) = managed(&house, ANN, "sofa").await;
    ann.send("<presence/>").await;
    settle(&mut ann).await;
    drop(ann);
    let mut bob = house.login(BOB, "hall").await;
    let to = format!("{ANN}@{DOMAIN}");
    bob.send(&message(&to, "first")).await;
    bob.send(&message(&to, "second")).await;
    settle(&mut bob).await;
    let mut ann = authenticated(&house, ANN).await;
    // Whatever of presence came before is acknowledged with nothing: it is sent again first.
    let resumed = resume(&mut ann, &id, 0).await;
    assert!(resumed.is("resumed", ns::STREAM_MANAGEMENT), "{resumed:?}");
    assert_eq!(resumed.attr("previd"), Some(id.as_str()));
    assert_eq!(resumed.attr("h"), Some("2"), "the presence and the ping");
    let mut bodies = Vec::new();
    while bodies.len() < 2 {
        let stanza = ann.element().await;
        bodies.extend(stanza.child("body", ns::CLIENT).map(Element::text));
    }
    assert_eq!(bodies, ["first", "second"]);
    assert!(house.server.connected(ANN));
}

#[tokio::test]
async fn a_client_may_come_back_before_its_old_connection_is_missed() {
    let house = Household::new().await;
    let (mut old, id) = managed(&house, ANN, "sofa").await;
    let mut ann = authenticated(&house, ANN).await;
    assert!(resume(&mut ann, &id, 0).await.is("resumed", ns::STREAM_MANAGEMENT));
    settle(&mut ann).await;
    assert_eq!(house.server.sessions(), 1);
    assert_eq!(old.end().await, Some(StreamCondition::Conflict));
}

#[tokio::test]
async fn nobody_goes_on_with_the_session_of_another() {
    let house = Household::new().await;
    let (_ann, id) = managed(&house, ANN, "sofa").await;
    let mut bob = authenticated(&house, BOB).await;
    let failed = resume(&mut bob, &id, 0).await;
    assert!(failed.is("failed", ns::STREAM_MANAGEMENT), "{failed:?}");
    assert!(failed.has_child("item-not-found", ns::STANZA_ERRORS));
    assert_eq!(failed.attr("h"), None);
    bob.bind("hall").await;
}

#[tokio::test]
async fn a_session_that_has_ended_still_says_what_it_had_handled() {
    let house = Household::new().await;
    let (mut ann, id) = managed(&house, ANN, "sofa").await;
    settle(&mut ann).await;
    ann.send("</stream:stream>").await;
    assert_eq!(ann.end().await, None);
    let mut ann = authenticated(&house, ANN).await;
    let failed = resume(&mut ann, &id, 0).await;
    assert!(failed.has_child("item-not-found", ns::STANZA_ERRORS));
    assert_eq!(failed.attr("h"), Some("1"));
    ann.bind("sofa").await;
}

#[tokio::test]
async fn acknowledging_more_than_was_sent_ends_the_stream() {
    let house = Household::new().await;
    let (mut ann, _) = managed(&house, ANN, "sofa").await;
    ann.send("<a xmlns='urn:xmpp:sm:3' h='10'/>").await;
    let error = ann.element().await;
    let counts = error.child("handled-count-too-high", ns::STREAM_MANAGEMENT).unwrap();
    assert_eq!((counts.attr("h"), counts.attr("send-count")), (Some("10"), Some("0")));
    assert!(error.has_child("undefined-condition", ns::STREAM_ERRORS));
}

#[tokio::test]
async fn what_was_never_acknowledged_is_kept_for_later_when_the_session_ends() {
    let house = Household::new().await;
    let (mut ann, _) = managed(&house, ANN, "sofa").await;
    ann.send("<presence/>").await;
    settle(&mut ann).await;
    let mut bob = house.login(BOB, "hall").await;
    bob.send(&message(&format!("{ANN}@{DOMAIN}"), "unread")).await;
    settle(&mut bob).await;
    ann.send("</stream:stream>").await;
    assert_eq!(ann.end().await, None);
    let mut ann = house.login(ANN, "sofa").await;
    ann.send("<presence/>").await;
    loop {
        let stanza = ann.element().await;
        if stanza.has_child("body", ns::CLIENT) {
            assert!(stanza.has_child("delay", ns::DELAY), "{stanza:?}");
            break;
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_does_not_come_again() {
    let house = Household::new().await;
    let (mut ann, id) = managed(&house, ANN, "sofa").await;
    let mut bob = house.login(BOB, "hall").await;
    let to = format!("{ANN}@{DOMAIN}/sofa");
    bob.send(&message(&to, "first")).await;
    assert_eq!(body(&mut ann).await, "first");
    assert!(ann.element().await.is("r", ns::STREAM_MANAGEMENT));
    ann.send("<a xmlns='urn:xmpp:sm:3' h='1'/>").await;
    settle(&mut ann).await;
    drop(ann);
    bob.send(&message(&to, "second")).await;
    settle(&mut bob).await;
    let mut ann = authenticated(&house, ANN).await;
    // The answer that settled things is the second stanza.
    assert!(resume(&mut ann, &id, 2).await.is("resumed", ns::STREAM_MANAGEMENT));
    assert_eq!(body(&mut ann).await, "second");
}

#[tokio::test]
async fn a_resource_that_is_bound_again_takes_the_place_of_the_one_that_waits() {
    let house = Household::new().await;
    let (ann, id) = managed(&house, ANN, "sofa").await;
    drop(ann);
    let _new = house.login(ANN, "sofa").await;
    assert_eq!(house.server.sessions(), 1);
    let mut late = authenticated(&house, ANN).await;
    assert!(resume(&mut late, &id, 0).await.is("failed", ns::STREAM_MANAGEMENT));
}

#[tokio::test]
async fn a_forgotten_account_finds_no_session_to_come_back_to() {
    let house = Household::new().await;
    let (ann, _) = managed(&house, ANN, "sofa").await;
    drop(ann);
    house.people.forget(ANN);
    house.server.accounts_changed();
    let server = house.server.clone();
    while server.sessions() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn shutting_down_ends_managed_sessions_too() {
    let house = Household::new().await;
    let (mut ann, _) = managed(&house, ANN, "sofa").await;
    let server = house.server.clone();
    let down = tokio::spawn(async move { server.shutdown().await });
    assert_eq!(ann.end().await, Some(StreamCondition::SystemShutdown));
    drop(ann);
    down.await.unwrap();
}

#[tokio::test]
async fn a_client_that_nobody_looks_at_gets_the_last_presence_with_what_matters() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send("<presence/>").await;
    let mut bob = house.login(BOB, "hall").await;
    bob.send("<presence/>").await;
    settle(&mut bob).await;
    ann.send("<inactive xmlns='urn:xmpp:csi:0'/>").await;
    settle(&mut ann).await;
    for status in ["1", "2", "3"] {
        bob.send(&format!("<presence><status>{status}</status></presence>")).await;
    }
    bob.send(&message(&format!("{ANN}@{DOMAIN}"), "hello")).await;
    settle(&mut bob).await;
    let presence = ann.element().await;
    assert_eq!(presence.child("status", ns::CLIENT).map(Element::text).as_deref(), Some("3"));
    assert_eq!(body(&mut ann).await, "hello");
}

#[tokio::test]
async fn what_a_lost_session_had_not_received_comes_to_whoever_came_after_it_and_had_none_of_it() {
    let limits = Limits { resumption: Duration::from_millis(300), ..Limits::default() };
    let house = Household::with(limits).await;
    let (mut phone, _) = managed(&house, ANN, "phone").await;
    phone.send("<presence/>").await;
    settle(&mut phone).await;
    let mut bob = house.login(BOB, "hall").await;
    drop(phone);
    bob.send(&message(&format!("{ANN}@{DOMAIN}"), "hello?")).await;
    settle(&mut bob).await;
    let mut laptop = house.login(ANN, "laptop").await;
    laptop.send("<presence/>").await;
    let text = loop {
        let stanza = laptop.element().await;
        if stanza.name() == "message" {
            break stanza;
        }
    };
    assert_eq!(text.child("body", ns::CLIENT).map(Element::text).as_deref(), Some("hello?"));
    assert!(text.has_child("delay", ns::DELAY), "{text:?}");
}

#[tokio::test]
async fn a_client_that_stopped_reading_in_the_middle_of_an_answer_comes_back_and_gets_the_rest() {
    let house = Household::new().await;
    let mut bob = house.login(BOB, "hall").await;
    for _ in 0..50 {
        bob.send(&message(&format!("{ANN}@{DOMAIN}"), &"x".repeat(20_000))).await;
    }
    settle(&mut bob).await;
    let mut ann = house.pipe(LOOPBACK, 4096);
    ann.login(DOMAIN, "SCRAM-SHA-256", ANN, PASSCODE).await;
    ann.bind("phone").await;
    ann.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
    let id = ann.element().await.attr("id").unwrap().to_owned();
    ann.send("<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>").await;
    assert!(ann.element().await.has_child("result", ns::MAM));
    let mut back = authenticated(&house, ANN).await;
    let resumed = resume(&mut back, &id, 1).await;
    assert!(resumed.is("resumed", ns::STREAM_MANAGEMENT), "{resumed:?}");
    let mut results = 1;
    while back.element().await.attr("id") != Some("q") {
        results += 1;
    }
    assert_eq!(results, 50);
}

#[tokio::test]
async fn of_sessions_whose_clients_are_away_one_makes_room_for_a_client_that_is_there() {
    let house = Household::with(Limits { resources: 1, ..Limits::default() }).await;
    let (ann, _) = managed(&house, ANN, "phone").await;
    drop(ann);
    let mut laptop = authenticated(&house, ANN).await;
    let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
    let bound = loop {
        // Until it is missed, the phone counts as there.
        laptop.send(&format!("<iq type='set' id='b'>{bind}</iq>")).await;
        match laptop.event().await {
            Some(StreamEvent::Stanza(reply)) if reply.attr("type") == Some("result") => {
                break reply;
            }
            Some(StreamEvent::Stanza(reply)) => assert_eq!(reply.attr("type"), Some("error")),
            _ => laptop = authenticated(&house, ANN).await,
        }
    };
    assert!(bound.has_child("bind", ns::BIND));
}
