//! XEP-0059: Result Set Management, over items that are all in memory by id.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::pubsub::refusal::Refusal;

/// Which part of a set is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    max: Option<usize>,
    after: Option<String>,
    /// Empty for the last page.
    before: Option<String>,
    index: Option<usize>,
}

/// A part of a set: from `start` up to before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Range {
    /// Reads `<set/>`.
    pub(crate) fn of(set: &Element) -> Result<Self, Refusal> {
        let text = |name: &str| set.child(name, ns::RSM).map(Element::text);
        let number = |name: &str| {
            let text = text(name);
            let number = text.map(|text| text.trim().parse().map_err(|_| Refusal::BadRequest));
            number.transpose()
        };
        Ok(Self {
            max: number("max")?,
            after: text("after"),
            before: text("before"),
            index: number("index")?,
        })
    }

    /// Whether what does not fit is left out at the beginning.
    pub(crate) const fn is_backward(&self) -> bool {
        self.before.is_some()
    }

    /// Finds the page. Section 2.7: an item that is not there is an error.
    pub(crate) fn page(&self, ids: &[&str]) -> Result<Page, Refusal> {
        let find =
            |wanted: &String| ids.iter().position(|id| *id == wanted).ok_or(Refusal::NoSuchPage);
        let (mut start, mut end) = (0, ids.len());
        if let Some(after) = &self.after {
            start = find(after)?.saturating_add(1);
        }
        if let Some(before) = self.before.as_ref().filter(|before| !before.is_empty()) {
            end = find(before)?.max(start);
        }
        if let Some(index) = self.index {
            start = index.min(end);
        }
        let max = self.max.unwrap_or(usize::MAX);
        if self.is_backward() {
            start = start.max(end.saturating_sub(max));
        } else {
            end = end.min(start.saturating_add(max));
        }
        Ok(Page { start, end })
    }
}

impl Page {
    /// Makes the `<set/>` of an answer, with the ids of its first and last item.
    pub(crate) fn set(self, count: usize, ends: Option<(&str, &str)>) -> Element {
        let set = Element::builder("set", ns::RSM);
        let set = match ends {
            None => set,
            Some((first, last)) => {
                let first = Element::builder("first", ns::RSM)
                    .attr("index", self.start.to_string())
                    .text(first);
                set.child(first).field("last", last)
            }
        };
        set.field("count", count.to_string()).build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn page(set: &str) -> Result<Vec<&'static str>, Refusal> {
        let set = format!("<set xmlns='{}'>{set}</set>", ns::RSM);
        let range = Range::of(&Element::parse(set.as_bytes()).unwrap())?;
        let Page { start, end } = range.page(&IDS)?;
        Ok(IDS[start..end].to_vec())
    }

    #[test]
    fn a_page_forwards() {
        assert_eq!(page("<max>2</max>").unwrap(), ["a", "b"]);
        assert_eq!(page("<max>2</max><after>b</after>").unwrap(), ["c", "d"]);
        assert_eq!(page("<max>2</max><after>e</after>").unwrap(), [""; 0]);
    }

    #[test]
    fn a_page_backwards() {
        assert_eq!(page("<max>2</max><before/>").unwrap(), ["d", "e"]);
        assert_eq!(page("<max>2</max><before>d</before>").unwrap(), ["b", "c"]);
    }

    #[test]
    fn a_page_by_number() {
        assert_eq!(page("<max>2</max><index>3</index>").unwrap(), ["d", "e"]);
        assert_eq!(page("<max>2</max><index>9</index>").unwrap(), [""; 0]);
    }

    #[test]
    fn nothing_but_the_count() {
        assert_eq!(page("<max>0</max>").unwrap(), [""; 0]);
    }

    #[test]
    fn after_what_is_not_there() {
        assert_eq!(page("<after>z</after>"), Err(Refusal::NoSuchPage));
        assert_eq!(page("<max>many</max>"), Err(Refusal::BadRequest));
    }
}
