//! From what was said to instants: which nine o'clock, which Saturday, from now.
//!
//! All arithmetic is on civil dates and then zoned, so that a day on which the clocks change is
//! still a day.

use std::ops::Range;

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan, Zoned};

use super::clock_time::ClockTime;
use super::day::{Day, TURN, tv_date};
use super::phrase::{Part, Pieces};
use crate::words::Word;

/// How long after a time it still counts as ahead.
const GRACE: SignedDuration = SignedDuration::from_mins(5);

/// Why a time could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotUnderstood {
    /// Said as a time, and none.
    #[error("{0} is not a time")]
    NotATime(String),
    /// Said as a date, and none.
    #[error("{0} is not a date")]
    NotADate(String),
}

/// When, as far as it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// One instant.
    Point {
        /// The likely reading.
        at: Zoned,
        /// The reading twelve hours earlier or later, where nothing tells them apart.
        other: Option<Zoned>,
    },
    /// Some part of one or more days.
    Window {
        /// From when; never before now while the window is still open.
        from: Zoned,
        /// Until when.
        to: Zoned,
    },
    /// From a time to a time.
    Span {
        /// From when.
        from: Zoned,
        /// Until when.
        to: Zoned,
    },
}

impl When {
    /// Returns where it begins.
    pub(crate) fn from(&self) -> &Zoned {
        match self {
            Self::Point { at, .. } => at,
            Self::Window { from, .. } | Self::Span { from, .. } => from,
        }
    }

    /// Returns where it ends; an instant ends where it begins.
    pub(crate) fn to(&self) -> &Zoned {
        match self {
            Self::Point { at, .. } => at,
            Self::Window { to, .. } | Self::Span { to, .. } => to,
        }
    }

    /// Returns whether all of it is over.
    pub(crate) fn is_past(&self, now: &Zoned) -> bool {
        match self {
            Self::Point { at, .. } => later(at, GRACE) < *now,
            Self::Window { to, .. } | Self::Span { to, .. } => to <= now,
        }
    }
}

/// A saying with its time taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// When, if it said so.
    pub(crate) when: Option<When>,
    /// What the answer must say about how the time was read.
    pub(crate) note: Option<String>,
    /// The other words.
    pub(crate) rest: Vec<Word>,
    /// Where among them the title is that was kept.
    pub(crate) kept: Range<usize>,
}

/// Puts the pieces together.
///
/// # Errors
/// [`NotUnderstood`] if there is no such time.
pub(super) fn resolve(
    pieces: &Pieces,
    now: &Zoned,
) -> Result<(Option<When>, Option<String>), NotUnderstood> {
    let note = match pieces.day {
        Some(Day::Next(meant, other)) => Some(format!(
            "(\"next\" read as {}; this one is {}.)",
            meant.strftime("%a %-d %b"),
            other.strftime("%a %-d %b")
        )),
        _ => None,
    };
    Ok((when(pieces, now), note))
}

fn when(pieces: &Pieces, now: &Zoned) -> Option<When> {
    if let Some(ahead) = pieces.ahead {
        let at = later(now, ahead);
        return Some(match pieces.length {
            Some(length) => When::Span { to: later(&at, length), from: at },
            None => When::Point { at, other: None },
        });
    }
    if let Some(clock) = pieces.from {
        return Some(timed(pieces, clock, now));
    }
    if let Some(until) = pieces.until {
        return Some(When::Span { from: now.clone(), to: first_after(until, now) });
    }
    if let Some(length) = pieces.length {
        return Some(When::Span { from: now.clone(), to: later(now, length) });
    }
    if pieces.day.is_some() || pieces.part.is_some() {
        return Some(window(pieces, now));
    }
    pieces.now.then(|| When::Point { at: now.clone(), other: None })
}

fn later(at: &Zoned, by: SignedDuration) -> Zoned {
    at.saturating_add(by)
}

