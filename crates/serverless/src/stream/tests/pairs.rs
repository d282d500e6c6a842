//! Two whole sides.

use std::time::Duration;

use televisor_xmpp::Element;

use super::house::{House, Plan, body, chat, text};
use super::raw::{Heard, Raw};
use crate::error::Error;
use crate::name::PeerName;

fn pair() -> (House, House) {
    let (ann, bob) =
        (House::open("ann@laptop", Plan::new(None)), House::open("bob@phone", Plan::new(None)));
    ann.meet(&bob);
    (ann, bob)
}

#[tokio::test]
async fn both_chat_over_one_stream() {
    let (mut ann, mut bob) = pair();
    let sent = ann.streams.send(&bob.name, chat("hello")).await.unwrap();
    assert!(!sent.encrypted && sent.proven.is_none());
    let heard = bob.hear().await;
    assert_eq!((heard.from, body(&heard.stanza).as_str()), (ann.name.clone(), "hello"));
    // Ann's port is another's now: only the stream that is there leads to her.
    bob.learn("ann@laptop", 1);
    bob.streams.send(&ann.name, chat("hello yourself")).await.unwrap();
    assert_eq!(ann.hear_body().await, "hello yourself");
}

#[tokio::test]
async fn a_megabyte_in_pieces_arrives_in_order() {
    const PIECES: usize = 32;
    let (ann, mut bob) = pair();
    let (streams, to) = (ann.streams.clone(), bob.name.clone());
    let sending = tokio::spawn(async move {
        for piece in 0..PIECES {
            streams.send(&to, chat(&text(32 * 1024, piece))).await.unwrap();
        }
    });
    for piece in 0..PIECES {
        assert_eq!(bob.hear_body().await, text(32 * 1024, piece), "piece {piece}");
    }
    sending.await.unwrap();
}

#[tokio::test]
async fn many_requests_at_once_are_each_given_their_own_answer() {
    let (ann, mut bob) = pair();
    let (streams, me) = (bob.streams.clone(), ann.name.clone());
    tokio::spawn(async move {
        while let Some(asked) = bob.inbox.recv().await {
            let iq = &asked.stanza;
            let answer = Element::builder("iq", "jabber:client")
                .attr("type", "result")
                .attr("id", iq.attr("id").unwrap())
                .children(iq.children().cloned());
            streams.send(&me, answer.build()).await.unwrap();
        }
    });
    let asking = (0..20).map(|number: usize| {
        let (streams, to) = (ann.streams.clone(), PeerName::new("bob@phone"));
        tokio::spawn(async move {
            let question = Element::builder("q", "urn:example").text(number.to_string());
            let iq = Element::builder("iq", "jabber:client").attr("type", "get").child(question);
            let answer = streams.request(&to, iq.build()).await.unwrap();
            assert_eq!(answer.children().next().unwrap().text(), number.to_string());
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap();
    }
}

#[tokio::test]
async fn streams_opened_at_the_same_moment_become_one_and_nothing_is_lost() {
    for _ in 0..10 {
        let (mut ann, mut bob) = pair();
        let both = tokio::join!(
            ann.streams.send(&bob.name, chat("a1")),
            bob.streams.send(&ann.name, chat("b1")),
        );
        assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
        for number in 2..6 {
            ann.streams.send(&bob.name, chat(&format!("a{number}"))).await.unwrap();
            bob.streams.send(&ann.name, chat(&format!("b{number}"))).await.unwrap();
        }
        for number in 1..6 {
            assert_eq!(bob.hear_body().await, format!("a{number}"));
            assert_eq!(ann.hear_body().await, format!("b{number}"));
        }
    }
}

#[tokio::test]
async fn a_peer_that_begins_anew_is_spoken_to_again() {
    let (mut ann, mut bob) = pair();
    ann.streams.send(&bob.name, chat("one")).await.unwrap();
    assert_eq!(bob.hear_body().await, "one");
    bob.streams.close().await;
    let refused = bob.streams.send(&ann.name, chat("?")).await;
    assert!(matches!(refused, Err(Error::Closed)), "{refused:?}");
    let mut bob = House::open("bob@phone", Plan::new(None));
    bob.meet(&ann);
    ann.streams.send(&bob.name, chat("two")).await.unwrap();
    assert_eq!(bob.hear_body().await, "two");
    bob.streams.send(&ann.name, chat("three")).await.unwrap();
    assert_eq!(ann.hear_body().await, "three");
}

#[tokio::test]
async fn a_silent_stream_is_closed_and_another_may_follow() {
    let mut plan = Plan::new(None);
    plan.limits.idle = Duration::from_millis(50);
    let mut ann = House::open("ann@laptop", plan);
    ann.learn("bob@phone", 1);
    for _ in 0..2 {
        let mut bob = Raw::connect(ann.port).await;
        bob.open("bob@phone").await.unwrap();
        bob.say("<message><body>hello</body></message>").await;
        assert_eq!(ann.hear_body().await, "hello");
        assert!(matches!(bob.hear().await.unwrap(), Heard::Close));
        bob.say("</stream:stream>").await;
        assert!(matches!(bob.hear().await.unwrap(), Heard::End));
    }
}

#[tokio::test]
async fn who_is_not_there_is_told_apart_from_who_cannot_be_reached() {
    let (ann, _bob) = pair();
    let nobody = ann.streams.send(&PeerName::new("eve@nowhere"), chat("?")).await;
    assert!(matches!(nobody, Err(Error::NotHere(_))), "{nobody:?}");
    ann.learn("carol@tablet", 1);
    let silent = ann.streams.send(&PeerName::new("carol@tablet"), chat("?")).await;
    assert!(matches!(silent, Err(Error::Unreachable { .. })), "{silent:?}");
}

#[tokio::test]
async fn what_is_no_stanza_or_too_large_is_not_sent() {
    let (ann, bob) = pair();
    for refused in [Element::new("presence", "jabber:client"), chat(&text(70_000, 1))] {
        let result = ann.streams.send(&bob.name, refused).await;
        assert!(matches!(result, Err(Error::Stanza(_))), "{result:?}");
    }
}
