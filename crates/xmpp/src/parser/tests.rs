//! Streams as they should be, streams as they come in pieces, and streams meant to do harm.

use proptest::prelude::*;

use super::*;
use crate::writer;

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
                      xmlns:stream='http://etherx.jabber.org/streams' to='example.com' \
                      version='1.0' xml:lang='de'>";

/// Reads all there is.
fn drain(parser: &mut StreamParser) -> Result<Vec<StreamEvent>, ParseError> {
    std::iter::from_fn(|| parser.next_event().transpose()).collect()
}

/// Reads a stream that arrives at once.
fn events(text: &str, limits: Limits) -> Result<Vec<StreamEvent>, ParseError> {
    let mut parser = StreamParser::new(limits);
    parser.push(text.as_bytes());
    drain(&mut parser)
}

/// An open stream.
fn opened(limits: Limits) -> StreamParser {
    let mut parser = StreamParser::new(limits);
    parser.push(HEADER.as_bytes());
    assert!(matches!(parser.next_event(), Ok(Some(StreamEvent::Open(_)))));
    parser
}

/// What an open stream says to `text`.
fn refused(text: impl AsRef<[u8]>) -> ParseError {
    let mut parser = opened(Limits::AUTHENTICATED);
    parser.push(text.as_ref());
    let error = drain(&mut parser).unwrap_err();
    assert_eq!(parser.next_event(), Err(error.clone()), "an error is final");
    error
}

