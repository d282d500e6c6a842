//! XEP-0122: Data Forms Validation: what an answer must look like, beyond the kind of its field.

use std::cmp::Ordering;

use regex_lite::RegexBuilder;

use super::datatype::Datatype;
use super::field::FieldKind;
use crate::element::Element;
use crate::ns;
use crate::payload::carrier::{Carrier, Payload, PayloadError};

/// Bytes that a compiled pattern may take: a peer's pattern must not fill the memory.
const PATTERN: usize = 64 * 1024;

/// `<validate/>`: a datatype, and how answers are checked against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// What each value is.
    pub datatype: Datatype,
    /// What else holds for each value.
    pub method: Method,
    /// How many values a `list-multi` takes (section 3.3).
    pub list_range: Option<ListRange>,
}

/// How values are checked (section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Against the datatype; a list takes nothing but its choices.
    Basic,
    /// Against the datatype; a list takes what is not among its choices, too.
    Open,
    /// Against the datatype and these limits, each of which may be one of them.
    Range {
        /// The least that is allowed.
        min: Option<String>,
        /// The most that is allowed.
        max: Option<String>,
    },
    /// Against the datatype and this pattern, which must fit the whole value.
    Regex(String),
}

/// `<list-range/>`: how many values there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListRange {
    /// At least so many.
    pub min: Option<usize>,
    /// At most so many.
    pub max: Option<usize>,
}

impl Validation {
    /// Makes one of this datatype and nothing more.
    #[must_use]
    pub const fn basic(datatype: Datatype) -> Self {
        Self { datatype, method: Method::Basic, list_range: None }
    }

    /// Makes one that lets a list take other values than its choices.
    #[must_use]
    pub const fn open(datatype: Datatype) -> Self {
        Self { datatype, method: Method::Open, list_range: None }
    }

    /// Makes one with limits.
    #[must_use]
    pub fn range(datatype: Datatype, min: Option<&str>, max: Option<&str>) -> Self {
        let (min, max) = (min.map(str::to_owned), max.map(str::to_owned));
        Self { datatype, method: Method::Range { min, max }, list_range: None }
    }

    /// Makes one with a pattern.
    #[must_use]
    pub fn regex(pattern: &str) -> Self {
        let method = Method::Regex(pattern.to_owned());
        Self { datatype: Datatype::String, method, list_range: None }
    }

    /// Limits the number of values of a `list-multi`.
    #[must_use]
    pub const fn with_list_range(mut self, min: Option<usize>, max: Option<usize>) -> Self {
        self.list_range = Some(ListRange { min, max });
        self
    }

    /// Whether one value is as it must be.
    #[must_use]
    pub fn admits(&self, value: &str) -> bool {
        if !self.datatype.admits(value) {
            return false;
        }
        match &self.method {
            Method::Basic | Method::Open => true,
            Method::Range { min, max } => {
                let order = |limit: &String| self.datatype.compare(value, limit);
                min.as_ref().is_none_or(|min| order(min) != Some(Ordering::Less))
                    && max.as_ref().is_none_or(|max| order(max) != Some(Ordering::Greater))
            }
            Method::Regex(pattern) => fits(pattern, value),
        }
    }

    /// Whether a list so validated takes other values than its choices: any method but `<basic/>`
    /// implies what `<open/>` says (section 3.2).
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.method != Method::Basic
    }

    /// Whether a field of this kind may have so many values.
    #[must_use]
    pub fn admits_count(&self, kind: FieldKind, count: usize) -> bool {
        let Some(range) = self.list_range.filter(|_| kind == FieldKind::ListMulti) else {
            return true;
        };
        range.min.is_none_or(|min| count >= min) && range.max.is_none_or(|max| count <= max)
    }
}

/// A pattern that cannot be compiled is a method that is not understood: basic (section 3.4).
fn fits(pattern: &str, value: &str) -> bool {
    let whole = format!("^(?:{pattern})$");
    let compiled = RegexBuilder::new(&whole).size_limit(PATTERN).build();
    compiled.map_or(true, |pattern| pattern.is_match(value))
}

impl Payload for Validation {
    const NAME: &'static str = "validate";
    const NAMESPACE: &'static str = ns::DATA_VALIDATION;
    const CARRIERS: &'static [Carrier] = &[];

    fn read(validate: &Element) -> Result<Self, PayloadError> {
        let datatype = validate.attr("datatype").map_or(Datatype::String, Datatype::parse);
        // Section 3.2: there is no method, or one, or one that nobody here knows: basic.
        let method = validate.children().find_map(Method::read).unwrap_or(Method::Basic);
        let list_range = validate.child("list-range", ns::DATA_VALIDATION);
        Ok(Self { datatype, method, list_range: list_range.map(ListRange::read).transpose()? })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr("datatype", self.datatype.as_str())
            .child(self.method.to_element())
            .children(self.list_range.map(ListRange::to_element))
            .build()
    }
}

impl Method {
    fn read(child: &Element) -> Option<Self> {
        if child.namespace() != ns::DATA_VALIDATION {
            return None;
        }
        let limit = |name| child.attr(name).map(str::to_owned);
        match child.name() {
            "basic" => Some(Self::Basic),
            "open" => Some(Self::Open),
            "range" => Some(Self::Range { min: limit("min"), max: limit("max") }),
            "regex" => Some(Self::Regex(child.text())),
            _ => None,
        }
    }

    fn to_element(&self) -> Element {
        let element = |name| Element::builder(name, ns::DATA_VALIDATION);
        let built = match self {
            Self::Basic => element("basic"),
            Self::Open => element("open"),
            Self::Range { min, max } => {
                element("range").attr_opt("min", min.as_deref()).attr_opt("max", max.as_deref())
            }
            Self::Regex(pattern) => element("regex").text(pattern),
        };
        built.build()
    }
}

impl ListRange {
    fn read(range: &Element) -> Result<Self, PayloadError> {
        let limit = |name| {
            let number = range.attr(name).map(str::parse);
            number.transpose().map_err(|_| PayloadError::Invalid(name))
        };
        Ok(Self { min: limit("min")?, max: limit("max")? })
    }

    fn to_element(self) -> Element {
        Element::builder("list-range", ns::DATA_VALIDATION)
            .attr_opt("min", self.min.map(|number| number.to_string()))
            .attr_opt("max", self.max.map(|number| number.to_string()))
            .build()
    }
}
