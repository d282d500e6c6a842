//! A client's frames to the bytes of its stream (RFC 7395 section 3.3).

use std::borrow::Cow;

use crate::element::Element;
use crate::framing::tags::{self, Mark, Tags};
use crate::parser::Limits;
use crate::stream::{StreamHeader, Version};
use crate::{ns, writer};

/// What is passed on instead of a frame that is no element: it is no XML anywhere, so that the stream
/// ends with `not-well-formed`.
const NONSENSE: &[u8] = b"</>";

/// Bytes of an `<open/>` or `<close/>`: as much as a stream header may have.
const CONTROL: Limits = Limits::UNAUTHENTICATED;

/// The frames of one client.
#[derive(Debug, Default)]
pub struct Inbound {
    /// Streams opened so far.
    opened: usize,
    closed: bool,
}

impl Inbound {
    /// Returns the bytes that one text frame stands for: a stream header for `<open/>`, the end tag for
    /// `<close/>`, and everything else as it is, if it is one whole element. `streams` says how many streams
    /// the client may have opened by now ([`Outbound::streams`](super::Outbound::streams)). After
    /// `<close/>` there is nothing more.
    pub fn frame<'a>(&mut self, frame: &'a str, streams: usize) -> Cow<'a, [u8]> {
        if self.closed {
            return Cow::Borrowed(b"");
        }
        // COMPAT(several clients): white space to keep the line alive, which should be a ping.
        let text = frame.trim_matches(|c: char| c.is_ascii_whitespace());
        if text.is_empty() {
            return Cow::Borrowed(if self.opened > 0 { b" " } else { b"" });
        }
        let Some(tag) = root(text) else { return Cow::Borrowed(NONSENSE) };
        if !tags::attributes(tag).any(|(_, value)| value == ns::FRAMING) {
            return Cow::Borrowed(text.as_bytes());
        }
        let Ok(element) = Element::parse_within(text.as_bytes(), CONTROL) else {
            return Cow::Borrowed(NONSENSE);
        };
        if element.is("close", ns::FRAMING) && self.opened > 0 {
            self.closed = true;
            return Cow::Borrowed(writer::STREAM_CLOSE.as_bytes());
        }
        if element.is("open", ns::FRAMING) && self.opened < streams {
            self.opened += 1;
            return Cow::Owned(header(&element).into_bytes());
        }
        // Out of its place it is an element as any other, and the stream says so.
        Cow::Borrowed(text.as_bytes())
    }

    /// Returns what stands for a frame that is not text, which none may be (section 3.2).
    #[must_use]
    pub const fn not_text(&self) -> &'static [u8] {
        NONSENSE
    }

    /// Whether the client has opened its stream, and not closed it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.opened > 0 && !self.closed
    }
}

fn header(open: &Element) -> String {
    let header = StreamHeader {
        namespace: ns::CLIENT.to_owned(),
        to: open.attr("to").map(str::to_owned),
        from: open.attr("from").map(str::to_owned),
        id: None,
        version: open.attr("version").and_then(Version::parse),
        lang: open.lang().map(str::to_owned),
    };
    let mut text = String::new();
    writer::write_stream_header(&header, &mut text);
    text
}

/// Returns the first tag of `text` if the whole of it is one element.
fn root(text: &str) -> Option<&str> {
    let mut tags = Tags::default();
    let (mut depth, mut first, mut over) = (0_usize, None, false);
    for (at, byte) in text.bytes().enumerate() {
        // After the root there is nothing; before it, nothing either (section 3.3.3 has no declaration).
        if over || (at == 0 && byte != b'<') {
            return None;
        }
        let Some(mark) = tags.take(byte) else { continue };
        match mark {
            Mark::Start | Mark::Empty if first.is_none() => first = text.get(..=at),
            Mark::Aside if depth == 0 => return None,
            Mark::Start | Mark::Empty | Mark::End | Mark::Aside => {}
        }
        depth = match mark {
            Mark::Start => depth + 1,
            Mark::End => depth.checked_sub(1)?,
            Mark::Empty | Mark::Aside => depth,
        };
        over = depth == 0;
    }
    first.filter(|_| over && tags.in_text())
}
