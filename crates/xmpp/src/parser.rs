//! RFC 6120 section 4 and 11: the bytes of a stream to its header, its stanzas and its end.
//!
//! ```
//! use televisor_xmpp::{Limits, StreamEvent, StreamParser};
//!
//! let mut parser = StreamParser::new(Limits::UNAUTHENTICATED);
//! parser.push(b"<stream:stream xmlns='jabber:client' version='1.0'");
//! assert!(parser.next_event()?.is_none());
//! parser.push(b" xmlns:stream='http://etherx.jabber.org/streams'><presence/>");
//! assert!(matches!(parser.next_event()?, Some(StreamEvent::Open(_))));
//! assert!(matches!(parser.next_event()?, Some(StreamEvent::Stanza(_))));
//! # Ok::<(), televisor_xmpp::ParseError>(())
//! ```
//!
//! Memory is bounded by what the caller pushes at once and by [`Limits`]: the bytes of a stanza are
//! counted as they are read, so that an endless text is refused while it arrives. Call
//! [`StreamParser::next_event`] until it has nothing more before reading on.

use bytes::{Buf, BytesMut};
use rxml::error::EndOrError;
use rxml::{AttrMap, Event, Parse, Parser, QName, RawEvent, RawParser};

use crate::element::Element;
use crate::ns;
use crate::stream::{StreamCondition, StreamHeader, Version};
use crate::tree::{Tree, xml_parser};

/// How much a peer may make us hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Levels of elements in one stanza.
    pub depth: usize,
    /// Bytes of one stanza or stream header, as sent.
    pub bytes: usize,
}

impl Limits {
    /// Before authentication: room for a stream header and any SASL message (RFC 6120 section 13.12
    /// asks for at least 10 000 bytes).
    pub const UNAUTHENTICATED: Self = Self { depth: 64, bytes: 10 * 1024 };
    /// After authentication: room for a vCard with a photo.
    pub const AUTHENTICATED: Self = Self { depth: 64, bytes: 256 * 1024 };
    /// What a stanza within [`Limits::AUTHENTICATED`] can become when it is written again, with other
    /// references and declarations, or wrapped in another (XEP-0280, XEP-0297): for what we have
    /// stored, and for a client that trusts its server.
    pub const REWRITTEN: Self = Self { depth: 72, bytes: 10 * Self::AUTHENTICATED.bytes };
}

/// What a stream brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    /// The peer has opened its stream.
    Open(StreamHeader),
    /// A whole first-level element: a stanza, or a negotiation of TLS, SASL and so on.
    Stanza(Element),
    /// The peer has closed its stream. Nothing follows.
    Close,
}

/// Why the bytes of a peer are refused. All are fatal to the stream.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Not XML, or not in line with Namespaces in XML.
    #[error("not well-formed XML: {0}")]
    NotWellFormed(rxml::Error),
    /// A comment, processing instruction, document type or entity (RFC 6120 section 11.1).
    #[error("restricted XML: {0}")]
    Restricted(rxml::Error),
    /// Another encoding than UTF-8 is declared or used (RFC 6120 section 11.6).
    #[error("not UTF-8: {0}")]
    Encoding(rxml::Error),
    /// More bytes than one stanza may have.
    #[error("a stanza is limited to {limit} bytes")]
    TooLong {
        /// [`Limits::bytes`].
        limit: usize,
    },
    /// A name or an attribute longer than a token may be (64 KiB).
    #[error("a name or attribute is too long")]
    LongToken,
    /// More levels than one stanza may have.
    #[error("a stanza is limited to {limit} levels")]
    TooDeep {
        /// [`Limits::depth`].
        limit: usize,
    },
    /// The outermost element is not a stream of RFC 6120.
    #[error("the outermost element is not an XMPP stream")]
    NotAStream,
    /// The stream has no content namespace.
    #[error("the stream has no content namespace")]
    NoContentNamespace,
    /// Text between stanzas that is not white space.
    #[error("text between stanzas")]
    StrayText,
    /// The input ended too early. Only for whole documents.
    #[error("the document is not complete")]
    Incomplete,
}

