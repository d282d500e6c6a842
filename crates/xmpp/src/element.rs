//! A lossless XML element: names and attributes with their namespaces, mixed text, order of children.
//!
//! What is kept is the infoset XMPP relies on. Left out, because nothing may depend on it: prefixes,
//! the order of attributes, and how text was split into chunks or CDATA sections. Attributes are
//! held sorted and neighbouring text is one node, so `==` compares what the elements mean.
//!
//! Elements that come from a peer are at most [`parser::Limits::depth`](crate::parser::Limits) deep,
//! which bounds the recursion of `Drop`, `Clone` and `==`.

use std::fmt;

use bytes::Bytes;
use rxml::Namespace;

use crate::parser::{Limits, ParseError};
use crate::{ns, tree, writer};

/// An XML element.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    name: String,
    // Shared with the parser: a long namespace inherited by many children is stored once.
    namespace: Namespace<'static>,
    // Sorted by (namespace, name), no duplicates.
    attributes: Vec<Attribute>,
    // Never two texts in a row, never an empty text.
    nodes: Vec<Node>,
}

/// What an element contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// Character data, with references resolved.
    Text(String),
}

/// An attribute of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    namespace: Namespace<'static>,
    name: String,
    value: String,
}

impl Attribute {
    pub(crate) fn new(namespace: Namespace<'static>, name: String, value: String) -> Self {
        Self { namespace, name, value }
    }

    fn key(&self) -> (&str, &str) {
        (&self.namespace, &self.name)
    }

    /// Returns the local name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the namespace; empty for an attribute without a prefix.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the value, with references resolved.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// Attributes that are sooner looked through than searched.
const FEW: usize = 8;

/// Makes an [`Element`] in one expression.
#[derive(Debug, Clone)]
#[must_use]
pub struct ElementBuilder(Element);

impl Element {
    /// Makes an empty element. `name` must be an XML name; it is written as it is.
    #[must_use]
    pub fn new(name: &str, namespace: &str) -> Self {
        Self::from_parts(name.to_owned(), Namespace::from(namespace).into_static(), Vec::new())
    }

    /// Takes the parts as the parser has them. `attributes` are free of duplicates.
    pub(crate) fn from_parts(
        name: String,
        namespace: Namespace<'static>,
        mut attributes: Vec<Attribute>,
    ) -> Self {
        // Sorted at once: a stanza can bring thousands, and inserting each would be quadratic.
        attributes.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        Self { name, namespace, attributes, nodes: Vec::new() }
    }

    /// Starts an element to be completed by the builder's methods.
    pub fn builder(name: &str, namespace: &str) -> ElementBuilder {
        ElementBuilder(Self::new(name, namespace))
    }

    /// Parses one whole document of our own, such as a stored element or a test's text. For a peer's,
    /// such as a WebSocket frame, use [`Element::parse_within`].
    ///
    /// # Errors
    /// Whatever [`StreamParser::next_event`](crate::StreamParser::next_event) refuses, and an end of
    /// input before the end of the element.
    pub fn parse(document: &[u8]) -> Result<Self, ParseError> {
        Self::parse_within(document, Limits::REWRITTEN)
    }

    /// Parses one whole document within `limits`.
    ///
    /// # Errors
    /// As [`Element::parse`].
    pub fn parse_within(document: &[u8], limits: Limits) -> Result<Self, ParseError> {
        tree::parse_document(document, limits)
    }

    /// Returns the local name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the namespace; empty if there is none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Says whether the element has this name and namespace.
    #[must_use]
    pub fn is(&self, name: &str, namespace: &str) -> bool {
        self.name == name && self.namespace.as_str() == namespace
    }

    /// Returns the value of the attribute `name` without namespace.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attr_ns(name, "")
    }

    /// Returns the value of the attribute `name` in `namespace`.
    #[must_use]
    pub fn attr_ns(&self, name: &str, namespace: &str) -> Option<&str> {
        if self.attributes.len() > FEW {
            let index = self.find(name, namespace).ok()?;
            return self.attributes.get(index).map(Attribute::value);
        }
        let is_it = |a: &&Attribute| a.name == name && a.namespace.as_str() == namespace;
        self.attributes.iter().find(is_it).map(Attribute::value)
    }

