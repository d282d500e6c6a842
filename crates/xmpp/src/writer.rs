//! Elements and stream headers to text. The only writer: whatever reaches a peer passes here.
//!
//! Elements are written without prefixes, with a default namespace wherever it changes. Two exceptions
//! are for peers that match on the prefix: `stream:` for RFC 6120's own elements and `db:` for those of
//! XEP-0220. Each element declares what it uses, so it also stands alone in a WebSocket frame.
//!
//! Characters that XML 1.0 forbids (section 2.2) are written as U+FFFD: text from a programme guide
//! must not be able to end a stream.

use std::cell::Cell;

use crate::element::{Element, Node};
use crate::ns;
use crate::stream::StreamHeader;

/// Appends `element` to `out`, for a place where `default_namespace` is the default namespace.
pub fn write_element(element: &Element, default_namespace: &str, out: &mut String) {
    let mut open = vec![Step::Element(element, default_namespace)];
    while let Some(step) = open.pop() {
        match step {
            Step::Text(text) => write_text(text, out),
            Step::End(element) => {
                out.push_str("</");
                write_name(element, out);
                out.push('>');
            }
            Step::Element(element, default_namespace) => {
                let inner = write_start(element, default_namespace, out);
                if element.nodes().next().is_none() {
                    out.push_str("/>");
                    continue;
                }
                out.push('>');
                open.push(Step::End(element));
                let first = open.len();
                open.extend(element.nodes().map(|node| match node {
                    Node::Element(child) => Step::Element(child, inner),
                    Node::Text(text) => Step::Text(text),
                }));
                if let Some(children) = open.get_mut(first..) {
                    children.reverse();
                }
            }
        }
    }
}

thread_local! {
    /// Grows to what is usual, so that writing one more element takes no room of its own.
    static SCRATCH: Cell<String> = const { Cell::new(String::new()) };
}

/// What of it is kept for the next element.
const SCRATCH_KEPT: usize = 16 * 1024;

/// Runs `write` on an empty text that is as long as others were before.
pub(crate) fn with_scratch<T>(write: impl FnOnce(&mut String) -> T) -> T {
    let mut scratch = SCRATCH.take();
    scratch.clear();
    let written = write(&mut scratch);
    if scratch.capacity() <= SCRATCH_KEPT {
        SCRATCH.set(scratch);
    }
    written
}

/// Appends the XML declaration and the opening tag of a stream (RFC 6120 section 4.7).
pub fn write_stream_header(header: &StreamHeader, out: &mut String) {
    out.push_str("<?xml version='1.0'?><stream:stream");
    write_attribute("xmlns", &header.namespace, out);
    write_attribute("xmlns:stream", ns::STREAMS, out);
    if header.namespace == ns::SERVER {
        write_attribute("xmlns:db", ns::DIALBACK, out);
    }
    let version = header.version.map(|version| version.to_string());
    let attributes = [
        ("from", header.from.as_deref()),
        ("to", header.to.as_deref()),
        ("id", header.id.as_deref()),
        ("version", version.as_deref()),
        ("xml:lang", header.lang.as_deref()),
    ];
    for (name, value) in attributes {
        if let Some(value) = value {
            write_attribute(name, value, out);
        }
    }
    out.push('>');
}

/// The closing tag of a stream (RFC 6120 section 4.4).
pub const STREAM_CLOSE: &str = "</stream:stream>";

enum Step<'a> {
    Element(&'a Element, &'a str),
    Text(&'a str),
    End(&'a Element),
}

/// Writes `<name attributes` and returns the default namespace for what is inside.
fn write_start<'a>(element: &'a Element, default: &'a str, out: &mut String) -> &'a str {
    out.push('<');
    write_name(element, out);
    let mut inner = default;
    if let Some(prefix) = prefix_of(element) {
        // `xml` is bound by definition.
        if prefix != "xml" {
            write_attribute(&format!("xmlns:{prefix}"), element.namespace(), out);
        }
    } else if element.namespace() != default {
        inner = element.namespace();
        write_attribute("xmlns", inner, out);
    }
    let mut declared = None;
    let mut count = 0_usize;
    for attribute in element.attrs() {
        match attribute.namespace() {
            "" => out.push(' '),
            ns::XML => out.push_str(" xml:"),
            namespace => {
                // Attributes are sorted by namespace: a new one shows once.
                if declared != Some(namespace) {
                    count += 1;
                    declared = Some(namespace);
                    write_attribute(&format!("xmlns:ns{count}"), namespace, out);
                }
                out.push_str(&format!(" ns{count}:"));
            }
        }
        out.push_str(attribute.name());
        write_value(attribute.value(), out);
    }
    inner
}

fn write_name(element: &Element, out: &mut String) {
    if let Some(prefix) = prefix_of(element) {
        out.push_str(prefix);
        out.push(':');
    }
    out.push_str(element.name());
}

/// Returns the prefix that peers expect by tradition on this element.
fn prefix_of(element: &Element) -> Option<&'static str> {
    match element.namespace() {
        ns::STREAMS => Some("stream"),
        ns::DIALBACK => Some("db"),
        // The prefix `xml` is bound everywhere and its namespace may not be made the default.
        ns::XML => Some("xml"),
        _ => None,
    }
}

