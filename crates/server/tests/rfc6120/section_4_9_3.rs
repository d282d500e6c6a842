//! RFC 6120 section 4.9.3: every stream error that a server has for a client.
//!
//! Not met by a server of clients: host-gone, improper-addressing, invalid-xml (nothing is validated),
//! remote-connection-failed, reset, see-other-host, undefined-condition. internal-server-error is for
//! a system that gives no random numbers.

use std::time::Duration;

use televisor_server::Limits;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::stream::StreamCondition;

use crate::client::Client;
use crate::household::{ANN, BOB, DOMAIN, Household, LAN, LOOPBACK, PASSCODE};

/// Opens a stream with this header, and returns how it ended.
async fn header(header: &str) -> Option<StreamCondition> {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    client.send(&header.replace("TO", &format!("to='{DOMAIN}'"))).await;
    client.end().await
}

/// Sends this in a session, and returns how it ended.
async fn in_session(text: &str) -> Option<StreamCondition> {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send_what_goes(text).await;
    ann.end().await
}

#[tokio::test]
async fn section_4_9_3_1_text_between_stanzas_is_bad_format() {
    assert_eq!(in_session("<presence/>hello").await, Some(StreamCondition::BadFormat));
}

#[tokio::test]
async fn section_4_9_3_2_another_prefix_for_the_stream_is_understood() {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    client
        .send(&format!(
            "<s:stream xmlns='jabber:client' xmlns:s='{}' to='{DOMAIN}' version='1.0'>",
            ns::STREAMS
        ))
        .await;
    client.header().await;
    assert!(client.element().await.is("features", ns::STREAMS));
}

#[tokio::test]
async fn section_4_9_3_2_a_prefix_that_is_not_declared_is_not_well_formed() {
    assert_eq!(in_session("<x:presence/>").await, Some(StreamCondition::NotWellFormed));
}

#[tokio::test]
async fn section_4_9_3_3_an_older_session_with_the_same_resource_is_a_conflict() {
    let house = Household::new().await;
    let mut old = house.login(ANN, "sofa").await;
    let _new = house.login(ANN, "sofa").await;
    assert_eq!(old.end().await, Some(StreamCondition::Conflict));
}

#[tokio::test]
async fn section_4_9_3_4_silence_that_goes_on_is_a_connection_timeout() {
    let short = Duration::from_millis(50);
    let limits = Limits { idle: short, patience: short, ..Limits::default() };
    let house = Household::with(limits).await;
    let mut ann = house.login(ANN, "sofa").await;
    assert!(ann.element().await.has_child("ping", ns::PING));
    assert_eq!(ann.end().await, Some(StreamCondition::ConnectionTimeout));
}

#[tokio::test]
async fn section_4_9_3_6_a_host_that_is_not_served_is_unknown() {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    client.open("elsewhere.example").await;
    assert_eq!(client.end().await, Some(StreamCondition::HostUnknown));
}

#[tokio::test]
async fn section_4_9_3_9_a_stanza_from_somebody_else_is_an_invalid_from() {
    let text = format!("<message from='{BOB}@{DOMAIN}' to='{ANN}@{DOMAIN}'/>");
    assert_eq!(in_session(&text).await, Some(StreamCondition::InvalidFrom));
    assert_eq!(in_session("<presence from='@@'/>").await, Some(StreamCondition::InvalidFrom));
}

#[tokio::test]
async fn section_4_9_3_9_a_stream_from_an_account_of_another_host_is_an_invalid_from() {
    for from in ["ann@elsewhere.example", "elsewhere.example", "@@"] {
        let text = format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='{}' from='{from}' TO version='1.0'>",
            ns::STREAMS
        );
        assert_eq!(header(&text).await, Some(StreamCondition::InvalidFrom), "{from}");
    }
}

#[tokio::test]
async fn section_4_9_3_10_another_namespace_of_the_stream_is_invalid() {
    let text = "<stream:stream xmlns='jabber:client' xmlns:stream='http://wrong.example/' TO \
                version='1.0'>";
    assert_eq!(header(text).await, Some(StreamCondition::InvalidNamespace));
}

#[tokio::test]
async fn section_4_9_3_10_another_namespace_of_the_content_is_invalid() {
    let text = "<stream:stream xmlns='jabber:wrong' \
                xmlns:stream='http://etherx.jabber.org/streams' TO version='1.0'>";
    assert_eq!(header(text).await, Some(StreamCondition::InvalidNamespace));
}

#[tokio::test]
async fn section_4_9_3_12_a_stanza_before_authentication_is_not_authorized() {
    for stanza in
        ["<message><body>hello</body></message>", "<presence/>", "<iq type='get' id='1'/>"]
    {
        let house = Household::new().await;
        let mut client = house.connect(LOOPBACK);
        client.features(DOMAIN).await;
        client.send(stanza).await;
        assert_eq!(client.end().await, Some(StreamCondition::NotAuthorized), "{stanza}");
    }
}

