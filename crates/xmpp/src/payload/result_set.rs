//! XEP-0059: Result Set Management: asking for a page, and saying which one came.

use super::carrier::{Carrier, Payload, PayloadError};
use crate::element::Element;
use crate::ns;

/// `<set/>` as it is asked: which page of the result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// How many items at most; 0 asks for the count alone (section 2.7).
    pub max: Option<usize>,
    /// The page follows this item.
    pub after: Option<String>,
    /// The page comes before this item; empty: it is the last one (section 2.5).
    pub before: Option<String>,
    /// The page starts at this place in the whole (section 2.6).
    pub index: Option<usize>,
}

/// `<set/>` as it is answered: which page it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The first item, and its place in the whole where that is known.
    pub first: Option<(String, Option<usize>)>,
    /// The last item.
    pub last: Option<String>,
    /// How many items there are in the whole, where that is known.
    pub count: Option<usize>,
}

impl Payload for PageRequest {
    const NAME: &'static str = "set";
    const NAMESPACE: &'static str = ns::RESULT_SETS;
    const CARRIERS: &'static [Carrier] = &[];

    fn read(set: &Element) -> Result<Self, PayloadError> {
        let text = |name| set.child(name, ns::RESULT_SETS).map(Element::text);
        Ok(Self {
            max: number(set, "max")?,
            after: text("after"),
            before: text("before"),
            index: number(set, "index")?,
        })
    }

    fn to_element(&self) -> Element {
        let mut set = Element::builder(Self::NAME, Self::NAMESPACE);
        for (name, number) in [("max", self.max), ("index", self.index)] {
            if let Some(number) = number {
                set = set.field(name, number.to_string());
            }
        }
        for (name, text) in [("after", &self.after), ("before", &self.before)] {
            if let Some(text) = text {
                set = set.field(name, text);
            }
        }
        set.build()
    }
}

impl Payload for Page {
    const NAME: &'static str = "set";
    const NAMESPACE: &'static str = ns::RESULT_SETS;
    const CARRIERS: &'static [Carrier] = &[];

    fn read(set: &Element) -> Result<Self, PayloadError> {
        let first = set.child("first", ns::RESULT_SETS).map(|first| {
            let index = first.attr("index").map(str::parse).transpose();
            index.map(|index| (first.text(), index)).map_err(|_| PayloadError::Invalid("index"))
        });
        let last = set.child("last", ns::RESULT_SETS).map(Element::text);
        Ok(Self { first: first.transpose()?, last, count: number(set, "count")? })
    }

    fn to_element(&self) -> Element {
        let mut set = Element::builder(Self::NAME, Self::NAMESPACE);
        if let Some((first, index)) = &self.first {
            let index = index.map(|index| index.to_string());
            let first =
                Element::builder("first", ns::RESULT_SETS).attr_opt("index", index).text(first);
            set = set.child(first);
        }
        if let Some(last) = &self.last {
            set = set.field("last", last);
        }
        if let Some(count) = self.count {
            set = set.field("count", count.to_string());
        }
        set.build()
    }
}

fn number(set: &Element, name: &'static str) -> Result<Option<usize>, PayloadError> {
    let Some(number) = set.child(name, ns::RESULT_SETS) else { return Ok(None) };
    number.text().trim().parse().map(Some).map_err(|_| PayloadError::Invalid(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(inside: &str) -> Element {
        let text = format!("<set xmlns='http://jabber.org/protocol/rsm'>{inside}</set>");
        Element::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_request_is_read() {
        let request = PageRequest::read(&set("<max> 10 </max><before/>")).unwrap();
        let wanted =
            PageRequest { max: Some(10), before: Some(String::new()), ..Default::default() };
        assert_eq!(request, wanted);
        assert_eq!(PageRequest::read(&wanted.to_element()).unwrap(), wanted);
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        for inside in ["<max>ten</max>", "<max>-1</max>", "<max/>", "<index>1.5</index>"] {
            assert!(PageRequest::read(&set(inside)).is_err(), "{inside}");
        }
    }

    #[test]
    fn a_page_is_written_and_read() {
        let page = Page {
            first: Some(("a".to_owned(), Some(0))),
            last: Some("b".to_owned()),
            count: Some(800),
        };
        let element = page.to_element();
        assert_eq!(element, set("<first index='0'>a</first><last>b</last><count>800</count>"));
        assert_eq!(Page::read(&element).unwrap(), page);
    }
}
