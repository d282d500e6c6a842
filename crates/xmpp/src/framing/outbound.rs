//! The bytes of a server's stream to frames (RFC 7395 section 3.3).

use std::ops::Range;

use crate::element::Element;
use crate::framing::tags::{self, Mark, Tags};
use crate::ns;
use crate::parser::{Limits, StreamEvent, StreamParser};

/// The name that our own writer gives to a stream's outermost element.
const STREAM: &str = "stream:stream";

/// What goes to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text frame.
    Text(String),
    /// The last one: `<close/>`. The connection is closed after it.
    Close(String),
}

/// Cuts the bytes of a stream, as this server writes them, into frames.
#[derive(Debug, Default)]
pub struct Outbound {
    tags: Tags,
    /// Bytes of the frame under way.
    waiting: Vec<u8>,
    /// How many of them have been looked at.
    seen: usize,
    depth: usize,
    /// The end of the first tag of the element under way.
    first: usize,
    /// How often the client has been told to open its stream again.
    restarts: usize,
}

impl Outbound {
    /// Adds bytes that the server wrote.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// Returns how many streams the client may have opened by now: one, and one more after each success
    /// of SASL (section 3.7).
    #[must_use]
    pub const fn streams(&self) -> usize {
        self.restarts + 1
    }

    /// Returns the next whole frame, if there is one.
    pub fn next_frame(&mut self) -> Option<Frame> {
        while let Some(byte) = self.waiting.get(self.seen).copied() {
            self.seen += 1;
            let Some(mark) = self.tags.take(byte) else { continue };
            if let Some(frame) = self.mark(mark) {
                return Some(frame);
            }
        }
        // White space between elements is for connections that have no pings of their own.
        if self.depth <= 1 && self.tags.in_text() {
            self.cut();
        }
        None
    }

    fn mark(&mut self, mark: Mark) -> Option<Frame> {
        match mark {
            Mark::Start if self.depth <= 1 && self.is_header() => {
                self.depth = 1;
                let header = self.cut();
                Some(Frame::Text(open(&header)))
            }
            Mark::Start => {
                self.depth += 1;
                if self.depth == 2 {
                    self.first = self.seen;
                }
                None
            }
            Mark::Empty if self.depth <= 1 => {
                self.first = self.seen;
                Some(self.element())
            }
            Mark::Empty | Mark::Aside => None,
            Mark::End => {
                self.depth = self.depth.saturating_sub(1);
                match self.depth {
                    0 => {
                        self.cut();
                        Some(Frame::Close(Element::new("close", ns::FRAMING).to_xml()))
                    }
                    1 => Some(self.element()),
                    _ => None,
                }
            }
        }
    }

    fn is_header(&self) -> bool {
        self.tag(0..self.seen).is_some_and(|tag| tags::name(tag).0 == STREAM)
    }

    /// Returns the tag that ends a stretch of bytes, from its `<`.
    fn tag(&self, range: Range<usize>) -> Option<&str> {
        let text = std::str::from_utf8(self.waiting.get(range)?).ok()?;
        // A declaration may come before it.
        let text = text.rsplit_once("?>").map_or(text, |(_, tag)| tag);
        Some(text.trim_start())
    }

    /// Takes the element under way as a frame that stands alone (section 3.3.3).
    fn element(&mut self) -> Frame {
        let first = self.first;
        let bytes = self.cut();
        let text = String::from_utf8_lossy(&bytes);
        let (tag, rest) = text.split_at_checked(first).unwrap_or((&text, ""));
        let tag = tag.trim_start();
        let (name, after) = tags::name(tag);
        let declared = |wanted: &str| tags::attributes(tag).any(|(name, _)| name == wanted);
        let missing = match name.split_once(':') {
            Some(("stream", _)) => ("xmlns:stream", ns::STREAMS),
            Some(_) | None => ("xmlns", ns::CLIENT),
        };
        let sasl = || tags::attributes(tag).any(|(_, value)| value == ns::SASL);
        self.restarts += usize::from(name == "success" && sasl());
        if declared(missing.0) {
            return Frame::Text(format!("{tag}{rest}"));
        }
        Frame::Text(format!("<{name} {}='{}'{after}{rest}", missing.0, missing.1))
    }

    /// Takes what has been looked at.
    fn cut(&mut self) -> Vec<u8> {
        let rest = self.waiting.split_off(self.seen);
        self.seen = 0;
        std::mem::replace(&mut self.waiting, rest)
    }
}

/// Makes `<open/>` of a stream header.
fn open(header: &[u8]) -> String {
    let mut parser = StreamParser::new(Limits::UNAUTHENTICATED);
    parser.push(header);
    let Ok(Some(StreamEvent::Open(header))) = parser.next_event() else {
        // Our own writer makes no other.
        return Element::new("open", ns::FRAMING).to_xml();
    };
    let mut open = Element::builder("open", ns::FRAMING)
        .attr_opt("from", header.from)
        .attr_opt("to", header.to)
        .attr_opt("id", header.id)
        .attr_opt("version", header.version.map(|version| version.to_string()));
    if let Some(lang) = header.lang {
        open = open.lang(lang);
    }
    open.build().to_xml()
}
