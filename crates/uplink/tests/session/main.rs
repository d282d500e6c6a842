//! Sessions against a server that loses connections, refuses, and tells lies.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod server;

use std::time::Duration;

use televisor_clock::Clock;
use televisor_uplink::{About, Uplink, UplinkState};
use televisor_xmpp::{Element, StreamEvent, ns};
use tokio::sync::mpsc;
use tokio::time::timeout;

use server::{Authority, Server, soon};

fn about() -> About {
    About {
        name: "Test Set-top Box".to_owned(),
        version: "0.1.0".to_owned(),
        presence: Element::builder("presence", ns::CLIENT).field("status", "On air").build(),
        vcard: Element::builder("vCard", ns::VCARD_TEMP).field("FN", "Test Set-top Box").build(),
        answers: vec![ns::COMMANDS.to_owned()],
        features: Vec::new(),
    }
}

fn start(authority: &Authority, server: &Server) -> (Uplink, mpsc::Receiver<Element>) {
    Uplink::start(authority.config(server), about(), Clock::system()).unwrap()
}

fn message(id: &str) -> Element {
    Element::builder("message", ns::CLIENT)
        .attr("to", "joe@example.org")
        .attr("type", "chat")
        .attr("id", id)
        .field("body", id)
        .build()
}

fn from_joe(id: &str, more: &str) -> String {
    format!(
        "<message from='joe@example.org/phone' to='box@example.org/tv' type='chat' id='{id}'>\
         <body>{id}</body>{more}</message>"
    )
}

async fn until(uplink: &Uplink, wanted: fn(&UplinkState) -> bool) -> UplinkState {
    let mut state = uplink.state();
    soon("the state", state.wait_for(wanted)).await.unwrap().clone()
}

async fn online(uplink: &Uplink) {
    until(uplink, |state| matches!(state, UplinkState::Online { .. })).await;
}

async fn next_id(stanzas: &mut mpsc::Receiver<Element>) -> String {
    let stanza = soon("a stanza", stanzas.recv()).await.unwrap();
    stanza.attr("id").unwrap().to_owned()
}

#[tokio::test]
async fn a_lost_session_goes_on_and_nothing_is_lost_or_comes_twice() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, mut stanzas) = start(&authority, &server);
    let mut first = server.welcome().await;
    online(&uplink).await;
    for id in ["one", "two"] {
        first.give(&from_joe(id, "")).await;
        assert_eq!(next_id(&mut stanzas).await, id);
    }
    for id in ["a", "b", "c"] {
        uplink.send(message(id)).unwrap();
        assert_eq!(first.expect("message").await.attr("id"), Some(id));
    }
    // The connection goes with "a" acknowledged, "b" arrived, and "c" lost on the way.
    first.came -= 2;
    first.acknowledge().await;
    let arrived = first.came + 1;
    let mut second = lose_and_accept(&server, &mut first).await;
    uplink.send(message("d")).unwrap();
    second.resume(&first, arrived).await;
    for id in ["c", "d"] {
        assert_eq!(second.expect("message").await.attr("id"), Some(id));
    }
    second.acknowledge().await;
    second.give(&from_joe("three", "")).await;
    assert_eq!(next_id(&mut stanzas).await, "three");
    online(&uplink).await;
    assert!(stanzas.try_recv().is_err());
}

/// The connection breaks, and the client comes again.
async fn lose_and_accept(
    server: &Server,
    peer: &mut server::Peer<server::Tls>,
) -> server::Peer<server::Tls> {
    peer.cut().await;
    server.accept().await
}

#[tokio::test]
async fn after_a_session_that_is_gone_nothing_is_lost_or_comes_twice_either() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, mut stanzas) = start(&authority, &server);
    let mut first = server.welcome().await;
    for id in ["one", "two"] {
        first.give(&from_joe(id, "")).await;
        assert_eq!(next_id(&mut stanzas).await, id);
    }
    for id in ["a", "b"] {
        uplink.send(message(id)).unwrap();
        first.expect("message").await;
    }
    // The server keeps count of the session that it has given up: "a" had come.
    let handled = first.came - 1;
    let mut second = lose_and_accept(&server, &mut first).await;
    assert_eq!(second.next().await.name(), "resume");
    let failed = format!(
        "<failed xmlns='urn:xmpp:sm:3' h='{handled}'>\
         <item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
    );
    second.say(&failed).await;
    second.begin().await;
    // With the id it had, so that joe's client can tell.
    assert_eq!(second.expect("message").await.attr("id"), Some("b"));
    let delay = "<delay xmlns='urn:xmpp:delay' stamp='2026-11-24T00:00:00Z'/>";
    for id in ["one", "two", "three"] {
        second.give(&from_joe(id, delay)).await;
    }
    let only = soon("a stanza", stanzas.recv()).await.unwrap();
    assert_eq!(only.attr("id"), Some("three"));
    assert!(only.has_child("delay", ns::DELAY));
    // What is said anew with an old id is new.
    second.give(&from_joe("two", "")).await;
    assert_eq!(next_id(&mut stanzas).await, "two");
}

