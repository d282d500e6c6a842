//! Days: `tomorrow`, `next saturday`, `monday week`, `fri 27th`, `27/11`, `weekend`, `next week`.

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, ToSpan, Zoned};

use crate::words::{Word, number};

/// The hour at which the television day turns.
pub(super) const TURN: i8 = 5;

/// A day or stretch of days as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// One television day, said relative to today.
    On(Date),
    /// One day by its calendar date: hours after midnight belong to it too.
    Dated(Date),
    /// A bare weekday: the first of that name which is still ahead.
    Weekday(Weekday),
    /// `next saturday`: the one meant, and the other it could be.
    Next(Date, Date),
    /// Saturday to Monday morning.
    Weekend(Date),
    /// From a Monday morning for seven days.
    Week(Date),
}

/// What a run of words turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dated {
    /// A day, and how many words it took.
    Day(Day, usize),
    /// It was meant as a date but there is no such one.
    Wrong(String),
}

/// Returns today's date, where the day turns at 05:00.
pub(crate) fn tv_date(now: &Zoned) -> Date {
    now.checked_sub(SignedDuration::from_hours(i64::from(TURN))).map_or(now.date(), |t| t.date())
}

/// Reads a day at the start of `words`.
pub(super) fn read(words: &[Word], now: &Zoned) -> Option<Dated> {
    let today = tv_date(now);
    relative(words, today)
        .or_else(|| written(words, today))
        .or_else(|| month_day(words, today))
        .or_else(|| weekday(words, today))
}

fn key(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.key.as_str())
}

fn plus(date: Date, days: i64) -> Date {
    date.checked_add(days.days()).unwrap_or(date)
}

fn relative(words: &[Word], today: Date) -> Option<Dated> {
    let on = |days: i64, taken: usize| Some(Dated::Day(Day::On(plus(today, days)), taken));
    match (key(words, 0), key(words, 1), key(words, 2)) {
        ("day", "after", "tomorrow") => on(2, 3),
        ("today" | "todays", _, _) => on(0, 1),
        (
            "tomorrow" | "tomorrows" | "tomo" | "tmrw" | "tomorow" | "tommorow" | "tommorrow",
            _,
            _,
        ) => on(1, 1),
        ("yesterday" | "yesterdays", _, _) => on(-1, 1),
        ("this", "weekend", _) => weekend(today, 0, 2),
        ("next", "weekend", _) => weekend(today, 7, 2),
        ("weekend" | "weekends", _, _) => weekend(today, 0, 1),
        ("this", "week", _) => Some(Dated::Day(Day::Week(monday(today)), 2)),
        ("next", "week", _) => Some(Dated::Day(Day::Week(plus(monday(today), 7)), 2)),
        ("in", days, "days" | "day") => on(i64::from(number(days).filter(|n| *n < 60)?), 3),
        ("a", "week", "on") | ("week", "on", _) => {
            let skip = if key(words, 0) == "a" { 3 } else { 2 };
            let day = weekday_name(key(words, skip))?;
            Some(Dated::Day(Day::On(plus(ahead(today, day), 7)), skip + 1))
        }
        _ => None,
    }
}

fn monday(today: Date) -> Date {
    plus(today, -i64::from(today.weekday().to_monday_zero_offset()))
}

fn weekend(today: Date, later: i64, taken: usize) -> Option<Dated> {
    let saturday = match today.weekday() {
        Weekday::Sunday => plus(today, -1),
        _ => ahead(today, Weekday::Saturday),
    };
    Some(Dated::Day(Day::Weekend(plus(saturday, later)), taken))
}

/// Returns the first `day` from `today` on, today included.
pub(super) fn ahead(today: Date, day: Weekday) -> Date {
    plus(today, i64::from(today.weekday().until(day)))
}

/// `27/11`, `27/11/2026`, `27.11.2026` and `2026-11-27`; the day comes first.
fn written(words: &[Word], today: Date) -> Option<Dated> {
    let said = key(words, 0);
    let iso: Vec<&str> = said.split('-').collect();
    if let [year, month, day] = iso.as_slice() {
        return Some(dated(number(day), number(month), number(year), today, said, 1));
    }
    let slashed: Vec<&str> = said.split('/').collect();
    match slashed.as_slice() {
        [day, month] => return Some(dated(number(day), number(month), None, today, said, 1)),
        [day, month, year] => {
            return Some(dated(number(day), number(month), number(year), today, said, 1));
        }
        _ => {}
    }
    let dotted: Vec<&str> = said.split('.').collect();
    if let [day, month, year] = dotted.as_slice() {
        return Some(dated(number(day), number(month), number(year), today, said, 1));
    }
    None
}

