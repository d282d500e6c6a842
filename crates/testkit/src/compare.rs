//! Compares an expectation with a stanza.

use televisor_xmpp::element::{Element, Node};

/// Whether a value stands for any: `*`, or `*NAME`.
fn is_anything(value: &str) -> bool {
    let name = value.strip_prefix('*');
    name.is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric()))
}

const MORE: &str = "...";

/// Returns what is different in `found`, or `None` where it is as expected.
pub fn difference(expected: &Element, found: &Element) -> Option<String> {
    let name = found.name();
    if expected.name() != name || expected.namespace() != found.namespace() {
        return Some(format!("<{name}/> is not <{}/>, or in another namespace", expected.name()));
    }
    attributes(expected, found)
        .or_else(|| children(expected, found))
        .map(|what| format!("in <{name}/>: {what}"))
}

fn attributes(expected: &Element, found: &Element) -> Option<String> {
    for attribute in expected.attrs() {
        let (name, value) = (attribute.name(), attribute.value());
        match found.attr_ns(name, attribute.namespace()) {
            None => return Some(format!("no {name}")),
            Some(other) if !is_anything(value) && value != other => {
                return Some(format!("{name} is '{other}' instead of '{value}'"));
            }
            Some(_) => {}
        }
    }
    let more = found
        .attrs()
        .find(|attribute| expected.attr_ns(attribute.name(), attribute.namespace()).is_none());
    more.map(|attribute| format!("there is {}='{}' too", attribute.name(), attribute.value()))
}

fn children(expected: &Element, found: &Element) -> Option<String> {
    let (wanted, given) = (own_text(expected), own_text(found));
    let open = wanted == MORE;
    if !open && !is_anything(&wanted) && wanted != given {
        return Some(format!("the text is '{given}' instead of '{wanted}'"));
    }
    let mut rest = found.children();
    for child in expected.children() {
        let mut first = None;
        loop {
            let Some(next) = rest.next() else {
                return first.or_else(|| Some(format!("no <{}/>", child.name())));
            };
            match difference(child, next) {
                None => break,
                Some(what) if !open => return Some(what),
                Some(what) => first = first.or(Some(what)),
            }
        }
    }
    let more = rest.next().filter(|_| !open);
    more.map(|child| format!("there is {} too", child.to_xml()))
}

/// The text, without white space at its ends.
pub(crate) fn own_text(element: &Element) -> String {
    let text: String = element.nodes().filter_map(Node::as_text).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(expected: &str, found: &str) -> bool {
        let parse = |text: &str| Element::parse(text.as_bytes()).unwrap();
        difference(&parse(expected), &parse(found)).is_none()
    }

    #[test]
    fn order_of_attributes_and_white_space_do_not_matter() {
        assert!(same("<a x='1' y='2'>\n <b/> \n</a>", "<a y='2' x='1'><b/></a>"));
    }

    #[test]
    fn a_star_is_anything_that_is_there() {
        assert!(same("<a x='*'>*</a>", "<a x='1'>hello</a>"));
        assert!(!same("<a x='*'/>", "<a/>"));
    }

    #[test]
    fn what_is_not_expected_is_a_difference() {
        for found in ["<a y=''/>", "<a>x</a>", "<a><b/></a>", "<a xmlns='u'/>", "<b/>"] {
            assert!(!same("<a/>", found), "{found}");
        }
    }

    #[test]
    fn dots_allow_for_more_children() {
        assert!(same("<a><c/>...</a>", "<a><b/><c/><d/></a>"));
        assert!(!same("<a><c/>...</a>", "<a><b/></a>"));
    }
}