/// Appends ` name='value'`.
pub fn write_attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    write_value(value, out);
}

/// Writes `='value'`. White space other than the space is written as a reference, because a parser
/// would turn it into one (XML 1.0 section 3.3.3).
fn write_value(value: &str, out: &mut String) {
    out.push_str("='");
    write_runs(value, out, |character, out| match character {
        '\'' => out.push_str("&apos;"),
        '\t' => out.push_str("&#9;"),
        '\n' => out.push_str("&#10;"),
        character => write_char(character, out),
    });
    out.push('\'');
}

fn write_text(text: &str, out: &mut String) {
    write_runs(text, out, write_char);
}

/// Writes what needs no care as it is, run by run, and has `write` write each character that may.
fn write_runs(text: &str, out: &mut String, write: impl Fn(char, &mut String)) {
    let mut rest = text;
    while let Some((plain, special)) =
        rest.bytes().position(needs_care).and_then(|at| rest.split_at_checked(at))
    {
        out.push_str(plain);
        let mut characters = special.chars();
        if let Some(character) = characters.next() {
            write(character, out);
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Whether a byte begins a character that is not always written as it is: U+FFFE and U+FFFF begin with
/// the last of them.
const fn needs_care(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'\'' | 0..=0x1f | 0xef)
}

fn write_char(character: char, out: &mut String) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        // A bare carriage return would be read back as a line feed (XML 1.0 section 2.11).
        '\r' => out.push_str("&#13;"),
        '\t' | '\n' => out.push(character),
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
        character => out.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(document: &str) -> String {
        Element::parse(document.as_bytes()).unwrap().to_xml()
    }

    #[test]
    fn the_streams_own_namespace_is_not_declared_again() {
        let message = Element::builder("message", ns::CLIENT).field("body", "hi").build();
        let mut out = String::new();
        write_element(&message, ns::CLIENT, &mut out);
        assert_eq!(out, "<message><body>hi</body></message>");
    }

    #[test]
    fn a_child_without_namespace_undeclares_the_default() {
        let document = "<a xmlns='urn:a'><b xmlns=''/></a>";
        assert_eq!(rewritten(document), document);
    }

    #[test]
    fn stream_elements_carry_their_prefix_and_leave_the_default_alone() {
        let features = Element::builder("features", ns::STREAMS)
            .child(Element::new("starttls", ns::TLS))
            .child(Element::new("message", ns::CLIENT))
            .build();
        let text = String::from_utf8(features.to_bytes(ns::CLIENT).to_vec()).unwrap();
        assert_eq!(
            text,
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
             <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><message/></stream:features>"
        );
    }

    #[test]
    fn attributes_keep_their_namespaces() {
        let document = "<a xmlns='urn:a' xml:lang='en' xmlns:p='urn:p' xmlns:q='urn:q' p:x='1' \
                        q:x='2' p:y='3' x='4'/>";
        let element = Element::parse(document.as_bytes()).unwrap();
        assert_eq!(Element::parse(element.to_xml().as_bytes()).unwrap(), element);
        assert_eq!(element.attr_ns("y", "urn:p"), Some("3"));
    }

    #[test]
    fn special_characters_come_back_as_they_were() {
        let text = "a&b<c>d\"e'f\r\n\tg ]]> \u{1F4FA} \u{ff61}\u{e000}z";
        let element = Element::builder("a", "urn:a").attr("v", text).text(text).build();
        let back = Element::parse(element.to_xml().as_bytes()).unwrap();
        assert_eq!(back, element);
    }

    #[test]
    fn what_xml_forbids_is_replaced() {
        let element = Element::builder("a", "").attr("v", "\u{0}").text("x\u{b}\u{ffff}").build();
        let back = Element::parse(element.to_xml().as_bytes()).unwrap();
        assert_eq!(back.text(), "x\u{fffd}\u{fffd}");
        assert_eq!(back.attr("v"), Some("\u{fffd}"));
    }
}