    /// Returns `xml:lang`.
    #[must_use]
    pub fn lang(&self) -> Option<&str> {
        self.attr_ns("lang", ns::XML)
    }

    /// Iterates over all attributes, sorted by namespace and name.
    pub fn attrs(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter()
    }

    /// Sets the attribute `name` without namespace.
    pub fn set_attr(&mut self, name: &str, value: impl Into<String>) {
        self.set_attr_ns(name, "", value);
    }

    /// Sets the attribute `name` in `namespace`.
    pub fn set_attr_ns(&mut self, name: &str, namespace: &str, value: impl Into<String>) {
        let namespace = Namespace::from(namespace).into_static();
        self.put(Attribute::new(namespace, name.to_owned(), value.into()));
    }

    /// Removes the attribute `name` without namespace, and returns its value.
    pub fn remove_attr(&mut self, name: &str) -> Option<String> {
        let index = self.find(name, "").ok()?;
        Some(self.attributes.remove(index).value)
    }

    /// Iterates over child elements and text, in order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// Iterates over the child elements, in order.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.nodes.iter().filter_map(Node::as_element)
    }

    /// Iterates over the child elements, to change them.
    pub fn children_mut(&mut self) -> impl Iterator<Item = &mut Self> {
        self.nodes.iter_mut().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Returns the first child with this name and namespace.
    #[must_use]
    pub fn child(&self, name: &str, namespace: &str) -> Option<&Self> {
        self.children().find(|child| child.is(name, namespace))
    }

    /// Says whether there is a child with this name and namespace.
    #[must_use]
    pub fn has_child(&self, name: &str, namespace: &str) -> bool {
        self.child(name, namespace).is_some()
    }

    /// Returns the element's own text, without that of its children.
    #[must_use]
    pub fn text(&self) -> String {
        let mut nodes = self.nodes.iter().filter_map(Node::as_text);
        let mut text = nodes.next().unwrap_or_default().to_owned();
        nodes.for_each(|more| text.push_str(more));
        text
    }

    /// Appends a child element.
    pub fn push(&mut self, child: Self) {
        self.nodes.push(Node::Element(child));
    }

    /// Appends text.
    pub fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.nodes.last_mut() {
            Some(Node::Text(last)) => last.push_str(text),
            Some(Node::Element(_)) | None => self.nodes.push(Node::Text(text.to_owned())),
        }
    }

    /// Keeps only the child elements for which `keep` holds. Text stays.
    pub fn retain_children(&mut self, mut keep: impl FnMut(&Self) -> bool) {
        let nodes = std::mem::take(&mut self.nodes);
        for node in nodes {
            match node {
                Node::Text(text) => self.push_text(&text),
                Node::Element(child) if keep(&child) => self.push(child),
                Node::Element(_) => {}
            }
        }
    }

    /// Moves the element, and all below it that are in namespace `from`, to namespace `to`: a stanza
    /// that passes from a `jabber:server` stream to a `jabber:client` one (RFC 6120 section 4.8.3).
    pub fn change_namespace(&mut self, from: &str, to: &str) {
        let to = Namespace::from(to).into_static();
        let mut open = vec![self];
        while let Some(element) = open.pop() {
            if element.namespace.as_str() == from {
                element.namespace = to.clone();
            }
            open.extend(element.children_mut());
        }
    }

    /// Writes the element as a document of its own.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut out = String::new();
        writer::write_element(self, "", &mut out);
        out
    }

    /// Writes the element for a stream whose content namespace is `default_namespace`, once, to be
    /// handed to any number of sessions.
    #[must_use]
    pub fn to_bytes(&self, default_namespace: &str) -> Bytes {
        writer::with_scratch(|out| {
            writer::write_element(self, default_namespace, out);
            Bytes::copy_from_slice(out.as_bytes())
        })
    }

    fn put(&mut self, attribute: Attribute) {
        match self.find(&attribute.name, &attribute.namespace) {
            Ok(index) => {
                if let Some(old) = self.attributes.get_mut(index) {
                    *old = attribute;
                }
            }
            Err(index) => self.attributes.insert(index, attribute),
        }
    }

    fn find(&self, name: &str, namespace: &str) -> Result<usize, usize> {
        self.attributes.binary_search_by(|attribute| attribute.key().cmp(&(namespace, name)))
    }
}

