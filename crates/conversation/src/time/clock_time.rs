//! Times of day: `9`, `half 8`, `1830`, `18.30`, `6.30pm`, `quarter to nine`, `noon`, `midnight`.

use crate::words::{Word, number};

/// A time of day as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClockTime {
    /// 0 to 24; 24 is the midnight that ends a day.
    pub(super) hour: i8,
    /// 0 to 59.
    pub(super) minute: i8,
    /// Whether it could be in the morning as well as in the evening.
    pub(super) ambiguous: bool,
}

/// What a run of words turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Clocked {
    /// A time of day, and how many words it took.
    Time(ClockTime, usize),
    /// It was meant as one but there is no such time.
    Wrong(String),
}

/// Reads a time of day at the start of `words`. `expected` says that the word before it announces
/// one (`at`, `from`, a day), so that a bare number counts.
pub(super) fn read(words: &[Word], expected: bool) -> Option<Clocked> {
    named(words)
        .or_else(|| half(words))
        .or_else(|| past_or_to(words, expected))
        .or_else(|| digits(words, expected))
}

fn key(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.key.as_str())
}

fn time(hour: i8, minute: i8, ambiguous: bool, taken: usize) -> Clocked {
    Clocked::Time(ClockTime { hour, minute, ambiguous }, taken)
}

fn named(words: &[Word]) -> Option<Clocked> {
    match key(words, 0) {
        "noon" | "midday" => Some(time(12, 0, false, 1)),
        "midnight" => Some(time(24, 0, false, 1)),
        _ => None,
    }
}

/// `half 8` and `half past 8` are both 8:30.
fn half(words: &[Word]) -> Option<Clocked> {
    if key(words, 0) != "half" {
        return None;
    }
    let at = if key(words, 1) == "past" { 2 } else { 1 };
    let hour = number(key(words, at)).filter(|hour| (1..=12).contains(hour))?;
    Some(with_suffix(words, at + 1, hour, 30))
}

/// `quarter to nine`, `20 past 6`, `ten to nine`; `9 to 10` is a range and is left alone.
fn past_or_to(words: &[Word], expected: bool) -> Option<Clocked> {
    let first = if key(words, 0) == "a" { 1 } else { 0 };
    let minutes = match key(words, first) {
        "quarter" => 15,
        other => number(other).filter(|n| [5, 10, 15, 20, 25].contains(n))?,
    };
    let unit = matches!(key(words, first + 1), "min" | "mins" | "minute" | "minutes");
    let at = first + 1 + usize::from(unit);
    let hour = number(key(words, at + 1)).filter(|hour| (1..=12).contains(hour))?;
    match key(words, at) {
        "past" => Some(with_suffix(words, at + 2, hour, minutes)),
        "to" => {
            let sure = key(words, first) == "quarter" || unit || minutes > 12;
            let likely = expected || hour >= 8;
            let range = hour > minutes && hour <= minutes + 2;
            if !(sure || likely && !range) {
                return None;
            }
            let hour = if hour == 1 { 12 } else { hour - 1 };
            Some(with_suffix(words, at + 2, hour, 60 - minutes))
        }
        _ => None,
    }
}