fn dated(
    day: Option<u32>,
    month: Option<u32>,
    year: Option<u32>,
    today: Date,
    said: &str,
    taken: usize,
) -> Dated {
    let full = year.map(|year| if year < 100 { year + 2000 } else { year });
    let found = day.zip(month).and_then(|(day, month)| {
        let year = full.map_or(Some(today.year()), |year| i16::try_from(year).ok())?;
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    });
    match found {
        // without a year, a date long past is next year's
        Some(date) if full.is_none() && plus(date, 60) < today => {
            let next = date.checked_add(1.year()).unwrap_or(date);
            Dated::Day(Day::Dated(next), taken)
        }
        Some(date) => Dated::Day(Day::Dated(date), taken),
        None => Dated::Wrong(said.to_owned()),
    }
}

/// `27th`, `the 27th of november`, `27 nov`, `november 27`.
fn month_day(words: &[Word], today: Date) -> Option<Dated> {
    let first = usize::from(key(words, 0) == "the");
    let said = key(words, first);
    if let Some(month) = month(said) {
        let next = key(words, first + 1);
        let day = ordinal_day(next).or_else(|| number(next)).filter(|day| *day <= 99)?;
        let text = format!("{next} {said}");
        return Some(dated(Some(day), Some(month), None, today, &text, first + 2));
    }
    let (day, is_ordinal) = match ordinal_day(said) {
        Some(day) => (day, true),
        None => (number(said)?, false),
    };
    let of = usize::from(key(words, first + 1) == "of");
    if let Some(month) = month(key(words, first + 1 + of)) {
        let text = format!("{said} {}", key(words, first + 1 + of));
        return Some(dated(Some(day), Some(month), None, today, &text, first + 2 + of));
    }
    is_ordinal.then(|| day_of_month(day, today, said, first + 1))
}

/// `27th` without a month is the next one.
fn day_of_month(day: u32, today: Date, said: &str, taken: usize) -> Dated {
    let found = i8::try_from(day).ok().filter(|day| (1..=31).contains(day)).and_then(|day| {
        (0..13).find_map(|months| {
            let first = today.first_of_month().checked_add(months.months()).ok()?;
            Date::new(first.year(), first.month(), day).ok().filter(|date| *date >= today)
        })
    });
    found.map_or_else(|| Dated::Wrong(said.to_owned()), |date| Dated::Day(Day::Dated(date), taken))
}

fn ordinal_day(said: &str) -> Option<u32> {
    let starts = said.starts_with(|c: char| c.is_ascii_digit());
    starts.then(|| crate::words::ordinal(said)).flatten()
}

fn month(said: &str) -> Option<u32> {
    let names = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let short = said.len() >= 3 && said != "mar";
    names
        .iter()
        .position(|name| *name == said || (short && said.len() <= 4 && name.starts_with(said)))
        .and_then(|at| u32::try_from(at + 1).ok())
}

/// `saturday`, `on sat`, `this saturday`, `next saturday`, `saturday week`, `fri 27th`.
fn weekday(words: &[Word], today: Date) -> Option<Dated> {
    let lead = key(words, 0);
    let skip = usize::from(matches!(lead, "this" | "next" | "coming" | "last"));
    let day = weekday_name(key(words, skip))?;
    let coming = ahead(today, day);
    if lead == "last" {
        return Some(Dated::Day(Day::On(plus(ahead(today, day), -7)), 2));
    }
    if key(words, skip + 1) == "week" {
        return Some(Dated::Day(Day::On(plus(coming, 7)), skip + 2));
    }
    if skip == 0
        && let Some(Dated::Day(Day::Dated(date), taken)) =
            month_day(words.get(1..).unwrap_or_default(), today)
        && date.weekday() == day
    {
        return Some(Dated::Day(Day::Dated(date), taken + 1));
    }
    if lead == "next" {
        let next_monday = plus(monday(today), 7);
        let (meant, other) = if coming < next_monday {
            (plus(coming, 7), coming)
        } else {
            (coming, plus(coming, 7))
        };
        return Some(Dated::Day(Day::Next(meant, other), 2));
    }
    Some(Dated::Day(Day::Weekday(day), skip + 1))
}

fn weekday_name(said: &str) -> Option<Weekday> {
    let said = said.strip_suffix('s').filter(|said| said.ends_with("day")).unwrap_or(said);
    Some(match said {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tues" | "tue" => Weekday::Tuesday,
        "wednesday" | "weds" | "wed" => Weekday::Wednesday,
        "thursday" | "thurs" | "thur" | "thu" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    })
}
