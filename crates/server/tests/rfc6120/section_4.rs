//! RFC 6120 section 4: streams.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::stream::{StreamCondition, StreamHeader, Version};

use crate::household::{ALIAS, ANN, DOMAIN, Household, LOOPBACK, PASSCODE};

/// Opens a stream with these attributes beside the namespaces, and returns the answer.
async fn answer(attributes: &str) -> StreamHeader {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    client
        .send(&format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='{}' {attributes}>",
            ns::STREAMS
        ))
        .await;
    client.header().await
}

#[tokio::test]
async fn section_4_3_2_features_follow_the_header_even_if_there_is_no_wish() {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    client.open(DOMAIN).await;
    assert!(client.element().await.is("features", ns::STREAMS));
}

#[tokio::test]
async fn section_4_3_3_a_stream_that_begins_again_has_another_id() {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    let first = client.open(DOMAIN).await.id.unwrap();
    client.element().await;
    client.starttls().await;
    let second = client.open(DOMAIN).await.id.unwrap();
    client.element().await;
    client.authenticate("SCRAM-SHA-256", ANN, PASSCODE).await;
    client.restart();
    let third = client.open(DOMAIN).await.id.unwrap();
    assert!(first != second && second != third && first != third);
}

#[tokio::test]
async fn section_4_4_a_stream_that_is_closed_is_closed_in_turn() {
    let house = Household::new().await;
    for at_once in [true, false] {
        let mut client = house.connect(LOOPBACK);
        client.features(DOMAIN).await;
        if !at_once {
            client.authenticate("SCRAM-SHA-256", ANN, PASSCODE).await;
            client.restart();
            client.features(DOMAIN).await;
        }
        client.send("</stream:stream>").await;
        assert_eq!(client.end().await, None);
    }
}

#[tokio::test]
async fn section_4_7_1_the_answer_is_from_the_host_that_was_asked_for() {
    assert_eq!(answer(&format!("to='{DOMAIN}' version='1.0'")).await.from.as_deref(), Some(DOMAIN));
    assert_eq!(answer(&format!("to='{ALIAS}' version='1.0'")).await.from.as_deref(), Some(ALIAS));
}

#[tokio::test]
async fn section_4_7_1_a_stream_to_no_host_is_answered_by_the_default_one() {
    assert_eq!(answer("version='1.0'").await.from.as_deref(), Some(DOMAIN));
}

#[tokio::test]
async fn section_4_7_2_the_answer_is_to_the_address_that_the_client_said() {
    let from = format!("{ANN}@{DOMAIN}");
    let header = answer(&format!("to='{DOMAIN}' from='{from}' version='1.0'")).await;
    assert_eq!(header.to.as_ref(), Some(&from));
    let header = answer(&format!("to='{DOMAIN}' from='{from}/sofa' version='1.0'")).await;
    assert_eq!(header.to, Some(from));
}

#[tokio::test]
async fn section_4_7_2_a_client_that_says_no_address_is_answered_without_one() {
    assert_eq!(answer(&format!("to='{DOMAIN}' version='1.0'")).await.to, None);
}

#[tokio::test]
async fn section_4_7_3_every_stream_has_an_id_that_nobody_can_guess() {
    let attributes = format!("to='{DOMAIN}' version='1.0'");
    let (one, two) = (answer(&attributes).await.id.unwrap(), answer(&attributes).await.id.unwrap());
    assert!(one != two && one.len() >= 22, "{one} {two}");
}

#[tokio::test]
async fn section_4_7_4_the_answer_names_its_language() {
    let header = answer(&format!("to='{DOMAIN}' version='1.0' xml:lang='de'")).await;
    assert_eq!(header.lang.as_deref(), Some("en"));
}

/// Opens a session on streams in this language, if it is one, and returns what it says to itself.
async fn said(lang: &str, stanza: &str) -> Element {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    let header = format!(
        "<stream:stream xmlns='jabber:client' xmlns:stream='{}' to='{DOMAIN}' version='1.0' \
         xml:lang='{lang}'>",
        ns::STREAMS
    );
    client.features(DOMAIN).await;
    client.authenticate("SCRAM-SHA-256", ANN, PASSCODE).await;
    client.restart();
    client.send(&header).await;
    client.header().await;
    assert!(client.element().await.is("features", ns::STREAMS));
    client.bind("sofa").await;
    client.send(stanza).await;
    client.element().await
}

#[tokio::test]
async fn section_4_7_4_what_is_said_on_a_stream_is_in_its_language_if_it_says_no_other() {
    let message = format!("<message to='{ANN}@{DOMAIN}/sofa'><body>Tag</body></message>");
    assert_eq!(said("de", &message).await.lang(), Some("de"));
    assert_eq!(said("de-AT", "<presence/>").await.lang(), Some("de-AT"));
    let other = message.replace("<message", "<message xml:lang='cs'");
    assert_eq!(said("de", &other).await.lang(), Some("cs"));
}

#[tokio::test]
async fn section_4_7_4_what_everybody_assumes_or_is_no_language_is_not_said() {
    for lang in ["", "en", "EN", "d e", &"x".repeat(36)] {
        assert_eq!(said(lang, "<presence/>").await.lang(), None, "{lang}");
    }
    let iq = format!("<iq type='get' id='1' to='{ANN}@{DOMAIN}/sofa'><a xmlns='urn:a'/></iq>");
    assert_eq!(said("de", &iq).await.lang(), None);
}

#[tokio::test]
async fn section_4_7_5_the_answer_has_the_lower_version() {
    for version in ["1.0", "1.1", "1.10", "2.0"] {
        let header = answer(&format!("to='{DOMAIN}' version='{version}'")).await;
        assert_eq!(header.version, Some(Version::V1_0), "{version}");
    }
}

#[tokio::test]
async fn section_4_9_1_2_an_error_in_the_header_is_told_on_a_stream() {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    client.send("<stream:stream xmlns='jabber:client'>").await;
    assert_eq!(client.header().await.from.as_deref(), Some(DOMAIN));
    assert_eq!(client.end().await, Some(StreamCondition::NotWellFormed));
}

#[tokio::test]
async fn section_4_9_1_3_an_error_about_the_host_is_from_one_that_is_served() {
    let house = Household::new().await;
    let mut client = house.connect(LOOPBACK);
    assert_eq!(client.open("elsewhere.example").await.from.as_deref(), Some(DOMAIN));
}

#[tokio::test]
async fn section_4_6_1_white_space_between_stanzas_is_nothing() {
    let house = Household::new().await;
    let mut ann = house.login(ANN, "sofa").await;
    ann.send(" \n\t ").await;
    ann.send(&format!("<iq type='get' id='1' to='{DOMAIN}'><ping xmlns='{}'/></iq>", ns::PING))
        .await;
    assert_eq!(ann.element().await.attr("type"), Some("result"));
}
