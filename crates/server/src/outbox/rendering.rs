//! A stanza, and how it has been written so far: once for each name of the host, whoever gets it.

use bytes::{Bytes, BytesMut};
use televisor_xmpp::element::Element;
use televisor_xmpp::{ns, writer};

use crate::alias::{Aliases, View};

/// A stanza on its way to any number of sessions.
pub(crate) trait Render {
    /// Returns the stanza, to see what it is.
    fn stanza(&self) -> &Element;

    /// Returns it as a session sees it.
    fn bytes(&mut self, view: &View) -> Bytes;
}

/// The same stanza for all.
#[derive(Debug)]
pub(crate) struct Rendering<'a> {
    stanza: &'a Element,
    done: ByView<Bytes>,
}

impl<'a> Rendering<'a> {
    pub(crate) fn new(stanza: &'a Element) -> Self {
        Self { stanza, done: ByView::default() }
    }
}

impl Render for Rendering<'_> {
    fn stanza(&self) -> &Element {
        self.stanza
    }

    fn bytes(&mut self, view: &View) -> Bytes {
        self.done.get(view, || written(self.stanza, view)).clone()
    }
}

/// A stanza that has been written already, with one more child.
#[derive(Debug)]
pub(crate) struct Extended<'a> {
    stanza: &'a Element,
    /// As those see it who know the host by its first name.
    written: &'a [u8],
    child: Element,
    done: ByView<Bytes>,
}

impl<'a> Extended<'a> {
    pub(crate) fn new(stanza: &'a Element, written: &'a [u8], child: Element) -> Self {
        Self { stanza, written, child, done: ByView::default() }
    }
}

impl Render for Extended<'_> {
    /// Without the child, which says nothing of its weight.
    fn stanza(&self) -> &Element {
        self.stanza
    }

    fn bytes(&mut self, view: &View) -> Bytes {
        let Self { stanza, written: known, child, done } = self;
        let make = || {
            let spliced = if view.is_canonical() { spliced(stanza, known, child) } else { None };
            spliced.unwrap_or_else(|| {
                let mut whole = stanza.clone();
                whole.push(child.clone());
                written(&whole, view)
            })
        };
        done.get(view, make).clone()
    }
}

/// Puts a child in before the end of what was written.
fn spliced(stanza: &Element, written: &[u8], child: &Element) -> Option<Bytes> {
    let end = format!("</{}>", stanza.name());
    let start = written.strip_suffix(end.as_bytes())?;
    Some([start, &child.to_bytes(ns::CLIENT), end.as_bytes()].concat().into())
}

/// The same stanza for all, but for whom it is addressed to.
#[derive(Debug)]
pub(crate) struct Addressed {
    stanza: Element,
    to: String,
    /// What stands before the address, and after it.
    done: ByView<(Bytes, Bytes)>,
}

/// Stands for the address. In the value of an attribute there is no apostrophe, so that the first
/// ` to='` is the stanza's own.
const PLACEHOLDER: &str = " to='_'";

impl Addressed {
    pub(crate) fn new(stanza: &Element) -> Self {
        let mut stanza = stanza.clone();
        stanza.set_attr("to", "_");
        Self { stanza, to: String::new(), done: ByView::default() }
    }

    /// Addresses it to this one from now on.
    pub(crate) fn to(&mut self, to: &str) -> &mut Self {
        to.clone_into(&mut self.to);
        self
    }
}

impl Render for Addressed {
    fn stanza(&self) -> &Element {
        &self.stanza
    }

    fn bytes(&mut self, view: &View) -> Bytes {
        let (before, after) = self.done.get(view, || split(&written(&self.stanza, view)));
        let mut to = String::new();
        writer::write_attribute("to", &view.outward_address(&self.to), &mut to);
        let mut bytes = BytesMut::with_capacity(before.len() + to.len() + after.len());
        bytes.extend_from_slice(before);
        bytes.extend_from_slice(to.as_bytes());
        bytes.extend_from_slice(after);
        bytes.freeze()
    }
}

fn split(stanza: &Bytes) -> (Bytes, Bytes) {
    let found = stanza.windows(PLACEHOLDER.len()).position(|w| w == PLACEHOLDER.as_bytes());
    let at = found.unwrap_or(stanza.len());
    let after = (at + PLACEHOLDER.len()).min(stanza.len());
    (stanza.slice(..at), stanza.slice(after..))
}

fn written(stanza: &Element, view: &View) -> Bytes {
    view.outward(stanza).as_ref().unwrap_or(stanza).to_bytes(ns::CLIENT)
}

/// One thing for each name of the host that has been asked for; nearly always there is one.
#[derive(Debug)]
struct ByView<T>(Vec<(View, T)>);

impl<T> Default for ByView<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByView<T> {
    fn get(&mut self, view: &View, make: impl FnOnce() -> T) -> &T {
        let at = self.0.iter().position(|(known, _)| known == view).unwrap_or_else(|| {
            self.0.push((view.clone(), make()));
            self.0.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found, or pushed just before")]
        &self.0[at].1
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_child_is_what_it_would_be_if_all_were_written_anew() {
        let aliases = Aliases::new("b", vec!["c".to_owned()]);
        for text in [
            "<message xmlns='jabber:client'><body>x</body></message>",
            "<message xmlns='jabber:client'/>",
        ] {
            let message = Element::parse(text.as_bytes()).unwrap();
            let id = Element::builder("stanza-id", ns::STANZA_ID).attr("by", "a@b").build();
            let mut whole = message.clone();
            whole.push(id.clone());
            let bytes = message.to_bytes(ns::CLIENT);
            let mut extended = Extended::new(&message, &bytes, id);
            for view in [aliases.canonical_view(), aliases.view("c").unwrap()] {
                assert_eq!(extended.bytes(&view), written(&whole, &view), "{view:?}");
            }
        }
    }

    #[test]
    fn each_gets_the_same_stanza_under_its_own_address() {
        let text = "<presence xmlns='jabber:client' from='a@b/ to=&apos;_&apos;' id='x'><status to='_'/></presence>";
        let presence = Element::parse(text.as_bytes()).unwrap();
        let view = Aliases::new("b", Vec::new()).canonical_view();
        let mut addressed = Addressed::new(&presence);
        for to in ["c@b/1", "d@b/it's"] {
            let bytes = addressed.to(to).bytes(&view);
            let mut expected = presence.clone();
            expected.set_attr("to", to);
            assert_eq!(bytes, expected.to_bytes(ns::CLIENT));
        }
    }
}