#[tokio::test]
async fn section_4_9_3_13_xml_that_is_none_is_not_well_formed() {
    for text in ["<message><body></message>", "<message to=x/>", "<presence a='1' a='2'/>", "< x/>"]
    {
        assert_eq!(in_session(text).await, Some(StreamCondition::NotWellFormed), "{text}");
    }
}

#[tokio::test]
async fn section_4_9_3_14_a_stanza_that_is_too_large_is_a_policy_violation() {
    let limit = Limits::default().bytes_after;
    let text = format!("<message><body>{}</body></message>", "x".repeat(limit));
    assert_eq!(in_session(&text).await, Some(StreamCondition::PolicyViolation));
}

#[tokio::test]
async fn section_4_9_3_17_one_who_does_not_read_is_a_resource_constraint() {
    let limits = Limits { outbox: 2, ..Limits::default() };
    let house = Household::with(limits).await;
    let mut slow = house.pipe(LOOPBACK, 1024);
    slow.login(DOMAIN, "SCRAM-SHA-256", ANN, PASSCODE).await;
    slow.bind("sofa").await;
    let router = house.server.context().router();
    let jid = router.sessions(ANN).remove(0).origin.jid.clone();
    let text = Element::builder("message", ns::CLIENT).field("body", "x".repeat(900)).build();
    while router.send(&jid, &text) {
        tokio::task::yield_now().await;
    }
    assert_eq!(slow.end().await, Some(StreamCondition::ResourceConstraint));
}

#[tokio::test]
async fn section_4_9_3_18_what_xmpp_leaves_out_of_xml_is_restricted() {
    for text in [
        "<!-- hello -->",
        "<?php hello ?>",
        "<!DOCTYPE x [<!ENTITY y 'z'>]>",
        "<message><body>&hello;</body></message>",
        "<message><!-- hello --></message>",
    ] {
        assert_eq!(in_session(text).await, Some(StreamCondition::RestrictedXml), "{text}");
    }
}

#[tokio::test]
async fn section_4_9_3_20_a_server_that_goes_down_says_so() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    let server = house.server.clone();
    let down = tokio::spawn(async move { server.shutdown().await });
    assert_eq!(ann.end().await, Some(StreamCondition::SystemShutdown));
    drop(ann);
    down.await.unwrap();
}

#[tokio::test]
async fn section_4_9_3_22_another_encoding_than_utf_8_is_unsupported() {
    let text = "<?xml version='1.0' encoding='ISO-8859-1'?><stream:stream xmlns='jabber:client' \
                xmlns:stream='http://etherx.jabber.org/streams' TO version='1.0'>";
    assert_eq!(header(text).await, Some(StreamCondition::UnsupportedEncoding));
}

#[tokio::test]
async fn section_4_9_3_22_bytes_that_are_not_utf_8_are_unsupported() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send_bytes(b"<message><body>\xc3\x28</body></message>").await;
    assert_eq!(ann.end().await, Some(StreamCondition::UnsupportedEncoding));
}

#[tokio::test]
async fn section_4_9_3_23_a_server_where_there_is_no_federation_needs_an_unsupported_feature() {
    let house = Household::new().await;
    let mut server = house.connect(LAN);
    server
        .send(&format!(
            "<stream:stream xmlns='jabber:server' xmlns:stream='{}' from='a.example' to='{DOMAIN}' \
             version='1.0'>",
            ns::STREAMS
        ))
        .await;
    assert_eq!(server.end().await, Some(StreamCondition::UnsupportedFeature));
}

#[tokio::test]
async fn section_4_9_3_24_an_element_that_is_no_stanza_is_of_an_unsupported_type() {
    let query = "<query xmlns='jabber:iq:roster'/>";
    for text in [query, "<pubsub/>", "<message xmlns='jabber:server'/>"] {
        assert_eq!(in_session(text).await, Some(StreamCondition::UnsupportedStanzaType), "{text}");
    }
}

#[tokio::test]
async fn section_4_9_3_25_a_version_before_1_0_is_unsupported() {
    for version in ["", "version='0.9'"] {
        let text = format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='{}' TO {version}>",
            ns::STREAMS
        );
        assert_eq!(header(&text).await, Some(StreamCondition::UnsupportedVersion), "{version}");
    }
}

/// Section 4.9.1.1: the error is the last thing but the end, and the connection is closed.
#[tokio::test]
async fn section_4_9_1_1_after_an_error_the_stream_is_closed() {
    let house = Household::new().await;
    let mut ann: Client = house.login(ANN, "sofa").await;
    ann.send("<!-- -->").await;
    let error = ann.element().await;
    assert!(error.is("error", ns::STREAMS));
    assert_eq!(ann.end().await, None, "nothing but the end comes after it");
}
