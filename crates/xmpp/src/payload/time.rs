//! XEP-0202: Entity Time, with the formats of XEP-0082.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::carrier::{Carrier, Payload, PayloadError, field};
use crate::element::Element;
use crate::ns;

/// What time it is at an entity. The question is an element without content: [`Time::question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// The time.
    pub utc: Timestamp,
    /// How far its local time is from it.
    pub offset: Offset,
}

impl Time {
    /// Makes the element that asks for the time.
    #[must_use]
    pub fn question() -> Element {
        Element::new(Self::NAME, Self::NAMESPACE)
    }
}

impl Payload for Time {
    const NAME: &'static str = "time";
    const NAMESPACE: &'static str = ns::TIME;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqResult];

    fn read(time: &Element) -> Result<Self, PayloadError> {
        let utc = field(time, "utc").ok_or(PayloadError::Missing("utc"))?;
        let offset = field(time, "tzo").ok_or(PayloadError::Missing("tzo"))?;
        Ok(Self {
            utc: utc.trim().parse().map_err(|_| PayloadError::Invalid("utc"))?,
            offset: parse_offset(offset.trim()).ok_or(PayloadError::Invalid("tzo"))?,
        })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE)
            .field("tzo", format_offset(self.offset))
            .field("utc", format_stamp(self.utc))
            .build()
    }
}

/// Writes `2026-11-23T11:40:00Z`, with a fraction only if there is one.
pub(super) fn format_stamp(stamp: Timestamp) -> String {
    stamp.to_string()
}

fn format_offset(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Reads `Z`, `+hh:mm` or `-hh:mm` (XEP-0082 section 3.3).
fn parse_offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (None, Some(rest)) => (-1, rest),
        (None, None) => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |digits: &str| {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if two { digits.parse::<i32>().ok() } else { None }
    };
    Offset::from_seconds(sign * (number(hours)? * 3600 + number(minutes)? * 60)).ok()
}
