//! Peers that mean harm, or nothing.

use std::time::Duration;

use televisor_xmpp::ns;
use tokio::time::{Instant, timeout};

use super::house::{House, Household, PATIENCE, Plan, chat};
use super::raw::{Heard, Raw, header};

async fn ann() -> House {
    let ann = House::open("ann@laptop", Plan::new(None));
    ann.learn("eve@phone", 1);
    ann
}

/// Returns the condition that the stream ended with.
async fn end(peer: &mut Raw) -> String {
    let all = peer.hear_out().await.unwrap();
    let error = all.iter().find_map(|heard| match heard {
        Heard::Element(element) if element.is("error", ns::STREAMS) => Some(element),
        _ => None,
    });
    error.and_then(|error| error.children().next()).map(|c| c.name().to_owned()).unwrap_or_default()
}

async fn refused_at_once(text: &str) -> String {
    let ann = ann().await;
    let mut eve = Raw::connect(ann.port).await;
    eve.say(text).await;
    end(&mut eve).await
}

async fn refused_in_the_stream(text: &str) -> String {
    let ann = ann().await;
    let mut eve = Raw::connect(ann.port).await;
    eve.open("eve@phone").await.unwrap();
    eve.say(text).await;
    end(&mut eve).await
}

#[tokio::test]
async fn junk_is_told_what_it_is() {
    for (junk, condition) in [
        ("GET / HTTP/1.1\r\n\r\n", "not-well-formed"),
        ("\u{16}\u{3}\u{1}", "not-well-formed"),
        ("<html>", "invalid-namespace"),
        ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", "invalid-namespace"),
        (&header("version='1.0'").replace("jabber:client", "jabber:server"), "invalid-namespace"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>", "restricted-xml"),
    ] {
        assert_eq!(refused_at_once(junk).await, condition, "{junk}");
    }
}

#[tokio::test]
async fn bad_xml_ends_the_stream() {
    for (text, condition) in [
        ("<message></iq>", "not-well-formed"),
        ("<!-- hm -->", "restricted-xml"),
        ("hm", "bad-format"),
    ] {
        assert_eq!(refused_in_the_stream(text).await, condition, "{text}");
    }
}

#[tokio::test]
async fn a_stanza_without_end_or_bottom_ends_the_stream() {
    let long = format!("<message><body>{}", "x".repeat(100_000));
    assert_eq!(refused_in_the_stream(&long).await, "policy-violation");
    let deep = format!("<message>{}", "<x>".repeat(100));
    assert_eq!(refused_in_the_stream(&deep).await, "policy-violation");
}

#[tokio::test]
async fn a_header_without_end_is_not_waited_for() {
    let long = format!("<stream:stream a='{}", "x".repeat(20_000));
    assert_eq!(refused_at_once(&long).await, "policy-violation");
}

#[tokio::test]
async fn who_says_nothing_is_cut_off() {
    let mut plan = Plan::new(None);
    plan.limits.opening = Duration::from_millis(100);
    let ann = House::open("ann@laptop", plan);
    let mut silent = Raw::connect(ann.port).await;
    assert_eq!(end(&mut silent).await, "connection-timeout");
    let mut slow = Raw::connect(ann.port).await;
    slow.say("<stream:stream xmlns='jabber:client'").await;
    assert_eq!(end(&mut slow).await, "connection-timeout");
}

#[tokio::test]
async fn who_stops_in_the_middle_of_starttls_is_cut_off() {
    let mut plan = Plan::new(Some(Household::default().stranger()));
    plan.limits.opening = Duration::from_millis(200);
    let ann = House::open("ann@laptop", plan);
    let mut eve = Raw::connect(ann.port).await;
    eve.open("eve@phone").await.unwrap();
    eve.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
    assert!(
        matches!(eve.hear().await.unwrap(), Heard::Element(proceed) if proceed.name() == "proceed")
    );
    timeout(PATIENCE, eve.hear_out()).await.unwrap().ok();
}

#[tokio::test]
async fn bytes_after_starttls_in_the_clear_are_thrown_away() {
    let mut plan = Plan::new(Some(Household::default().stranger()));
    plan.limits.opening = Duration::from_millis(200);
    let mut ann = House::open("ann@laptop", plan);
    ann.learn("eve@phone", 1);
    let mut eve = Raw::connect(ann.port).await;
    eve.open("eve@phone").await.unwrap();
    eve.say(
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><message><body>in</body></message>",
    )
    .await;
    eve.hear_out().await.ok();
    assert!(ann.inbox.try_recv().is_err());
}

#[tokio::test]
async fn one_address_has_so_many_streams_and_no_more() {
    let mut plan = Plan::new(None);
    plan.limits.streams_per_address = 2;
    let ann = House::open("ann@laptop", plan);
    ann.learn("eve@phone", 1);
    let mut first = Raw::connect(ann.port).await;
    first.open("eve@phone").await.unwrap();
    let mut second = Raw::connect(ann.port).await;
    second.open("eve@phone").await.unwrap();
    let mut third = Raw::connect(ann.port).await;
    assert!(matches!(third.hear().await.unwrap(), Heard::End));
}

#[tokio::test]
async fn a_flood_is_read_no_faster_than_it_may_come() {
    let mut plan = Plan::new(None);
    plan.limits.bytes_per_second = 20_000;
    let mut ann = House::open("ann@laptop", plan);
    ann.learn("eve@phone", 1);
    let mut eve = Raw::connect(ann.port).await;
    eve.open("eve@phone").await.unwrap();
    let began = Instant::now();
    let text = format!("<message><body>{}</body></message>", "x".repeat(9_950));
    for _ in 0..4 {
        eve.say(&text).await;
    }
    for _ in 0..4 {
        ann.hear().await;
    }
    assert!(began.elapsed() > Duration::from_millis(700), "{:?}", began.elapsed());
}

#[tokio::test]
async fn who_asks_and_never_listens_does_not_hold_up_the_others() {
    let mut ann = ann().await;
    let mut bob = House::open("bob@tablet", Plan::new(None));
    ann.meet(&bob);
    let mut eve = Raw::connect(ann.port).await;
    eve.open("eve@phone").await.unwrap();
    let ping = "<iq type='get' id='x'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
    let flood = ping.repeat(500);
    tokio::spawn(async move {
        loop {
            eve.say(&flood).await;
        }
    });
    for number in 0..5 {
        bob.streams.send(&ann.name, chat(&number.to_string())).await.unwrap();
        assert_eq!(ann.hear_body().await, number.to_string());
        ann.streams.send(&bob.name, chat("yes")).await.unwrap();
        assert_eq!(bob.hear_body().await, "yes");
    }
}

#[tokio::test]
async fn nobody_is_told_that_a_message_came_when_nobody_takes_it() {
    let ann = ann().await;
    let House { inbox, streams: _streams, port, .. } = ann;
    drop(inbox);
    let mut eve = Raw::connect(port).await;
    eve.open("eve@phone").await.unwrap();
    eve.say("<message id='m'><body>hello</body></message>").await;
    let Heard::Element(error) = eve.hear().await.unwrap() else { panic!("no answer") };
    assert_eq!((error.attr("type"), error.attr("id")), (Some("error"), Some("m")));
    assert!(!error.has_child("body", ns::CLIENT), "some clients would show it as said by us");
}

#[tokio::test]
async fn strangers_who_come_and_go_leave_nothing_behind() {
    let mut plan = Plan::new(None);
    (plan.limits.peers, plan.limits.streams) = (2, 2);
    let mut ann = House::open("ann@laptop", plan);
    let rush = async {
        for _ in 0..12 {
            let mut eve = Raw::connect(ann.port).await;
            // Without a name she is not waited for; those who find no place are cut off.
            eve.say(&header("")).await;
            eve.say("<message><body>hello</body></message></stream:stream>").await;
            eve.hear_out().await.ok();
        }
    };
    timeout(PATIENCE, rush).await.unwrap();
    while ann.inbox.try_recv().is_ok() {}
    let mut bob = House::open("bob@tablet", Plan::new(None));
    let until = Instant::now() + PATIENCE;
    ann.meet(&bob);
    while ann.streams.send(&bob.name, chat("hello")).await.is_err() {
        assert!(Instant::now() < until, "there is no room for bob");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(bob.hear_body().await, "hello");
}
