//! A stanza, and how it has been written so far: once for each name of the host.

use bytes::Bytes;
use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::alias::{Aliases, View};

/// A stanza on its way to any number of sessions.
#[derive(Debug)]
pub(crate) struct Rendering<'a> {
    stanza: &'a Element,
    /// As most see it: under one name.
    first: Option<(View, Bytes)>,
    others: Vec<(View, Bytes)>,
}

impl<'a> Rendering<'a> {
    pub(crate) const fn new(stanza: &'a Element) -> Self {
        Self { stanza, first: None, others: Vec::new() }
    }

    pub(crate) const fn stanza(&self) -> &'a Element {
        self.stanza
    }

    pub(crate) fn bytes(&mut self, view: &View) -> Bytes {
        let mut known = self.first.iter().chain(&self.others);
        if let Some((_, bytes)) = known.find(|(known, _)| known == view) {
            return bytes.clone();
        }
        let mapped = view.outward(self.stanza);
        let bytes = mapped.as_ref().unwrap_or(self.stanza).to_bytes(ns::CLIENT);
        let written = (view.clone(), bytes.clone());
        match self.first {
            None => self.first = Some(written),
            Some(_) => self.others.push(written),
        }
        bytes
    }
}

/// Reads back a stanza that was written for a session.
pub(crate) fn reread(aliases: &Aliases, bytes: &[u8]) -> Option<Element> {
    let mut document = b"<stream xmlns='jabber:client'>".to_vec();
    document.extend_from_slice(bytes);
    document.extend_from_slice(b"</stream>");
    let stream = Element::parse(&document).ok()?;
    let mut stanza = stream.children().next()?.clone();
    aliases.inward(&mut stanza);
    Some(stanza)
}