/// A point, or a span where an end was said too.
fn timed(pieces: &Pieces, clock: ClockTime, now: &Zoned) -> When {
    let clock = match pieces.until {
        // in `9 to 10am` the second half tells about the first
        Some(until) if clock.ambiguous && !until.ambiguous && clock.hour <= 12 => {
            let pm = ClockTime { hour: clock.hour % 12 + 12, ambiguous: false, ..clock };
            let am = ClockTime { hour: clock.hour % 12, ambiguous: false, ..clock };
            let before = (pm.hour, pm.minute) < (until.hour, until.minute);
            if before || (until.hour < TURN) { pm } else { am }
        }
        _ => clock,
    };
    let (at, other) = instant(pieces, clock, now);
    if let Some(until) = pieces.until {
        let to = first_after(until, &at);
        return When::Span { from: at, to };
    }
    match pieces.length {
        Some(length) => When::Span { to: later(&at, length), from: at },
        None => When::Point { at, other },
    }
}

/// The first time the clock shows `clock` after `from`.
fn first_after(clock: ClockTime, from: &Zoned) -> Zoned {
    let hours = if clock.ambiguous {
        [clock.hour % 12, clock.hour % 12 + 12]
    } else {
        [clock.hour % 24, clock.hour % 24]
    };
    let days = [from.date(), plus(from.date(), 1)];
    days.iter()
        .flat_map(|day| hours.iter().map(|hour| zoned(*day, *hour, clock.minute, from)))
        .find(|at| at > from)
        .unwrap_or_else(|| later(from, SignedDuration::from_hours(1)))
}

/// Which instant a time of day means, and which else it could mean.
fn instant(pieces: &Pieces, clock: ClockTime, now: &Zoned) -> (Zoned, Option<Zoned>) {
    let night = matches!(pieces.part, Some(Part::Night | Part::Late | Part::Later));
    let hours: &[i8] = &reading_hours(pieces.part, clock);
    let earliest = now.saturating_sub(GRACE);
    let today = tv_date(now);
    let place = |date: Date, hour: i8| {
        let literal = zoned(date, hour, clock.minute, now);
        let small = hour < TURN;
        let dated = matches!(pieces.day, Some(Day::Dated(_)));
        let turned = small && !dated && (night || now.hour() < TURN && date > now.date());
        if turned { zoned(plus(date, 1), hour, clock.minute, now) } else { literal }
    };
    let am = |date: Date| {
        let open = clock.ambiguous && pieces.part.is_none() && clock.hour < 12;
        open.then(|| zoned(date, clock.hour, clock.minute, now))
    };
    let fixed = match pieces.day {
        None => None,
        Some(Day::On(date)) if date == today => {
            let found = hours
                .iter()
                .flat_map(|hour| [place(date, *hour), small_hours(date, *hour, clock, now)])
                .find(|at| *at >= earliest && tv_date(at) == today);
            let first = hours.first().map_or_else(|| now.clone(), |hour| place(date, *hour));
            Some((found.unwrap_or(first), am(date)))
        }
        Some(
            Day::On(date)
            | Day::Dated(date)
            | Day::Next(date, _)
            | Day::Weekend(date)
            | Day::Week(date),
        ) => Some((first_reading(hours, date, &place), am(date))),
        Some(Day::Weekday(day)) => {
            let date = super::day::ahead(today, day);
            let at = first_reading(hours, date, &place);
            let at = if at < earliest { first_reading(hours, plus(date, 7), &place) } else { at };
            let other = am(at.date());
            Some((at, other))
        }
    };
    fixed.unwrap_or_else(|| {
        let ahead = (0..3)
            .flat_map(|days| {
                let date = plus(now.date(), days);
                hours.iter().map(move |hour| zoned(date, *hour, clock.minute, now))
            })
            .find(|at| *at >= earliest)
            .unwrap_or_else(|| now.clone());
        let other = (0..2).filter_map(|days| am(plus(now.date(), days))).find(|at| at >= now);
        (ahead, other)
    })
}

fn small_hours(date: Date, hour: i8, clock: ClockTime, now: &Zoned) -> Zoned {
    let date = if hour < TURN { plus(date, 1) } else { date };
    zoned(date, hour, clock.minute, now)
}