impl ParseError {
    /// Returns the condition to close the stream with.
    #[must_use]
    pub const fn condition(&self) -> StreamCondition {
        match self {
            Self::NotWellFormed(_) | Self::Incomplete => StreamCondition::NotWellFormed,
            Self::Restricted(_) => StreamCondition::RestrictedXml,
            Self::Encoding(_) => StreamCondition::UnsupportedEncoding,
            Self::TooLong { .. } | Self::TooDeep { .. } | Self::LongToken => {
                StreamCondition::PolicyViolation
            }
            Self::NotAStream | Self::NoContentNamespace => StreamCondition::InvalidNamespace,
            Self::StrayText => StreamCondition::BadFormat,
        }
    }
}

impl From<rxml::Error> for ParseError {
    fn from(error: rxml::Error) -> Self {
        // The texts are those of rxml 0.14, which has no variants for them; a test holds each.
        match error {
            rxml::Error::RestrictedXml("only utf-8 encoding is allowed")
            | rxml::Error::InvalidUtf8Byte(_) => Self::Encoding(error),
            rxml::Error::RestrictedXml("long name or reference" | "event too long") => {
                Self::LongToken
            }
            rxml::Error::RestrictedXml(_)
            | rxml::Error::UndeclaredEntity
            | rxml::Error::InvalidSyntax("malformed cdata or comment section start") => {
                Self::Restricted(error)
            }
            _ => Self::NotWellFormed(error),
        }
    }
}

/// Parses one direction of a stream. Push bytes in, take events out.
#[derive(Debug)]
pub struct StreamParser {
    xml: Parser,
    // Sees the header's bytes a second time, for the one thing `xml` does not tell: the default
    // namespace that the header declares.
    scout: Option<Box<Scout>>,
    tree: Tree,
    limits: Limits,
    unread: BytesMut,
    // Bytes read of the current header or stanza.
    taken: usize,
    // Nothing comes out before something is pushed in: reading on would only take room for it.
    drained: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing but white space has come.
    Fresh,
    /// In the header.
    Header,
    /// Between or in stanzas.
    Open,
    /// The stream's end tag was read.
    Closed,
    /// An error was returned, and is returned again.
    Failed(ParseError),
}