#[tokio::test]
async fn a_receiver_that_takes_its_time_gets_everything_once() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (_uplink, mut stanzas) = start(&authority, &server);
    let mut first = server.welcome().await;
    // More than the uplink keeps for the receiver.
    for number in 0..100 {
        first.give(&from_joe(&number.to_string(), "")).await;
    }
    first.cut().await;
    for number in 0..100 {
        assert_eq!(next_id(&mut stanzas).await, number.to_string());
    }
    let mut second = server.accept().await;
    second.resume(&first, first.came).await;
    second.give(&from_joe("100", "")).await;
    assert_eq!(next_id(&mut stanzas).await, "100");
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_again_and_again() {
    let authority = Authority::new();
    std::fs::write(authority.folder.path().join("password"), "battery staple").unwrap();
    let server = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &server);
    server.accept().await;
    let state = until(&uplink, |state| matches!(state, UplinkState::Refused { .. })).await;
    let UplinkState::Refused { why } = state else { panic!("{state:?}") };
    assert!(why.contains("not-authorized") && !why.contains("battery"), "{why}");
    let again = timeout(Duration::from_secs(2), server.listener.accept()).await;
    assert!(again.is_err(), "it came again at once");
}

#[tokio::test]
async fn the_password_is_not_shown_to_a_server_that_wants_to_see_it() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &server);
    let mut peer = server.offer(&["PLAIN"]).await;
    assert!(!matches!(peer.event().await, Some(StreamEvent::Stanza(_))));
    until(&uplink, |state| matches!(state, UplinkState::Refused { .. })).await;
}

#[tokio::test]
async fn a_server_with_a_certificate_for_another_domain_is_not_talked_to() {
    let authority = Authority::new();
    let server = authority.server("example.net").await;
    let (uplink, _stanzas) = start(&authority, &server);
    let mut peer = server.knock().await;
    assert!(peer.next().await.is("starttls", ns::TLS));
    server.shake_hands_in_vain(peer).await;
    let state = until(&uplink, |state| matches!(state, UplinkState::Away { .. })).await;
    let UplinkState::Away { why, .. } = state else { panic!("{state:?}") };
    assert!(why.contains("certificate"), "{why}");
}

const ELSEWHERE: &str = "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>\
    <see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>HOST</see-other-host>\
    </stream:error>";

#[tokio::test]
async fn a_referral_is_followed_to_a_server_with_the_same_certificate() {
    let authority = Authority::new();
    let busy = authority.server("example.org").await;
    let other = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &busy);
    let mut peer = busy.accept().await;
    peer.say(&ELSEWHERE.replace("HOST", &other.address())).await;
    let _peer = other.welcome().await;
    online(&uplink).await;
}

#[tokio::test]
async fn a_referral_to_somebody_else_is_not_followed_through() {
    let authority = Authority::new();
    let first = authority.server("example.org").await;
    let evil = authority.server("evil.example").await;
    let (uplink, _stanzas) = start(&authority, &first);
    let mut peer = first.knock().await;
    peer.say(&ELSEWHERE.replace("HOST", &evil.address())).await;
    let mut peer = evil.knock().await;
    assert!(peer.next().await.is("starttls", ns::TLS));
    evil.shake_hands_in_vain(peer).await;
    // Back to the one that is right.
    let _peer = first.welcome().await;
    online(&uplink).await;
}

#[tokio::test]
async fn whoever_takes_the_place_of_the_session_keeps_it() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &server);
    let mut peer = server.welcome().await;
    online(&uplink).await;
    peer.say(
        "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>\
         <conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
    )
    .await;
    until(&uplink, |state| matches!(state, UplinkState::Away { .. })).await;
    // Neither the session is resumed nor its resource asked for: the fake server would choose one.
    let _peer = server.welcome().await;
    online(&uplink).await;
    let UplinkState::Online { jid } = uplink.state().borrow().clone() else { panic!("not online") };
    assert_eq!(jid, "box@example.org/chosen");
}

