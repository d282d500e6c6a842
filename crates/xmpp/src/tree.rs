//! Builds elements from the events of the XML parser, to a limited depth and size.
//!
//! A long namespace that is declared once for a prefix can be used by thousands of elements in few
//! bytes. In memory they share it, but written again each declares it. What that would come to is
//! counted as well, so that a stanza cannot grow beyond measure on its way through.

use rxml::error::EndOrError;
use rxml::{AttrMap, Event, Parse, Parser, QName, WithOptions};

use crate::element::{Attribute, Element};
use crate::parser::{Limits, ParseError};

/// How much longer than the stanza the namespaces may be that it declares when written again. Where
/// each element declares its own, as is the custom, it is less than one.
const DECLARED_FACTOR: usize = 4;

/// Elements whose end has not been seen, outermost first.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    open: Vec<Element>,
    // Bytes of the namespaces that writing the outermost element will declare.
    declared: usize,
}

impl Tree {
    pub(crate) const fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Gives back room that is not needed now.
    pub(crate) fn shrink(&mut self) {
        self.open.shrink_to_fit();
    }

    pub(crate) fn start(
        &mut self,
        name: QName,
        attributes: AttrMap,
        limits: Limits,
    ) -> Result<(), ParseError> {
        if self.open.len() >= limits.depth {
            return Err(ParseError::TooDeep { limit: limits.depth });
        }
        let attributes: Vec<_> = attributes
            .into_iter()
            .map(|((namespace, name), value)| {
                Attribute::new(namespace, String::from(name.into_inner()), value)
            })
            .collect();
        self.declared += attributes.iter().map(|a| a.namespace().len()).sum::<usize>();
        if self.open.last().is_none_or(|parent| parent.namespace() != name.0.as_str()) {
            self.declared += name.0.len();
        }
        if self.declared > limits.bytes.saturating_mul(DECLARED_FACTOR) {
            return Err(ParseError::TooLong { limit: limits.bytes });
        }
        self.open.push(Element::from_parts(String::from(name.1.into_inner()), name.0, attributes));
        Ok(())
    }

    pub(crate) fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.push_text(text);
        }
    }

    /// Closes the innermost element, and returns the outermost when that was it.
    pub(crate) fn end(&mut self) -> Option<Element> {
        let element = self.open.pop()?;
        match self.open.last_mut() {
            Some(parent) => {
                parent.push(element);
                None
            }
            None => {
                self.declared = 0;
                Some(element)
            }
        }
    }
}

/// Bytes that a name or an attribute may have: a picture in a `data:` address fits. The parser takes
/// that much room at once whenever something comes, so that it is not as much as a stanza may have.
const TOKEN: usize = 64 * 1024;

/// Returns a parser that refuses comments and long names, and hands text out as it arrives.
pub(crate) fn xml_parser() -> Parser {
    let options = rxml::Options { max_token_length: TOKEN, ..rxml::Options::default() };
    let mut parser = Parser::with_options(options);
    parser.set_text_buffering(false);
    parser
}

/// Parses a whole document.
pub(crate) fn parse_document(mut document: &[u8], limits: Limits) -> Result<Element, ParseError> {
    if document.len() > limits.bytes {
        return Err(ParseError::TooLong { limit: limits.bytes });
    }
    let mut parser = xml_parser();
    let mut tree = Tree::default();
    let mut root = None;
    loop {
        match parser.parse(&mut document, true) {
            Ok(Some(Event::XmlDeclaration(..))) => {}
            Ok(Some(Event::StartElement(_, name, attributes))) => {
                tree.start(name, attributes, limits)?;
            }
            Ok(Some(Event::Text(_, text))) => tree.text(&text),
            Ok(Some(Event::EndElement(_))) => root = tree.end(),
            Ok(None) => break,
            Err(EndOrError::Error(error)) => return Err(ParseError::from(error)),
            Err(EndOrError::NeedMoreData) => return Err(ParseError::Incomplete),
        }
    }
    root.ok_or(ParseError::Incomplete)
}
