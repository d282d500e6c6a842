//! Sessions against a scripted server over a pipe, with a paused clock.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod script;
mod trust;

use televisor_client::{Error, Facts, Incoming, Options, ProfileStore, Session, State};
use televisor_xmpp::{Element, ns};

use script::{Login, RECEIVER, body, pipes, profile};

fn options(connect: Box<dyn televisor_client::Connect>) -> Options {
    Options { plain_text: true, connect: Some(connect), ..Options::default() }
}

#[tokio::test(start_paused = true)]
async fn a_question_is_answered_past_typing_notices_and_old_messages() {
    let (connect, listener) = pipes();
    let server = tokio::spawn(async move {
        let mut script = listener.accept().await;
        script.welcome().await;
        let message = script.expect("message").await;
        assert_eq!(message.attr("to"), Some(format!("{RECEIVER}@tv.local").as_str()));
        assert!(message.has_child("request", ns::RECEIPTS));
        script.receiver_says(vec![Element::new("composing", ns::CHAT_STATES)]).await;
        let delay = Element::builder("delay", ns::DELAY).attr("stamp", "2026-11-20T10:00:00Z");
        script.receiver_says(vec![body("from last week"), delay.build()]).await;
        script.receiver_says(vec![body("BBC One: News")]).await;
        script
    });
    let session = Session::connect(profile(), options(connect)).await.unwrap();
    assert_eq!(session.say("what is on?").await.unwrap(), "BBC One: News");
    let _script = server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_question_times_out() {
    let (connect, listener) = pipes();
    let server = tokio::spawn(async move {
        let mut script = listener.accept().await;
        script.welcome().await;
        script
    });
    let session = Session::connect(profile(), options(connect)).await.unwrap();
    let _script = server.await.unwrap();
    assert!(matches!(session.say("hello?").await, Err(Error::TimedOut(_))));
}

#[tokio::test(start_paused = true)]
async fn a_receipt_is_sent_for_a_message_that_asks_for_one() {
    let (connect, listener) = pipes();
    let session = Session::start(profile(), options(connect));
    let mut incoming = session.incoming();
    let mut script = listener.accept().await;
    script.welcome().await;
    script.receiver_says(vec![body("recording"), Element::new("request", ns::RECEIPTS)]).await;
    let receipt = script.expect("message").await;
    assert_eq!(receipt.child("received", ns::RECEIPTS).unwrap().attr("id"), Some("m1"));
    loop {
        if let Incoming::Message(message) = incoming.recv().await.unwrap() {
            break assert_eq!(message.body, "recording");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_made_again() {
    let (connect, listener) = pipes();
    let session = Session::start(profile(), options(connect));
    let mut script = listener.accept().await;
    script.welcome().await;
    drop(script);
    let mut state = session.state();
    state.wait_for(|s| matches!(s, State::Waiting { .. })).await.unwrap();
    assert!(matches!(session.send_chat("a@tv.local", "x").await, Err(Error::NotConnected)));
    listener.accept().await.welcome().await;
    state.wait_for(|s| matches!(s, State::Connected { .. })).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_given_up() {
    let (connect, listener) = pipes();
    let session = Session::start(profile(), options(connect));
    let mut script = listener.accept().await;
    script.welcome().await;
    let mut state = session.state();
    state.wait_for(|s| matches!(s, State::Waiting { .. })).await.unwrap();
    script.expect_iq(ns::PING).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_not_repeated() {
    let (connect, listener) = pipes();
    let server = tokio::spawn(async move {
        listener.accept().await.log_in("87654321", Login::Honest).await;
        listener
    });
    let refused = Session::connect(profile(), options(connect)).await;
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
    let _listener = server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_know_the_secret_is_an_impostor() {
    let (connect, listener) = pipes();
    let server = tokio::spawn(async move {
        let mut script = listener.accept().await;
        script.log_in("12345678", Login::Impostor).await;
        script
    });
    let refused = Session::connect(profile(), options(connect)).await;
    assert!(matches!(refused, Err(Error::Impostor)), "{refused:?}");
    let _script = server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_roster_is_read_and_follows_pushes_of_our_own_account_only() {
    let (connect, listener) = pipes();
    let session = Session::start(profile(), options(connect));
    let mut script = listener.accept().await;
    script.welcome().await;
    let mut roster = session.roster();
    roster.wait_for(|roster| roster.items().count() == 1).await.unwrap();
    let push = |id: &str, jid: &str, from: Option<&str>| {
        let item = Element::builder("item", ns::ROSTER).attr("jid", jid);
        let query = Element::builder("query", ns::ROSTER).child(item.attr("subscription", "both"));
        let iq = Element::builder("iq", ns::CLIENT).attr("type", "set").attr("id", id);
        iq.attr_opt("from", from).child(query).build()
    };
    script.send(&push("evil", "x@tv.local", Some("mallory@tv.local"))).await;
    let refused = script.expect("iq").await;
    assert_eq!((refused.attr("id"), refused.attr("type")), (Some("evil"), Some("error")));
    script.send(&push("good", "tablet@tv.local", None)).await;
    let accepted = script.expect("iq").await;
    assert_eq!((accepted.attr("id"), accepted.attr("type")), (Some("good"), Some("result")));
    let roster = roster.borrow();
    assert!(roster.item("tablet@tv.local").is_some() && roster.item("x@tv.local").is_none());
}

#[tokio::test(start_paused = true)]
async fn the_vcard_is_filled_once_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let store = ProfileStore::new(folder.path());
    let facts = Facts { full_name: Some("Joe Bloggs".to_owned()), ..Facts::default() };
    let (connect, listener) = pipes();
    let mut options = options(connect);
    (options.store, options.facts) = (Some(store.clone()), Some(facts));
    let session = Session::start(profile(), options);
    let mut script = listener.accept().await;
    script.welcome().await;
    let get = script.expect_iq(ns::VCARD_TEMP).await;
    script.result(&get, Some(Element::new("vCard", ns::VCARD_TEMP))).await;
    let set = script.expect_iq(ns::VCARD_TEMP).await;
    assert_eq!(set.attr("type"), Some("set"));
    let vcard = set.child("vCard", ns::VCARD_TEMP).unwrap();
    assert_eq!(vcard.child("FN", ns::VCARD_TEMP).unwrap().text(), "Joe Bloggs");
    script.result(&set, None).await;
    let closing = tokio::spawn(async move { session.close().await });
    while script.next().await.is_some() {}
    closing.await.unwrap();
    assert_eq!(store.find(None).unwrap().vcard_sent["FN"], "Joe Bloggs");
}
