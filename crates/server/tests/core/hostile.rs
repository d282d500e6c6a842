//! What strangers may send before anybody knows them.

use std::time::Duration;

use televisor_server::Limits;
use televisor_xmpp::stream::StreamCondition;
use tokio::time::Instant;

use crate::household::{ANN, DOMAIN, Household, LAN, LOOPBACK};

#[tokio::test]
async fn thirty_five_kilobytes_of_nested_tags_end_in_a_stream_error() {
    let house = Household::new().await;
    let mut bystander = house.login(ANN, "sofa").await;
    let mut stranger = house.connect(LAN);
    stranger.features(DOMAIN).await;
    stranger.send_what_goes(&format!("<message>{}", "<a>".repeat(12_000))).await;
    assert_eq!(stranger.end().await, Some(StreamCondition::PolicyViolation));
    bystander.send("</stream:stream>").await;
    assert_eq!(bystander.end().await, None);
}

#[tokio::test]
async fn a_text_without_end_is_cut_off_at_the_limit() {
    let house = Household::new().await;
    let mut stranger = house.connect(LAN);
    stranger.features(DOMAIN).await;
    stranger.send_what_goes(&format!("<auth>{}", "x".repeat(300_000))).await;
    assert_eq!(stranger.end().await, Some(StreamCondition::PolicyViolation));
}

#[tokio::test(start_paused = true)]
async fn half_a_header_is_not_waited_for() {
    let house = Household::new().await;
    let mut stranger = house.connect(LAN);
    let start = Instant::now();
    stranger.send("<stream:stream xmlns='jabber:cl").await;
    assert_eq!(stranger.end().await, Some(StreamCondition::ConnectionTimeout));
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_byte_at_a_time_does_not_stretch_the_negotiation() {
    let house = Household::new().await;
    let mut stranger = house.connect(LAN);
    let start = Instant::now();
    stranger.features(DOMAIN).await;
    while house.server.context().router().count() == 0 {
        stranger.send_what_goes(" ").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        if start.elapsed() > Duration::from_secs(31) {
            break;
        }
    }
    assert_eq!(stranger.end().await, Some(StreamCondition::ConnectionTimeout));
}

#[tokio::test]
async fn our_header_comes_before_an_early_error() {
    let house = Household::new().await;
    for (bytes, condition) in [
        ("<!-- hello --><stream:stream", StreamCondition::RestrictedXml),
        ("GET / HTTP/1.1\r\n\r\n", StreamCondition::NotWellFormed),
    ] {
        let mut stranger = house.connect(LAN);
        stranger.send(bytes).await;
        assert_eq!(stranger.header().await.from.as_deref(), Some(DOMAIN));
        assert_eq!(stranger.end().await, Some(condition), "{bytes}");
    }
}

#[tokio::test]
async fn what_comes_in_the_clear_after_starttls_is_thrown_away() {
    let house = Household::new().await;
    let mut stranger = house.connect(LOOPBACK);
    stranger.features(DOMAIN).await;
    stranger
        .send(
            "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\
             <stream:stream xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams' to='injected.example' version='1.0'>",
        )
        .await;
    stranger.element().await;
    stranger.handshake().await;
    // Had it been kept, the injected header would be answered with `host-unknown`.
    stranger.features(DOMAIN).await;
}

#[tokio::test]
async fn a_stanza_before_authentication_ends_the_stream() {
    let house = Household::new().await;
    let mut stranger = house.connect(LOOPBACK);
    stranger.features(DOMAIN).await;
    stranger.send("<message to='a@b'><body>hello</body></message>").await;
    assert_eq!(stranger.end().await, Some(StreamCondition::NotAuthorized));
}

#[tokio::test]
async fn one_address_cannot_take_every_place() {
    let limits = Limits { waiting: 4, waiting_per_address: 2, ..Limits::default() };
    let house = Household::with(limits).await;
    let addr = |text: &str| text.parse().unwrap();
    let mut pipes = Vec::new();
    let mut knock = |from: &str| {
        let (ours, theirs) = tokio::io::duplex(64);
        pipes.push(ours);
        house.server.serve(theirs, addr(from), addr("192.168.1.2:5222"), false)
    };
    assert!(knock("192.0.2.1:1") && knock("192.0.2.1:2"));
    assert!(!knock("192.0.2.1:3"));
    assert!(knock("192.0.2.2:1"));
}
