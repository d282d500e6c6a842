//! `20261125223000 +0000`: XMLTV's form of a date and time, of which only the date must be there.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Reads a time. Without a zone it is UTC; of zone names, those that grabbers write are known.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, zone) = text.split_at_checked(end)?;
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
    let small = |at: usize, missing: i8| match digits.get(at..at + 2) {
        Some(two) => two.parse::<i8>().ok(),
        None => Some(missing),
    };
    if !matches!(digits.len(), 8 | 10 | 12 | 14) {
        return None;
    }
    let (month, day) = (small(4, 1)?, small(6, 1)?);
    let (hour, minute, second) = (small(8, 0)?, small(10, 0)?, small(12, 0)?);
    let civil = DateTime::new(number(0, 4)?, month, day, hour, minute, second, 0).ok()?;
    offset(zone.trim())?.to_timestamp(civil).ok()
}

fn offset(zone: &str) -> Option<Offset> {
    let sign = match zone.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return named(zone),
    };
    let digits: String = zone.chars().skip(1).filter(|c| *c != ':').collect();
    let hours: i32 = digits.get(0..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..4).map_or(Ok(0), str::parse).ok()?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn named(zone: &str) -> Option<Offset> {
    let hours = match zone {
        "" | "Z" | "UTC" | "GMT" | "WET" => 0,
        "BST" | "CET" | "WEST" | "IST" => 1,
        "CEST" | "EET" => 2,
        "EEST" | "MSK" => 3,
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return None,
    };
    Offset::from_hours(hours).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_offsets() {
        for (text, expected) in [
            ("20261125223000 +0000", "2026-11-25T22:30:00Z"),
            ("20261125223000 +0530", "2026-11-25T17:00:00Z"),
            ("20261125223000-05:00", "2026-11-26T03:30:00Z"),
            ("202611252230", "2026-11-25T22:30:00Z"),
            ("20261125", "2026-11-25T00:00:00Z"),
            ("20260625223000 BST", "2026-06-25T21:30:00Z"),
        ] {
            assert_eq!(parse(text), Some(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", "now", "2026", "20261325223000", "20261125223000 MARS", "20261125223000 +\u{e9}0"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
