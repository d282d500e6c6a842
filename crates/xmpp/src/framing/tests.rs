//! Frames to a stream's bytes and back: what may be in one, and whatever may come.

use proptest::prelude::*;

use super::*;
use crate::element::Element;
use crate::parser::{Limits, StreamEvent, StreamParser};

const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='house.example' version='1.0'/>";
const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' from='house.example' id='x' version='1.0' \
    xml:lang='en'>";
const SUCCESS: &str = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";

fn inbound(frames: &[&str]) -> String {
    let mut inbound = Inbound::default();
    frames.iter().map(|frame| text(&inbound.frame(frame, 1))).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn frames(bytes: &str, chunk: usize) -> Vec<Frame> {
    let mut outbound = Outbound::default();
    let mut all = Vec::new();
    for part in bytes.as_bytes().chunks(chunk) {
        outbound.push(part);
        while let Some(frame) = outbound.next_frame() {
            all.push(frame);
        }
    }
    all
}

#[test]
fn open_becomes_a_header_that_the_parser_takes() {
    let mut parser = StreamParser::new(Limits::UNAUTHENTICATED);
    parser.push(inbound(&[OPEN]).as_bytes());
    let Ok(Some(StreamEvent::Open(header))) = parser.next_event() else { panic!("no header") };
    assert_eq!(header.to.as_deref(), Some("house.example"));
    assert_eq!(header.namespace, "jabber:client");
    assert_eq!(header.version.unwrap().to_string(), "1.0");
}

#[test]
fn what_stands_in_open_cannot_leave_its_attribute() {
    let open = OPEN.replace("house.example", "&apos;&gt;&lt;auth/&gt;");
    let mut parser = StreamParser::new(Limits::UNAUTHENTICATED);
    parser.push(inbound(&[&open]).as_bytes());
    let Ok(Some(StreamEvent::Open(header))) = parser.next_event() else { panic!("no header") };
    assert_eq!(header.to.as_deref(), Some("'><auth/>"));
    assert_eq!(parser.next_event(), Ok(None));
}

#[test]
fn close_ends_the_stream_and_what_follows_is_not_read() {
    let close = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
    let heard = inbound(&[OPEN, close, "<presence xmlns='jabber:client'/>"]);
    assert!(heard.ends_with("</stream:stream>"), "{heard}");
}

#[test]
fn a_whole_element_goes_through_as_it_is() {
    let stanza = "<message xmlns='jabber:client' id=\"a>b'/\"><body>1 &lt; 2<![CDATA[</body>]]></body></message>";
    assert_eq!(inbound(&[stanza]), stanza);
    assert_eq!(inbound(&["<a/>"]), "<a/>");
}

#[test]
fn a_frame_that_is_not_one_element_becomes_nonsense() {
    for frame in [
        "<a/><b/>",
        "<a>",
        "<a><b></a>",
        "</a>",
        "<a/>text",
        "text<a/>",
        "text",
        "<a",
        "<a b='",
        "<?xml version='1.0'?><a/>",
        "<!-- a --><a/>",
        "<![CDATA[x]]>",
        "<a><![CDATA[</a>",
        "</a><b>",
    ] {
        assert_eq!(inbound(&[frame]), "</>", "{frame}");
    }
}

#[test]
fn open_out_of_its_place_is_an_element_as_any_other() {
    let mut inbound = Inbound::default();
    inbound.frame(OPEN, 1);
    assert_eq!(text(&inbound.frame(OPEN, 1)), OPEN);
    assert!(text(&inbound.frame(OPEN, 2)).contains("<stream:stream"));
    assert_eq!(text(&inbound.frame(OPEN, 2)), OPEN);
}

#[test]
fn white_space_keeps_the_line_alive() {
    assert!(inbound(&[OPEN, " \r\n"]).ends_with("> "));
}

#[test]
fn a_header_becomes_open_and_the_end_close() {
    let heard = frames(&format!("{HEADER}</stream:stream>"), 7);
    let [Frame::Text(open), Frame::Close(close)] = &heard[..] else { panic!("{heard:?}") };
    let open = Element::parse(open.as_bytes()).unwrap();
    assert!(open.is("open", crate::ns::FRAMING));
    assert_eq!((open.attr("id"), open.attr("from")), (Some("x"), Some("house.example")));
    assert_eq!((open.attr("version"), open.lang()), (Some("1.0"), Some("en")));
    assert_eq!(close, "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
}

#[test]
fn each_element_is_a_frame_that_declares_what_it_uses() {
    let stream = format!(
        "{HEADER}<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>\
         <stream:error><x/></stream:error> \
         <message id='&apos; xmlns=&apos;'><body>hi</body></message>\
         <iq xmlns='jabber:client'/><presence/>{SUCCESS}"
    );
    let heard = frames(&stream, 1);
    let texts: Vec<&str> = heard
        .iter()
        .map(|frame| match frame {
            Frame::Text(text) | Frame::Close(text) => text.as_str(),
        })
        .skip(1)
        .collect();
    assert_eq!(
        texts,
        [
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>",
            "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><x/></stream:error>",
            "<message xmlns='jabber:client' id='&apos; xmlns=&apos;'><body>hi</body></message>",
            "<iq xmlns='jabber:client'/>",
            "<presence xmlns='jabber:client'/>",
            SUCCESS,
        ]
    );
}

#[test]
fn after_success_a_stream_may_be_opened_again() {
    let mut outbound = Outbound::default();
    outbound.push(HEADER.as_bytes());
    outbound.next_frame();
    assert_eq!(outbound.streams(), 1);
    outbound.push(SUCCESS.as_bytes());
    outbound.next_frame();
    assert_eq!(outbound.streams(), 2);
    outbound.push(HEADER.as_bytes());
    let Some(Frame::Text(open)) = outbound.next_frame() else { panic!("no frame") };
    assert!(open.starts_with("<open"), "{open}");
    outbound.push(b"</stream:stream>");
    assert!(matches!(outbound.next_frame(), Some(Frame::Close(_))));
}

proptest! {
    #[test]
    fn any_text_never_panics_and_a_frame_never_leaves_the_element_it_began(text in "\\PC*") {
        let mut inbound = Inbound::default();
        inbound.frame(&text, 1);
    }

    #[test]
    fn markup_never_panics(text in "[<>/'\"= a!?\\[\\]CDAT-]{0,60}", chunk in 1_usize..9) {
        let bytes = inbound(&[&text]);
        // What is passed on is an element by itself, or the parser refuses it.
        if bytes != "</>" {
            let mut parser = StreamParser::new(Limits::AUTHENTICATED);
            parser.push(HEADER.as_bytes());
            parser.push(bytes.as_bytes());
            parser.push(b"<end/>");
            let mut events = Vec::new();
            while let Ok(Some(event)) = parser.next_event() {
                events.push(event);
            }
            let failed = parser.next_event().is_err();
            prop_assert!(failed || bytes.trim().is_empty() || events.len() == 3, "{bytes}: {events:?}");
        }
        frames(&format!("{HEADER}{text}"), chunk);
    }
}
