//! The datatypes of XML Schema that answers in a form can have (XEP-0122 section 8.3).

use std::cmp::Ordering;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datatype {
    /// `xs:string`: any text; what counts where none is named, or one that nobody here knows.
    String,
    /// `xs:boolean`
    Boolean,
    /// `xs:anyURI`
    AnyUri,
    /// `xs:language`
    Language,
    /// `xs:date`
    Date,
    /// `xs:time`
    Time,
    /// `xs:dateTime`
    DateTime,
    /// `xs:decimal`, of any length
    Decimal,
    /// `xs:integer`, of any length
    Integer,
    /// `xs:double`
    Double,
    /// `xs:byte`: eight bits
    Byte,
    /// `xs:short`: sixteen bits
    Short,
    /// `xs:int`: thirty-two bits
    Int,
    /// `xs:long`: sixty-four bits
    Long,
    /// Another, by its name; its values are taken for texts (section 3.4).
    Other(String),
}

impl Datatype {
    const NAMED: [(&'static str, Self); 14] = [
        ("xs:string", Self::String),
        ("xs:boolean", Self::Boolean),
        ("xs:anyURI", Self::AnyUri),
        ("xs:language", Self::Language),
        ("xs:date", Self::Date),
        ("xs:time", Self::Time),
        ("xs:dateTime", Self::DateTime),
        ("xs:decimal", Self::Decimal),
        ("xs:integer", Self::Integer),
        ("xs:double", Self::Double),
        ("xs:byte", Self::Byte),
        ("xs:short", Self::Short),
        ("xs:int", Self::Int),
        ("xs:long", Self::Long),
    ];

    /// Finds the one by this name.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        let known = Self::NAMED.into_iter().find(|(known, _)| *known == name);
        known.map_or_else(|| Self::Other(name.to_owned()), |(_, datatype)| datatype)
    }

    /// Returns its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if let Self::Other(name) = self {
            return name;
        }
        let named = Self::NAMED.iter().find(|(_, datatype)| datatype == self);
        named.map_or("xs:string", |(name, _)| name)
    }

    /// Whether a value is one of this type.
    #[must_use]
    pub fn admits(&self, value: &str) -> bool {
        match self {
            Self::String | Self::Other(_) => true,
            Self::Boolean => boolean(value).is_some(),
            Self::AnyUri => !value.is_empty() && !value.contains(char::is_whitespace),
            Self::Language => is_language(value),
            Self::Date => date(value).is_some(),
            Self::Time => time(value).is_some(),
            Self::DateTime => instant(value).is_some(),
            Self::Decimal => Number::parse(value).is_some(),
            Self::Integer => Number::parse(value).is_some() && !value.contains('.'),
            Self::Double => double(value).is_some(),
            Self::Byte => signed::<i8>(value),
            Self::Short => signed::<i16>(value),
            Self::Int => signed::<i32>(value),
            Self::Long => signed::<i64>(value),
        }
    }

    /// Compares two values; `None` if they have no order, or are none of this type.
    #[must_use]
    pub fn compare(&self, one: &str, other: &str) -> Option<Ordering> {
        match self {
            // Section 5.2: texts are not compared.
            Self::String | Self::Other(_) | Self::Boolean | Self::AnyUri | Self::Language => None,
            Self::Date => date(one)?.partial_cmp(&date(other)?),
            Self::Time => time(one)?.partial_cmp(&time(other)?),
            Self::DateTime => instant(one)?.partial_cmp(&instant(other)?),
            Self::Double => double(one)?.partial_cmp(&double(other)?),
            Self::Decimal | Self::Integer | Self::Byte | Self::Short | Self::Int | Self::Long => {
                Some(Number::parse(one)?.compare(&Number::parse(other)?))
            }
        }
    }
}

/// Reads yes or no as XML Schema writes them.
pub(super) fn boolean(value: &str) -> Option<bool> {
    match value {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// RFC 1766: letters and digits in parts of at most eight, letters only in the first.
fn is_language(value: &str) -> bool {
    value.split('-').enumerate().all(|(index, part)| {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let all = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (1..=8).contains(&part.len()) && all && (index > 0 || letters)
    })
}

/// Splits off `Z` or `+hh:mm`, which dates and times may have.
fn without_zone(value: &str) -> &str {
    if let Some(rest) = value.strip_suffix(['Z', 'z']) {
        return rest;
    }
    let zone = value.len().checked_sub(6).and_then(|at| value.split_at_checked(at));
    match zone {
        Some((rest, zone)) if zone.starts_with(['+', '-']) && zone.get(3..4) == Some(":") => rest,
        _ => value,
    }
}

fn date(value: &str) -> Option<Date> {
    Date::strptime("%Y-%m-%d", without_zone(value)).ok()
}

fn time(value: &str) -> Option<Time> {
    let whole = without_zone(value);
    let shaped = whole.get(2..3) == Some(":") && whole.get(5..6) == Some(":");
    Time::from_str(whole).ok().filter(|_| shaped)
}

/// An instant; without a zone it is taken for one of UTC, so that two can be compared.
fn instant(value: &str) -> Option<Timestamp> {
    if value.get(10..11) != Some("T") {
        return None;
    }
    if without_zone(value) == value {
        let local = DateTime::from_str(value).ok()?;
        return local.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    Timestamp::from_str(value).ok()
}

fn double(value: &str) -> Option<f64> {
    match value {
        "INF" => return Some(f64::INFINITY),
        "-INF" => return Some(f64::NEG_INFINITY),
        "NaN" => return Some(f64::NAN),
        _ => {}
    }
    // Rust also reads words such as `infinity`, which are none here.
    let digits = value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    digits.then(|| value.parse().ok()).flatten()
}

fn signed<T: FromStr>(value: &str) -> bool {
    value.parse::<T>().is_ok()
}

/// A decimal number of any length, by its digits without needless zeros.
struct Number<'a> {
    negative: bool,
    whole: &'a str,
    part: &'a str,
}

impl<'a> Number<'a> {
    fn parse(value: &'a str) -> Option<Self> {
        let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
        let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && part.is_empty()) || !digits(whole) || !digits(part) {
            return None;
        }
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        let zero = whole.is_empty() && part.is_empty();
        Some(Self { negative: value.starts_with('-') && !zero, whole, part })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let size =
            |number: &Self| (number.whole.len(), number.whole.to_owned(), number.part.to_owned());
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
        }
    }
}