fn first_reading(hours: &[i8], date: Date, place: &impl Fn(Date, i8) -> Zoned) -> Zoned {
    place(date, hours.first().copied().unwrap_or(0))
}

/// The hours a time of day can mean, the likely one first.
fn reading_hours(part: Option<Part>, clock: ClockTime) -> Vec<i8> {
    if !clock.ambiguous {
        return vec![clock.hour];
    }
    let pm = clock.hour % 12 + 12;
    match (part, clock.hour) {
        (Some(Part::Morning | Part::Breakfast), 12) => vec![0],
        (Some(Part::Morning | Part::Breakfast), hour) => vec![hour],
        (Some(Part::Night | Part::Late | Part::Later), 12) => vec![24],
        (Some(Part::Night | Part::Late | Part::Later), hour) if hour < TURN => vec![hour],
        (Some(Part::Lunchtime), 11) => vec![11],
        (None, 12) => vec![12, 24],
        _ => vec![pm],
    }
}

fn window(pieces: &Pieces, now: &Zoned) -> When {
    let today = tv_date(now);
    match pieces.day {
        Some(Day::Weekend(saturday)) if pieces.part.is_none() => {
            clipped(zoned(saturday, 0, 0, now), zoned(plus(saturday, 2), TURN, 0, now), now)
        }
        Some(Day::Week(monday)) if pieces.part.is_none() => {
            clipped(zoned(monday, TURN, 0, now), zoned(plus(monday, 7), TURN, 0, now), now)
        }
        Some(Day::Weekday(day)) => {
            let date = super::day::ahead(today, day);
            let (from, to) = part_of(date, pieces.part, now);
            if to > *now {
                return clipped(from, to, now);
            }
            let (from, to) = part_of(plus(date, 7), pieces.part, now);
            clipped(from, to, now)
        }
        Some(
            Day::On(date)
            | Day::Dated(date)
            | Day::Next(date, _)
            | Day::Weekend(date)
            | Day::Week(date),
        ) => {
            let (from, to) = part_of(date, pieces.part, now);
            clipped(from, to, now)
        }
        None => {
            let (from, to) = part_of(today, pieces.part, now);
            if to > *now || pieces.this {
                return clipped(from, to, now);
            }
            let (from, to) = part_of(plus(today, 1), pieces.part, now);
            clipped(from, to, now)
        }
    }
}

/// A window that has begun begins now.
fn clipped(from: Zoned, to: Zoned, now: &Zoned) -> When {
    let from = if from < *now && to > *now { now.clone() } else { from };
    When::Window { from, to }
}

fn part_of(date: Date, part: Option<Part>, now: &Zoned) -> (Zoned, Zoned) {
    let at = |hour: i8| {
        if hour >= 24 { zoned(plus(date, 1), hour - 24, 0, now) } else { zoned(date, hour, 0, now) }
    };
    match part {
        None => (at(TURN), at(24 + TURN)),
        Some(Part::Breakfast) => (at(6), at(9)),
        Some(Part::Morning) => (at(6), at(12)),
        Some(Part::Lunchtime) => (at(12), at(14)),
        Some(Part::Afternoon) => (at(12), at(18)),
        Some(Part::Evening) => (at(18), at(22)),
        Some(Part::Night) => (at(18), at(28)),
        Some(Part::Late) => (at(22), at(26)),
        Some(Part::Later) => (now.clone(), at(28)),
    }
}

fn plus(date: Date, days: i64) -> Date {
    date.checked_add(days.days()).unwrap_or(date)
}

/// A civil time in the household's zone; hour 24 is the next day's midnight. A time that the
/// clocks skip is moved forward, one that they repeat is the first.
fn zoned(date: Date, hour: i8, minute: i8, like: &Zoned) -> Zoned {
    let (date, hour) = if hour >= 24 { (plus(date, 1), hour - 24) } else { (date, hour) };
    jiff::civil::Time::new(hour, minute, 0, 0)
        .ok()
        .and_then(|time| date.to_datetime(time).to_zoned(like.time_zone().clone()).ok())
        .unwrap_or_else(|| like.clone())
}