/// Shows the element as XML.
impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_xml())
    }
}

impl Node {
    /// Returns the child element, if it is one.
    #[must_use]
    pub const fn as_element(&self) -> Option<&Element> {
        match self {
            Self::Element(element) => Some(element),
            Self::Text(_) => None,
        }
    }

    /// Returns the text, if it is some.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Element(_) => None,
            Self::Text(text) => Some(text),
        }
    }
}

impl ElementBuilder {
    /// Sets an attribute without namespace.
    pub fn attr(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.set_attr(name, value);
        self
    }

    /// Sets an attribute without namespace if there is a value.
    pub fn attr_opt(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// Sets an attribute in `namespace`.
    pub fn attr_ns(mut self, name: &str, namespace: &str, value: impl Into<String>) -> Self {
        self.0.set_attr_ns(name, namespace, value);
        self
    }

    /// Sets `xml:lang`.
    pub fn lang(self, lang: impl Into<String>) -> Self {
        self.attr_ns("lang", ns::XML, lang)
    }

    /// Appends text.
    pub fn text(mut self, text: impl AsRef<str>) -> Self {
        self.0.push_text(text.as_ref());
        self
    }

    /// Appends a child.
    pub fn child(mut self, child: impl Into<Element>) -> Self {
        self.0.push(child.into());
        self
    }

    /// Appends children.
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        children.into_iter().for_each(|child| self.0.push(child));
        self
    }

    /// Appends a child without attributes that holds only `text`, in its parent's namespace.
    pub fn field(self, name: &str, text: impl AsRef<str>) -> Self {
        let child = Element::builder(name, self.0.namespace()).text(text);
        self.child(child)
    }

    /// Returns the finished element.
    #[must_use]
    pub fn build(self) -> Element {
        self.0
    }
}

impl From<ElementBuilder> for Element {
    fn from(builder: ElementBuilder) -> Self {
        builder.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_message_can_be_read() {
        let message = Element::parse(
            b"<message xmlns='jabber:client' id='1' xml:lang='en'><body>a<b/>c</body></message>",
        )
        .unwrap();
        assert!(message.is("message", ns::CLIENT));
        assert_eq!(message.attr("id"), Some("1"));
        assert_eq!(message.lang(), Some("en"));
        assert_eq!(message.child("body", ns::CLIENT).unwrap().text(), "ac");
        assert!(!message.has_child("subject", ns::CLIENT));
    }

    #[test]
    fn attribute_order_and_text_chunks_do_not_matter_to_equality() {
        let one = Element::parse(b"<a x='1' y='2'>t<![CDATA[ex]]>t</a>").unwrap();
        let other = Element::builder("a", "").attr("y", "2").attr("x", "1").text("text").build();
        assert_eq!(one, other);
    }

    #[test]
    fn setting_an_attribute_twice_keeps_the_last() {
        let mut a = Element::new("a", "");
        a.set_attr("id", "1");
        a.set_attr("id", "2");
        assert_eq!(a.attrs().count(), 1);
        assert_eq!(a.remove_attr("id").as_deref(), Some("2"));
        assert_eq!(a.attr("id"), None);
    }

    #[test]
    fn changing_the_content_namespace_leaves_foreign_children_alone() {
        let mut stanza = Element::parse(
            b"<message xmlns='jabber:server'><body>x</body><x xmlns='urn:x'><body/></x></message>",
        )
        .unwrap();
        stanza.change_namespace(ns::SERVER, ns::CLIENT);
        assert!(stanza.has_child("body", ns::CLIENT));
        assert!(stanza.child("x", "urn:x").unwrap().has_child("body", "urn:x"));
    }

    #[test]
    fn removing_children_keeps_the_text_in_one_piece() {
        let mut a = Element::parse(b"<a>x<b/>y<c/></a>").unwrap();
        a.retain_children(|child| child.name() != "b");
        assert_eq!(a, Element::parse(b"<a>xy<c/></a>").unwrap());
    }
}