/// Everything written in digits, and bare number words where a time is expected.
fn digits(words: &[Word], expected: bool) -> Option<Clocked> {
    let said = key(words, 0);
    if !said.starts_with(|c: char| c.is_ascii_digit()) {
        let hour = number(said).filter(|hour| (1..=12).contains(hour))?;
        let marked = matches!(key(words, 1), "oclock" | "am" | "pm");
        return (expected || marked).then(|| with_suffix(words, 1, hour, 0));
    }
    let (bare, suffix) = split_suffix(said);
    let separate = matches!(key(words, 1), "am" | "pm" | "oclock");
    let marked = suffix.is_some() || separate;
    let wrong = || Some(Clocked::Wrong(shown(words, separate)));
    let (hour, minute, clear) = match shape(bare) {
        Shape::HourMinute(hour, minute) => (hour, minute, bare.starts_with('0')),
        Shape::FourDigits(hour, minute) if marked || expected || plausible(hour, minute) => {
            (hour, minute, bare.starts_with('0'))
        }
        Shape::ThreeDigits(hour, minute) if marked || expected && minute < 60 => {
            (hour, minute, false)
        }
        Shape::Hour(hour) if marked || expected => (hour, 0, bare.len() == 2 && hour < 10),
        Shape::Malformed if marked || expected => return wrong(),
        _ => return None,
    };
    if minute > 59 || hour > 24 || (hour == 24 && minute > 0) {
        return wrong();
    }
    if marked && hour == 0 && suffix == Some("pm") {
        return wrong();
    }
    let (Ok(h), Ok(m)) = (i8::try_from(hour), i8::try_from(minute)) else { return wrong() };
    match suffix {
        Some("am" | "pm") if h <= 12 => Some(time(half_of_day(h, suffix), m, false, 1)),
        Some(_) => Some(time(h, m, false, 1)),
        None if separate => Some(with_suffix(words, 1, hour, minute)),
        None => Some(time(h, m, !clear && (1..=12).contains(&h), 1)),
    }
}

/// Takes `am`, `pm` or `o'clock` after an hour into account.
fn with_suffix(words: &[Word], at: usize, hour: u32, minute: u32) -> Clocked {
    let hour = i8::try_from(hour).unwrap_or(24);
    let minute = i8::try_from(minute).unwrap_or(0);
    let at_word = key(words, at);
    match at_word {
        "am" | "pm" if hour <= 12 => time(half_of_day(hour, Some(at_word)), minute, false, at + 1),
        "am" | "pm" | "oclock" => {
            // `9 o'clock pm` is said too
            let next = key(words, at + 1);
            if at_word == "oclock" && matches!(next, "am" | "pm") && hour <= 12 {
                return time(half_of_day(hour, Some(next)), minute, false, at + 2);
            }
            time(hour, minute, (1..=12).contains(&hour), at + 1)
        }
        _ => time(hour, minute, (1..=12).contains(&hour), at),
    }
}

fn half_of_day(hour: i8, suffix: Option<&str>) -> i8 {
    match (hour, suffix) {
        (12, Some("am")) => 0,
        (12, _) => 12,
        (hour, Some("pm")) => hour + 12,
        (hour, _) => hour,
    }
}

/// Digits, by how they are written.
enum Shape {
    Hour(u32),
    HourMinute(u32, u32),
    ThreeDigits(u32, u32),
    FourDigits(u32, u32),
    Malformed,
    Other,
}

fn shape(bare: &str) -> Shape {
    if let Some((hour, minute)) = bare.split_once([':', '.', 'h']) {
        return match (number(hour), number(minute)) {
            (Some(hour), None) if minute.is_empty() => Shape::HourMinute(hour, 0),
            (Some(hour), Some(minute_value)) if hour < 100 && minute.len() == 2 => {
                Shape::HourMinute(hour, minute_value)
            }
            _ => Shape::Malformed,
        };
    }
    let Some(value) = number(bare) else { return Shape::Other };
    match bare.len() {
        1 | 2 => Shape::Hour(value),
        3 => Shape::ThreeDigits(value / 100, value % 100),
        4 => Shape::FourDigits(value / 100, value % 100),
        _ => Shape::Other,
    }
}

/// Whether four bare digits look like a time of day and not like a year or a title.
fn plausible(hour: u32, minute: u32) -> bool {
    hour < 24 && minute.is_multiple_of(5)
}

fn split_suffix(said: &str) -> (&str, Option<&'static str>) {
    ["am", "pm", "oclock"]
        .into_iter()
        .find_map(|end| said.strip_suffix(end).map(|bare| (bare, Some(end))))
        .unwrap_or((said, None))
}

fn shown(words: &[Word], separate: bool) -> String {
    let first = words.first().map_or("", |word| word.spoken.as_str());
    match words.get(1) {
        Some(second) if separate => format!("{first} {}", second.spoken),
        _ => first.to_owned(),
    }
}
