//! How sessions end, and that one does not disturb another.

use std::time::Duration;

use televisor_server::Limits;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::sasl::SaslReply;
use televisor_xmpp::stream::StreamCondition;

use crate::household::{ANN, BOB, DOMAIN, Household, LOOPBACK, PASSCODE};

#[tokio::test]
async fn binding_a_resource_again_ends_the_old_session_with_conflict() {
    let house = Household::new().await;
    let mut old = house.login(ANN, "sofa").await;
    let _new = house.login(ANN, "sofa").await;
    assert_eq!(old.end().await, Some(StreamCondition::Conflict));
    assert_eq!(house.server.sessions(), 1);
}

#[tokio::test]
async fn a_forgotten_account_is_out_at_once_and_the_others_stay() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    let _bob = house.login(BOB, "hall").await;
    house.people.forget(ANN);
    house.server.accounts_changed();
    assert_eq!(ann.end().await, Some(StreamCondition::NotAuthorized));
    assert!(!house.server.connected(ANN) && house.server.connected(BOB));
}

#[tokio::test]
async fn shutdown_says_goodbye_to_sessions_and_to_those_on_their_way_in() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    let mut waiting = house.connect(LOOPBACK);
    waiting.features(DOMAIN).await;
    let server = house.server.clone();
    let down = tokio::spawn(async move { server.shutdown().await });
    assert_eq!(ann.end().await, Some(StreamCondition::SystemShutdown));
    assert_eq!(waiting.end().await, Some(StreamCondition::SystemShutdown));
    drop((ann, waiting));
    down.await.unwrap();
}

#[tokio::test]
async fn a_closed_stream_is_closed_in_turn() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send("</stream:stream>").await;
    assert_eq!(ann.end().await, None);
    assert_eq!(house.server.sessions(), 0);
}

#[tokio::test]
async fn another_from_than_ones_own_ends_the_stream() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send(&format!("<message from='{BOB}@{DOMAIN}' to='{ANN}@{DOMAIN}'/>")).await;
    assert_eq!(ann.end().await, Some(StreamCondition::InvalidFrom));
}

#[tokio::test]
async fn what_is_no_stanza_ends_the_stream() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send("<query xmlns='jabber:iq:roster'/>").await;
    assert_eq!(ann.end().await, Some(StreamCondition::UnsupportedStanzaType));
}

#[tokio::test]
async fn the_session_of_old_clients_is_a_formality() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send(&format!("<iq type='set' id='s'><session xmlns='{}'/></iq>", ns::SESSION)).await;
    let reply = ann.element().await;
    assert_eq!((reply.attr("type"), reply.attr("id")), (Some("result"), Some("s")));
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_disconnected_and_nobody_waits_for_it() {
    let limits = Limits { outbox: 8, patience: Duration::from_millis(200), ..Limits::default() };
    let house = Household::with(limits).await;
    let mut slow = house.pipe(LOOPBACK, 4096);
    slow.login(DOMAIN, "SCRAM-SHA-256", ANN, PASSCODE).await;
    slow.bind("sofa").await;
    let mut bob = house.login(BOB, "hall").await;
    let router = house.server.context().router();
    let jid = |account| router.sessions(account).remove(0).origin.jid.clone();
    let (slow_jid, bob_jid) = (jid(ANN), jid(BOB));
    let text = Element::builder("message", ns::CLIENT).field("body", "x".repeat(2000)).build();
    let mut taken = 0;
    while router.send(&slow_jid, &text) {
        taken += 1;
        assert!(taken < 100, "the outbox has no bound");
        tokio::task::yield_now().await;
    }
    while house.server.sessions() > 1 {
        tokio::task::yield_now().await;
    }
    assert!(router.send(&bob_jid, &text));
    assert_eq!(bob.element().await, text);
}

#[tokio::test]
async fn silence_is_asked_and_then_ended() {
    let short = Duration::from_millis(100);
    let limits = Limits { idle: short, patience: short, ..Limits::default() };
    let house = Household::with(limits).await;
    let mut ann = house.login(ANN, "sofa").await;
    let ping = ann.element().await;
    assert!(ping.has_child("ping", ns::PING), "{ping:?}");
    let id = ping.attr("id").unwrap();
    ann.send(&format!("<iq type='result' id='{id}' to='{DOMAIN}'/>")).await;
    let again = ann.element().await;
    assert!(again.has_child("ping", ns::PING), "{again:?}");
    assert_eq!(ann.end().await, Some(StreamCondition::ConnectionTimeout));
}

#[tokio::test(start_paused = true)]
async fn who_asks_and_does_not_read_is_not_listened_to() {
    let house = Household::new().await;
    let mut ann = house.pipe(LOOPBACK, 4096);
    ann.login(DOMAIN, "SCRAM-SHA-256", ANN, PASSCODE).await;
    ann.bind("sofa").await;
    let ping = "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>";
    let asked = async {
        for _ in 0..5000 {
            ann.send(ping).await;
        }
    };
    let heard = tokio::time::timeout(Duration::from_secs(5), asked).await;
    assert!(heard.is_err(), "5000 answers wait for somebody who takes none");
}

#[tokio::test]
async fn who_asks_and_never_acknowledges_what_it_gets_is_ended() {
    let house = Household::with(Limits { unacknowledged: 4, ..Limits::default() }).await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send("<enable xmlns='urn:xmpp:sm:3'/>").await;
    for _ in 0..20 {
        ann.send_what_goes("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    }
    assert_eq!(ann.end().await, Some(StreamCondition::ResourceConstraint));
}

#[tokio::test]
async fn an_error_of_the_client_is_not_answered_with_another() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    let condition = format!("<system-shutdown xmlns='{}'/>", ns::STREAM_ERRORS);
    ann.send(&format!("<stream:error>{condition}</stream:error>")).await;
    assert_eq!(ann.end().await, None);
}

#[tokio::test]
async fn the_stream_of_one_account_is_not_said_to_be_from_another() {
    let house = Household::new().await;
    let mut ann = house.connect(LOOPBACK);
    ann.features(DOMAIN).await;
    let reply = ann.authenticate("SCRAM-SHA-256", ANN, PASSCODE).await;
    assert!(matches!(reply, SaslReply::Success(_)), "{reply:?}");
    ann.restart();
    ann.send(&format!(
        "<stream:stream xmlns='jabber:client' xmlns:stream='{}' from='{BOB}@{DOMAIN}' \
         to='{DOMAIN}' version='1.0'>",
        ns::STREAMS
    ))
    .await;
    ann.header().await;
    assert_eq!(ann.end().await, Some(StreamCondition::InvalidFrom));
}
