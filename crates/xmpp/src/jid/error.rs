//! Why a text is not an address: one variant per rule.

use std::fmt;

/// A part of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Before the `@`.
    Localpart,
    /// Between `@` and `/`.
    Domainpart,
    /// After the first `/`.
    Resourcepart,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Localpart => "localpart",
            Self::Domainpart => "domainpart",
            Self::Resourcepart => "resourcepart",
        })
    }
}

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JidError {
    /// RFC 7622 section 3.2 to 3.4: a part that is there is not empty.
    #[error("the {0} is empty")]
    Empty(Part),
    /// RFC 7622 section 3.1: 1023 bytes at most.
    #[error("the {0} is longer than 1023 bytes")]
    TooLong(Part),
    /// RFC 7622 section 3.3 and 3.4: a character that is not allowed there.
    #[error("the {0} has a character that is not allowed there")]
    Character(Part),
    /// RFC 1034 section 3.1: a label is 1 to 63 bytes, a name at most 253.
    #[error("the domainpart has a label or name of a length that DNS does not know")]
    LabelLength,
    /// RFC 1123 section 2.1: a label does not start or end with a hyphen.
    #[error("a label of the domainpart starts or ends with a hyphen")]
    LabelHyphen,
    /// RFC 5890: not an internationalised domain name.
    #[error("the domainpart is not an internationalised domain name")]
    Idna,
    /// RFC 3986 section 3.2.2: brackets hold an IPv6 address.
    #[error("the brackets of the domainpart do not hold an IPv6 address")]
    Ipv6,
    /// XEP-0106 section 3: a backslash starts one of ten escapes.
    #[error("a backslash in the domainpart does not start an escape of XEP-0106")]
    Escape,
    /// A bare address was expected.
    #[error("there is a resourcepart where none may be")]
    UnexpectedResource,
    /// A full address was expected.
    #[error("there is no resourcepart")]
    MissingResource,
}