#[test]
fn a_header_tells_its_attributes_and_content_namespace() {
    let events = events(HEADER, Limits::UNAUTHENTICATED).unwrap();
    let [StreamEvent::Open(header)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(header.namespace, ns::CLIENT);
    assert_eq!(header.to.as_deref(), Some("example.com"));
    assert_eq!(header.version, Some(Version::V1_0));
    assert_eq!(header.lang.as_deref(), Some("de"));
}

#[test]
fn a_header_that_is_written_is_read_back() {
    for namespace in [ns::CLIENT, ns::SERVER] {
        let header = StreamHeader {
            namespace: namespace.to_owned(),
            to: Some("a@Test\\20Set-top\\20Box".to_owned()),
            from: Some("'<&>'".to_owned()),
            id: Some("x\"y".to_owned()),
            version: Some(Version::V1_0),
            lang: Some("en".to_owned()),
        };
        let mut text = String::new();
        writer::write_stream_header(&header, &mut text);
        let events = events(&text, Limits::UNAUTHENTICATED).unwrap();
        assert_eq!(events, [StreamEvent::Open(header)]);
    }
}

#[test]
fn stanzas_arrive_in_any_pieces() {
    let stream =
        format!("{HEADER} <presence/>\n<message><body>é &lt;📺</body></message></stream:stream>");
    let whole = events(&stream, Limits::UNAUTHENTICATED).unwrap();
    assert_eq!(whole.len(), 4);
    assert_eq!(whole.last(), Some(&StreamEvent::Close));
    for size in [1, 2, 3, 7, 64] {
        let mut parser = StreamParser::new(Limits::UNAUTHENTICATED);
        let mut pieces = Vec::new();
        for chunk in stream.as_bytes().chunks(size) {
            parser.push(chunk);
            pieces.extend(drain(&mut parser).unwrap());
        }
        assert_eq!(pieces, whole, "in pieces of {size}");
    }
}

#[test]
fn nothing_follows_the_end_of_a_stream() {
    let mut parser = opened(Limits::AUTHENTICATED);
    parser.push(b"</stream:stream><presence/>");
    assert_eq!(drain(&mut parser).unwrap(), [StreamEvent::Close]);
    parser.push(b"<presence/>");
    assert_eq!(parser.next_event(), Ok(None));
}

#[test]
fn a_line_break_before_the_header_is_forgiven() {
    let events = events(&format!("\r\n {HEADER}"), Limits::UNAUTHENTICATED).unwrap();
    assert_eq!(events.len(), 1);
}

#[test]
fn after_a_reset_unread_bytes_belong_to_the_new_stream() {
    let mut parser = opened(Limits::UNAUTHENTICATED);
    parser.push(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    parser.push(HEADER.as_bytes());
    assert!(matches!(parser.next_event(), Ok(Some(StreamEvent::Stanza(_)))));
    parser.reset();
    assert!(matches!(parser.next_event(), Ok(Some(StreamEvent::Open(_)))));
}

#[test]
fn what_was_sent_in_the_clear_is_thrown_away_at_starttls() {
    let mut parser = opened(Limits::UNAUTHENTICATED);
    parser.push(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><injected/>");
    assert!(matches!(parser.next_event(), Ok(Some(StreamEvent::Stanza(_)))));
    assert!(parser.discard(), "there was something");
    assert!(!parser.discard());
    parser.push(HEADER.as_bytes());
    assert!(matches!(parser.next_event(), Ok(Some(StreamEvent::Open(_)))));
    assert_eq!(parser.next_event(), Ok(None));
}

#[test]
fn restricted_xml_is_told_from_what_is_not_well_formed() {
    let restricted = [
        "<!-- x -->",
        "<message><!-- x --></message>",
        "<?php?>",
        "<message><?php?></message>",
        "<!DOCTYPE x>",
        "<message><!ENTITY x 'y'></message>",
        "<message>&x;</message>",
        "<message a='&x;'/>",
    ];
    for text in restricted {
        assert_eq!(refused(text).condition(), StreamCondition::RestrictedXml, "{text}");
    }
    let broken = [
        "<a></b>",
        "<a b='1' b='2'/>",
        "<a b=1/>",
        "<x:a/>",
        "<a>\u{1}</a>",
        "<a xmlns:x='urn:1' xmlns:y='urn:1' x:b='' y:b=''/>",
        "<a>]]></a>",
        "<1/>",
    ];
    for text in broken {
        assert_eq!(refused(text).condition(), StreamCondition::NotWellFormed, "{text}");
    }
}

#[test]
fn a_document_type_before_the_header_is_restricted_too() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'>]>";
    let error = events(bomb, Limits::UNAUTHENTICATED).unwrap_err();
    assert_eq!(error.condition(), StreamCondition::RestrictedXml);
}

#[test]
fn other_encodings_are_not_supported() {
    let error = events("<?xml version='1.0' encoding='UTF-16'?>", Limits::UNAUTHENTICATED);
    assert_eq!(error.unwrap_err().condition(), StreamCondition::UnsupportedEncoding);
    assert_eq!(refused(b"<a>\xff</a>").condition(), StreamCondition::UnsupportedEncoding);
}

#[test]
fn text_between_stanzas_is_a_bad_format() {
    assert_eq!(refused("<a/>hello").condition(), StreamCondition::BadFormat);
}

#[test]
fn what_is_no_stream_is_an_invalid_namespace() {
    for text in ["<html>", "<stream xmlns='jabber:client'>", "<stream xmlns='jabber:client'/>"] {
        let error = events(text, Limits::UNAUTHENTICATED).unwrap_err();
        assert_eq!(error.condition(), StreamCondition::InvalidNamespace, "{text}");
    }
    let error = events("GET / HTTP/1.1\r\n\r\n", Limits::UNAUTHENTICATED).unwrap_err();
    assert_eq!(error.condition(), StreamCondition::NotWellFormed);
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let deep = format!("<message>{}", "<a>".repeat(12_000));
    assert_eq!(refused(deep), ParseError::TooDeep { limit: 64 });
    let allowed = format!("{}{}", "<a>".repeat(64), "</a>".repeat(64));
    let mut parser = opened(Limits::UNAUTHENTICATED);
    parser.push(allowed.as_bytes());
    assert_eq!(drain(&mut parser).unwrap().len(), 1);
    let document = "<a>".repeat(12_000);
    assert_eq!(
        Element::parse(document.as_bytes()),
        Err(ParseError::TooDeep { limit: Limits::REWRITTEN.depth })
    );
}

#[test]
fn an_endless_text_is_refused_while_it_arrives() {
    let limit = Limits::UNAUTHENTICATED.bytes;
    let mut parser = opened(Limits::UNAUTHENTICATED);
    parser.push(b"<message><body>");
    let chunk = [b'x'; 1024];
    let mut sent = 0;
    let error = loop {
        parser.push(&chunk);
        sent += chunk.len();
        match parser.next_event() {
            Ok(event) => assert_eq!(event, None),
            Err(error) => break error,
        }
    };
    assert_eq!(error, ParseError::TooLong { limit });
    assert!(sent <= limit + chunk.len(), "noticed after {sent} bytes");
    parser.push(&chunk);
    assert!(parser.unread.is_empty(), "nothing is collected after an error");
}

#[test]
fn a_stanza_may_be_as_long_as_the_limit_and_not_a_byte_longer() {
    let limits = Limits { depth: 64, bytes: 256 };
    let of_length = |length: usize| format!("<a>{}</a>", "x".repeat(length - 7));
    let mut parser = opened(limits);
    parser.push(of_length(256).repeat(3).as_bytes());
    assert_eq!(drain(&mut parser).unwrap().len(), 3, "each stanza is counted anew");
    parser.push(of_length(257).as_bytes());
    assert_eq!(parser.next_event(), Err(ParseError::TooLong { limit: 256 }));
}

#[test]
fn a_long_namespace_used_by_many_is_refused() {
    let long = "urn:".repeat(1000);
    let by_elements = format!("<a xmlns:x='{long}'>{}</a>", "<x:b/>".repeat(1000));
    let by_attributes = format!("<a xmlns:x='{long}'>{}</a>", "<b x:c=''/>".repeat(1000));
    for text in [by_elements, by_attributes] {
        assert!(text.len() < 20_000);
        assert!(matches!(refused(text), ParseError::TooLong { .. }));
    }
}

#[test]
fn many_elements_that_inherit_a_long_namespace_are_fine() {
    let long = "urn:".repeat(1000);
    let text = format!("<a xmlns='{long}'>{}</a>", "<b/>".repeat(10_000));
    let mut parser = opened(Limits::AUTHENTICATED);
    parser.push(text.as_bytes());
    let Ok(Some(StreamEvent::Stanza(stanza))) = parser.next_event() else { panic!() };
    assert_eq!(stanza.to_xml(), text);
}

#[test]
fn a_stanza_with_twenty_thousand_attributes_is_read_in_no_time() {
    let attributes: String = (0..20_000).map(|n| format!(" a{n}=''")).collect();
    let mut parser = opened(Limits::AUTHENTICATED);
    parser.push(format!("<a{attributes}/>").as_bytes());
    let Ok(Some(StreamEvent::Stanza(stanza))) = parser.next_event() else { panic!() };
    assert_eq!(stanza.attrs().count(), 20_000);
}

#[test]
fn an_endless_header_is_refused() {
    let header = HEADER.replace("to='", &format!("{} to='", "a='x' ".repeat(5_000)));
    let error = events(&header, Limits::UNAUTHENTICATED).unwrap_err();
    assert_eq!(error.condition(), StreamCondition::PolicyViolation);
    let long = HEADER.replace("to='", &format!("to='{}", "x".repeat(20_000)));
    let error = events(&long, Limits::UNAUTHENTICATED).unwrap_err();
    assert_eq!(error.condition(), StreamCondition::PolicyViolation);
}

#[test]
fn white_space_keeps_a_stream_alive_without_limit() {
    let mut parser = opened(Limits { depth: 64, bytes: 1000 });
    for _ in 0..100 {
        parser.push(&[b' '; 900]);
        assert_eq!(parser.next_event(), Ok(None));
    }
    parser.push(b"<presence/>");
    assert!(matches!(parser.next_event(), Ok(Some(StreamEvent::Stanza(_)))));
}

#[test]
fn a_picture_fits_into_an_attribute() {
    let mut parser = opened(Limits::AUTHENTICATED);
    parser.push(format!("<a b='{}'/>", "x".repeat(60_000)).as_bytes());
    assert_eq!(drain(&mut parser).unwrap().len(), 1);
}

#[test]
fn a_token_of_more_than_64_kib_is_a_policy_violation() {
    let long = "x".repeat(70_000);
    for text in [format!("<a b='{long}'/>"), format!("<{long}/>")] {
        assert_eq!(refused(text), ParseError::LongToken);
    }
}

#[test]
fn limits_can_grow_after_authentication() {
    let mut parser = opened(Limits::UNAUTHENTICATED);
    parser.set_limits(Limits::AUTHENTICATED);
    parser.push(format!("<a>{}</a>", "x".repeat(100_000)).as_bytes());
    assert_eq!(drain(&mut parser).unwrap().len(), 1);
}

#[test]
fn a_document_is_whole_and_nothing_more() {
    assert!(Element::parse(b"<a><b/></a> ").is_ok());
    for text in ["", "<a>", "<a/><b/>", "<a/>x"] {
        assert!(Element::parse(text.as_bytes()).is_err(), "{text}");
    }
    let limits = Limits { depth: 1, bytes: 10 };
    assert_eq!(
        Element::parse_within(b"<a>123456</a>", limits),
        Err(ParseError::TooLong { limit: 10 })
    );
}

/// A start tag that could be in a stanza.
fn any_start() -> impl Strategy<Value = Element> {
    let name = || prop_oneof!["[a-z]{1,4}", "[a-zé_][a-z0-9.-]{0,3}"];
    let namespaces = vec!["", ns::CLIENT, ns::STREAMS, ns::DIALBACK, "urn:x&'\"<y>"];
    let attribute_namespaces = vec!["", ns::XML, "urn:p", "urn:q"];
    let attribute = (name(), prop::sample::select(attribute_namespaces), text());
    (name(), prop::sample::select(namespaces), prop::collection::vec(attribute, 0..4)).prop_map(
        |(name, namespace, attributes)| {
            let mut element = Element::new(&name, namespace);
            for (name, namespace, value) in attributes {
                element.set_attr_ns(&name, namespace, value);
            }
            element
        },
    )
}

/// Any element, with mixed content.
fn any_element() -> impl Strategy<Value = Element> {
    any_start().prop_recursive(6, 40, 5, |inner| {
        let node = prop_oneof![inner.prop_map(Ok), text().prop_map(Err)];
        (any_start(), prop::collection::vec(node, 0..5)).prop_map(|(mut element, nodes)| {
            for node in nodes {
                match node {
                    Ok(child) => element.push(child),
                    Err(text) => element.push_text(&text),
                }
            }
            element
        })
    })
}

/// Text of the characters that XML can carry.
fn text() -> impl Strategy<Value = String> {
    let forbidden = |c: &char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    prop::collection::vec(
        prop_oneof![
            prop::sample::select(vec!['<', '>', '&', '\'', '"', ']', '\r', '\n', '\t', ' ', 'é']),
            any::<char>().prop_filter("XML can carry it", move |c| !forbidden(c)),
        ],
        0..12,
    )
    .prop_map(String::from_iter)
}

/// Bytes with enough XML in them to get somewhere.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let scraps = [
        HEADER,
        "<a>",
        "</a>",
        "<message",
        " xmlns='",
        "urn:x",
        "'",
        ">",
        "/>",
        "<presence/>",
        "&amp;",
        "&#x",
        "]]>",
        "<![CDATA[",
        "<!--",
        "<?",
        "</stream:stream>",
        "x:y=\"",
        " ",
        "📺",
    ];
    let scrap = prop_oneof![
        8 => prop::sample::select(scraps.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    (any::<bool>(), prop::collection::vec(scrap, 0..60)).prop_map(|(header, scraps)| {
        let start = if header { HEADER.as_bytes() } else { b"" };
        [start, scraps.concat().as_slice()].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_bytes_in_any_pieces_do_no_harm_and_mean_the_same(
        bytes in any_bytes(),
        size in 1_usize..40,
    ) {
        let limits = Limits { depth: 5, bytes: 300 };
        let mut whole = StreamParser::new(limits);
        whole.push(&bytes);
        let mut pieces = StreamParser::new(limits);
        let mut failed = false;
        for chunk in bytes.chunks(size) {
            pieces.push(chunk);
            while let Some(event) = pieces.next_event().unwrap_or_else(|_| { failed = true; None }) {
                prop_assert_eq!(&whole.next_event().unwrap().unwrap(), &event);
            }
            prop_assert!(pieces.taken <= limits.bytes);
            prop_assert!(pieces.unread.is_empty());
        }
        match whole.next_event() {
            Ok(event) => prop_assert!(event.is_none() && !failed),
            // Which of several faults is seen first depends on the pieces.
            Err(_) => prop_assert!(pieces.next_event().is_err()),
        }
    }

    #[test]
    fn what_is_written_is_read_back(element in any_element()) {
        let text = element.to_xml();
        let back = Element::parse(text.as_bytes());
        prop_assert_eq!(back, Ok(element), "{}", text);
    }

    #[test]
    fn what_is_written_to_a_stream_arrives(elements in prop::collection::vec(any_element(), 1..4)) {
        let mut parser = opened(Limits::AUTHENTICATED);
        elements.iter().for_each(|element| parser.push(&element.to_bytes(ns::CLIENT)));
        let sent = elements.into_iter().map(StreamEvent::Stanza).collect::<Vec<_>>();
        prop_assert_eq!(drain(&mut parser).unwrap(), sent);
    }
}