impl StreamParser {
    /// Makes a parser for a new stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            xml: xml_parser(),
            scout: Some(Box::default()),
            tree: Tree::default(),
            limits,
            unread: BytesMut::new(),
            taken: 0,
            drained: false,
            state: State::Fresh,
        }
    }

    /// Adds bytes read from the peer.
    pub fn push(&mut self, bytes: &[u8]) {
        self.drained = false;
        match self.state {
            // Nothing will be read any more: do not collect it.
            State::Closed | State::Failed(_) => {}
            State::Fresh | State::Header | State::Open => self.unread.extend_from_slice(bytes),
        }
    }

    /// Returns the next event, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// The stream is to be closed with [`ParseError::condition`]; every later call fails alike.
    pub fn next_event(&mut self) -> Result<Option<StreamEvent>, ParseError> {
        self.advance().inspect_err(|error| {
            self.state = State::Failed(error.clone());
            self.unread = BytesMut::new();
            self.tree = Tree::default();
        })
    }

    /// Gives back the room that is only needed while bytes come: 64 KiB and more. What was read so far
    /// is kept. For a stream on which nothing is expected for a while.
    pub fn rest(&mut self) {
        self.xml.release_temporaries();
        self.tree.shrink();
        if self.unread.is_empty() {
            self.unread = BytesMut::new();
        }
    }

    /// Changes the limits, from the next byte on.
    pub const fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Expects a new stream header, as after SASL success. Bytes not yet read belong to it.
    pub fn reset(&mut self) {
        let unread = std::mem::take(&mut self.unread);
        *self = Self { unread, ..Self::new(self.limits) };
    }

    /// Expects a new stream header and throws away what was not read yet, as at STARTTLS: such bytes
    /// came in the clear and must not be taken for protected ones (RFC 6120 section 5.4.3.3). Says
    /// whether there were any.
    pub fn discard(&mut self) -> bool {
        let injected = !self.unread.is_empty();
        *self = Self::new(self.limits);
        injected
    }

    fn advance(&mut self) -> Result<Option<StreamEvent>, ParseError> {
        loop {
            match &self.state {
                State::Fresh => {
                    // COMPAT(several clients): a line break before the header is not worth an error.
                    let blank = self.unread.iter().take_while(|b| b.is_ascii_whitespace()).count();
                    self.unread.advance(blank);
                    if self.unread.is_empty() {
                        return Ok(None);
                    }
                    self.state = State::Header;
                }
                State::Closed => return Ok(None),
                State::Failed(error) => return Err(error.clone()),
                State::Header | State::Open => {}
            }
            let Some(event) = self.read_xml()? else { return Ok(None) };
            if let Some(event) = self.take_xml(event)? {
                return Ok(Some(event));
            }
        }
    }

    /// Lets the XML parser read, never more than the stanza has left to it.
    fn read_xml(&mut self) -> Result<Option<Event>, ParseError> {
        if self.drained {
            return Ok(None);
        }
        let allowed = self.limits.bytes.saturating_sub(self.taken).min(self.unread.len());
        let window = self.unread.get(..allowed).unwrap_or_default();
        let mut rest = window;
        let result = self.xml.parse(&mut rest, false);
        let read = allowed - rest.len();
        if let Some(scout) = &mut self.scout {
            scout.see(window.get(..read).unwrap_or_default());
        }
        self.unread.advance(read);
        self.taken += read;
        match result {
            Ok(event) => Ok(event),
            Err(EndOrError::Error(error)) => Err(error.into()),
            Err(EndOrError::NeedMoreData) if self.unread.is_empty() => {
                self.drained = true;
                Ok(None)
            }
            Err(EndOrError::NeedMoreData) => Err(ParseError::TooLong { limit: self.limits.bytes }),
        }
    }

    fn take_xml(&mut self, event: Event) -> Result<Option<StreamEvent>, ParseError> {
        match event {
            Event::XmlDeclaration(..) => Ok(None),
            Event::StartElement(_, name, attributes) if self.scout.is_some() => {
                let namespace = self.scout.take().and_then(|scout| scout.default_namespace);
                self.state = State::Open;
                self.taken = 0;
                header(&name, &attributes, namespace).map(StreamEvent::Open).map(Some)
            }
            Event::StartElement(_, name, attributes) => {
                self.tree.start(name, attributes, self.limits)?;
                Ok(None)
            }
            Event::Text(_, text) if self.tree.is_empty() => {
                // White space keeps a connection alive (RFC 6120 section 4.6.1).
                if text.chars().all(|c| c.is_ascii_whitespace()) {
                    self.taken = 0;
                    Ok(None)
                } else {
                    Err(ParseError::StrayText)
                }
            }
            Event::Text(_, text) => {
                self.tree.text(&text);
                Ok(None)
            }
            Event::EndElement(_) if self.tree.is_empty() => {
                self.state = State::Closed;
                self.unread = BytesMut::new();
                Ok(Some(StreamEvent::Close))
            }
            Event::EndElement(_) => {
                let stanza = self.tree.end();
                if stanza.is_some() {
                    self.taken = 0;
                }
                Ok(stanza.map(StreamEvent::Stanza))
            }
        }
    }
}

/// Reads the default namespace declared by the outermost element.
#[derive(Debug, Default)]
struct Scout {
    xml: RawParser,
    default_namespace: Option<String>,
}

impl Scout {
    fn see(&mut self, mut bytes: &[u8]) {
        // Errors are the main parser's to report. After the header's end this one is dropped.
        while let Ok(Some(event)) = self.xml.parse(&mut bytes, false) {
            if let RawEvent::Attribute(_, (None, name), value) = event
                && name == "xmlns"
            {
                self.default_namespace = Some(value);
            }
        }
    }
}

fn header(
    name: &QName,
    attributes: &AttrMap,
    content: Option<String>,
) -> Result<StreamHeader, ParseError> {
    if name.0 != ns::STREAMS || name.1 != "stream" {
        return Err(ParseError::NotAStream);
    }
    let attribute = |namespace: &str, name: &str| attributes.get(namespace, name).cloned();
    Ok(StreamHeader {
        namespace: content.ok_or(ParseError::NoContentNamespace)?,
        to: attribute("", "to"),
        from: attribute("", "from"),
        id: attribute("", "id"),
        version: attribute("", "version").and_then(|version| Version::parse(&version)),
        lang: attribute(ns::XML, "lang"),
    })
}

#[cfg(test)]
mod tests;