#[tokio::test]
async fn a_roster_push_from_somebody_else_is_refused() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &server);
    let mut peer = server.welcome().await;
    online(&uplink).await;
    assert_eq!(uplink.subscription("joe@example.org").as_deref(), Some("both"));
    for (from, kind) in [
        ("from='eve@example.org'", "error"),
        ("from='joe@example.org'", "error"),
        ("from='box@example.org'", "result"),
    ] {
        peer.give(&format!(
            "<iq type='set' id='push' {from}><query xmlns='jabber:iq:roster'>\
             <item jid='eve@example.org' subscription='both'/></query></iq>"
        ))
        .await;
        let answer = peer.expect("iq").await;
        assert_eq!((answer.attr("id"), answer.attr("type")), (Some("push"), Some(kind)));
        assert_eq!(uplink.subscription("eve@example.org").is_some(), kind == "result");
    }
}

#[tokio::test]
async fn what_is_sent_too_early_is_kept_up_to_a_bound() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &server);
    uplink.send(message("0")).unwrap();
    let kept = (1..10_000).take_while(|n| uplink.send(message(&n.to_string())).is_ok()).count();
    assert!((100..1000).contains(&kept), "{kept}");
    let mut peer = server.welcome().await;
    for number in 0..=kept {
        let sent = peer.expect("message").await;
        assert_eq!(sent.attr("id"), Some(number.to_string().as_str()));
        if number % 50 == 0 {
            peer.acknowledge().await;
        }
    }
}

#[tokio::test]
async fn a_subscription_is_asked_for_with_a_nickname_and_presence_follows_changes() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, mut stanzas) = start(&authority, &server);
    let mut peer = server.welcome().await;
    online(&uplink).await;
    let ask = Element::builder("presence", ns::CLIENT)
        .attr("type", "subscribe")
        .attr("from", "receiver@tv.local")
        .attr("to", "ann@example.org");
    uplink.send(ask.build()).unwrap();
    let asked = peer.expect("presence").await;
    assert_eq!(asked.child("nick", ns::NICK).unwrap().text(), "Test Set-top Box");
    assert_eq!((asked.attr("to"), asked.attr("from")), (Some("ann@example.org"), None));
    peer.give("<presence type='subscribed' from='ann@example.org' id='yes'/>").await;
    assert_eq!(next_id(&mut stanzas).await, "yes");
    let recording = Element::builder("presence", ns::CLIENT).field("status", "Recording").build();
    uplink.set_presence(recording);
    let presence = peer.expect("presence").await;
    assert_eq!(presence.child("status", ns::CLIENT).unwrap().text(), "Recording");
    assert!(presence.has_child("c", ns::CAPS));
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left_for_a_new_connection() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &server);
    let mut silent = server.welcome().await;
    online(&uplink).await;
    uplink.send(message("a")).unwrap();
    assert_eq!(silent.expect("message").await.attr("id"), Some("a"));
    // It does not say that it has it, and does not hang up either.
    let mut second = server.accept().await;
    second.resume(&silent, silent.came - 1).await;
    assert_eq!(second.expect("message").await.attr("id"), Some("a"));
    online(&uplink).await;
}

#[tokio::test]
async fn the_session_ends_with_its_last_handle() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &server);
    let mut peer = server.welcome().await;
    online(&uplink).await;
    let other = uplink.clone();
    drop(uplink);
    other.send(message("still here")).unwrap();
    assert_eq!(peer.expect("message").await.attr("id"), Some("still here"));
    drop(other);
    assert_eq!(peer.expect("presence").await.attr("type"), Some("unavailable"));
}

#[tokio::test]
async fn the_last_words_are_sent_before_the_goodbye() {
    let authority = Authority::new();
    let server = authority.server("example.org").await;
    let (uplink, _stanzas) = start(&authority, &server);
    let mut peer = server.welcome().await;
    online(&uplink).await;
    uplink.send(message("last")).unwrap();
    let closing = tokio::spawn(async move { uplink.shutdown().await });
    assert_eq!(peer.expect("message").await.attr("id"), Some("last"));
    assert_eq!(peer.expect("presence").await.attr("type"), Some("unavailable"));
    peer.acknowledge().await;
    loop {
        match peer.event().await {
            Some(StreamEvent::Stanza(element)) => {
                assert_eq!(element.namespace(), ns::STREAM_MANAGEMENT);
            }
            Some(StreamEvent::Close) => break,
            other => panic!("{other:?} in place of a goodbye"),
        }
    }
    soon("the end", closing).await.unwrap();
}
