//! A whole saying: finds the day, the part of the day, the times and the lengths in it, and leaves
//! the rest of the words for the titles and channels.

use std::ops::Range;

use jiff::{SignedDuration, Zoned};

use super::clock_time::{self, ClockTime, Clocked};
use super::day::{self, Dated, Day};
use super::resolve::{self, NotUnderstood, Reading};
use crate::words::{Word, number};

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Breakfast,
    Morning,
    Lunchtime,
    Afternoon,
    Evening,
    Night,
    Late,
    /// From now to the end of the night.
    Later,
}

/// The pieces of time in one saying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pieces {
    pub(super) day: Option<Day>,
    pub(super) part: Option<Part>,
    /// `this morning` stays this morning even when it has passed.
    pub(super) this: bool,
    pub(super) from: Option<ClockTime>,
    pub(super) until: Option<ClockTime>,
    pub(super) length: Option<SignedDuration>,
    pub(super) ahead: Option<SignedDuration>,
    pub(super) now: bool,
}

/// Reads the time in `words`, except in `kept`, which is a title and stays one.
///
/// # Errors
/// [`NotUnderstood`] if something was meant as a time or date and is none.
pub(crate) fn read(
    words: &[Word],
    kept: &Range<usize>,
    now: &Zoned,
) -> Result<Reading, NotUnderstood> {
    let mut scan = Scan { words, kept, now, pieces: Pieces::default(), touched: false };
    let mut rest = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let taken = if kept.contains(&at) { 0 } else { scan.piece(at)? };
        if taken == 0 {
            rest.push((at, word.clone()));
            scan.touched = false;
            at += 1;
        } else {
            scan.touched = true;
            at += taken;
        }
    }
    let kept_rest = rest.iter().filter(|(at, _)| kept.contains(at)).count();
    let kept_from = rest.iter().position(|(at, _)| kept.contains(at)).unwrap_or(0);
    let rest = rest.into_iter().map(|(_, word)| word).collect();
    let (when, note) = resolve::resolve(&scan.pieces, now)?;
    Ok(Reading { when, note, rest, kept: kept_from..kept_from + kept_rest })
}

/// Takes one kind of piece at a place; says how many words it was made of.
type Step<'a> = fn(&mut Scan<'a>, usize) -> Result<usize, NotUnderstood>;

struct Scan<'a> {
    words: &'a [Word],
    kept: &'a Range<usize>,
    now: &'a Zoned,
    pieces: Pieces,
    /// Whether the word before was part of a time.
    touched: bool,
}

impl<'a> Scan<'a> {
    fn key(&self, at: usize) -> &'a str {
        self.from(at).first().map_or("", |word| word.key.as_str())
    }

    /// The words from `at` on, up to the next title.
    fn from(&self, at: usize) -> &'a [Word] {
        let end = if self.kept.is_empty() || at >= self.kept.end {
            self.words.len()
        } else {
            self.kept.start
        };
        self.words.get(at..end).unwrap_or_default()
    }

    /// Takes one piece at `at`; returns how many words it was made of.
    fn piece(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        let steps: [Step<'a>; 6] = [
            Self::after_preposition,
            Self::length,
            Self::day,
            Self::part,
            Self::now_word,
            Self::time,
        ];
        for step in steps {
            let taken = step(self, at)?;
            if taken > 0 {
                return Ok(taken);
            }
        }
        Ok(0)
    }

    fn after_preposition(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        let taken = match self.key(at) {
            "at" | "from" | "around" | "about" | "by" | "between" | "after" | "starting" => {
                self.start(at + 1, true)?
            }
            "until" | "till" | "til" | "ending" => self.end(at)?,
            "to" if self.pieces.from.is_some() => self.end(at)?,
            "on" | "for" | "of" | "in" => {
                let day = self.day(at + 1)?;
                if day > 0 { day } else { self.part(at + 1)? }
            }
            _ => 0,
        };
        Ok(if taken > 0 { taken + 1 } else { 0 })
    }

    /// `for 2 hours`, `for half an hour`, `in 20 minutes`.
    fn length(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        let lead = self.key(at);
        if !matches!(lead, "for" | "in") {
            return Ok(0);
        }
        let Some((length, taken)) = duration(self.from(at + 1)) else { return Ok(0) };
        if lead == "for" {
            self.pieces.length = Some(length);
        } else {
            self.pieces.ahead = Some(length);
        }
        Ok(taken + 1)
    }

    fn day(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        if matches!((self.key(at), self.key(at + 1)), ("last", "night")) {
            self.pieces.day = Some(Day::On(day::tv_date(self.now).yesterday().unwrap_or_default()));
            self.pieces.part = Some(Part::Night);
            return Ok(2);
        }
        match day::read(self.from(at), self.now) {
            Some(Dated::Day(day, taken)) if self.pieces.day.is_none() => {
                self.pieces.day = Some(day);
                Ok(taken)
            }
            Some(Dated::Wrong(said)) => Err(NotUnderstood::NotADate(said)),
            _ => Ok(0),
        }
    }

    fn part(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        let this = self.key(at) == "this";
        let the = self.key(at) == "the";
        let lead = usize::from(this || the);
        let part = match self.key(at + lead) {
            "breakfast" => Part::Breakfast,
            "morning" | "mornings" => Part::Morning,
            "lunchtime" | "lunch" => Part::Lunchtime,
            "afternoon" | "arvo" => Part::Afternoon,
            "evening" | "evenings" | "eve" => Part::Evening,
            "tonight" | "tonights" | "tonite" | "2nite" => {
                let today = Day::On(day::tv_date(self.now));
                self.pieces.day = Some(self.pieces.day.unwrap_or(today));
                let late =
                    self.key(at + lead + 1) == "late" || self.pieces.part == Some(Part::Late);
                self.pieces.part = Some(if late { Part::Late } else { Part::Night });
                let late_after = self.key(at + lead + 1) == "late";
                return Ok(lead + 1 + usize::from(late_after));
            }
            "night" | "nights" | "overnight" => Part::Night,
            "late" | "latenight" => Part::Late,
            "later" => Part::Later,
            _ => return Ok(0),
        };
        if part == Part::Later && self.key(at + 1) == "on" {
            self.pieces.part = Some(part);
            return Ok(2);
        }
        // a bare `night` or `morning` inside a name is not a time
        let dated = self.touched || self.pieces.day.is_some() || this || the;
        let clear = matches!(part, Part::Later | Part::Late | Part::Lunchtime);
        if !(dated || clear || self.words.len() <= at + 1 + lead || at <= 2) {
            return Ok(0);
        }
        self.pieces.this |= this;
        if this && self.pieces.day.is_none() {
            self.pieces.day = Some(Day::On(day::tv_date(self.now)));
        }
        self.pieces.part = match (self.pieces.part, part) {
            (Some(Part::Late), Part::Night) => Some(Part::Late),
            _ => Some(part),
        };
        Ok(lead + 1)
    }

    fn now_word(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        let taken = match (self.key(at), self.key(at + 1)) {
            ("right", "now") | ("just", "now") | ("at", "present") => 2,
            ("now" | "currently" | "atm", _) => 1,
            ("at", "the") if self.key(at + 2) == "moment" => 3,
            _ => return Ok(0),
        };
        self.pieces.now = true;
        Ok(taken)
    }

    fn time(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        if self.pieces.from.is_some() {
            return Ok(0);
        }
        let expected = self.touched || self.opens_a_range(at);
        self.start(at, expected)
    }

    /// Whether a bare number at `at` is the first half of `9 to 10`.
    fn opens_a_range(&self, at: usize) -> bool {
        matches!(self.key(at + 1), "to" | "till" | "until" | "til")
            && clock_time::read(self.from(at + 2), true).is_some()
    }

    /// Reads the first time, and the second if the words go on with it.
    fn start(&mut self, at: usize, expected: bool) -> Result<usize, NotUnderstood> {
        if self.pieces.from.is_some() {
            return Ok(0);
        }
        // a range is looked at first, so that `9 to 10` is not ten to nine
        match clock_time::read(self.from(at), expected) {
            Some(Clocked::Time(time, taken)) => {
                self.pieces.from = Some(time);
                Ok(taken + self.range_end(at + taken)?)
            }
            Some(Clocked::Wrong(said)) => Err(NotUnderstood::NotATime(said)),
            None => Ok(0),
        }
    }

    fn range_end(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        if !matches!(self.key(at), "to" | "till" | "until" | "til" | "and") {
            return Ok(0);
        }
        // `and` only joins two times when the second is unmistakable
        let expected = self.key(at) != "and";
        match clock_time::read(self.from(at + 1), expected) {
            Some(Clocked::Time(time, taken)) => {
                self.pieces.until = Some(time);
                Ok(taken + 1)
            }
            Some(Clocked::Wrong(said)) => Err(NotUnderstood::NotATime(said)),
            None => Ok(0),
        }
    }

    fn end(&mut self, at: usize) -> Result<usize, NotUnderstood> {
        match clock_time::read(self.from(at + 1), true) {
            Some(Clocked::Time(time, taken)) => {
                self.pieces.until = Some(time);
                Ok(taken)
            }
            Some(Clocked::Wrong(said)) => Err(NotUnderstood::NotATime(said)),
            None => Ok(0),
        }
    }
}

/// Reads a length of time: `2 hours`, `an hour and a half`, `90 mins`, `half an hour`, `1h`.
pub(crate) fn duration(words: &[Word]) -> Option<(SignedDuration, usize)> {
    let key = |at: usize| words.get(at).map_or("", |word: &Word| word.key.as_str());
    let (amount, taken) = match (key(0), key(1), key(2)) {
        ("half", "an" | "a", "hour") => return Some((SignedDuration::from_mins(30), 3)),
        ("half", "hour", _) => return Some((SignedDuration::from_mins(30), 2)),
        ("a" | "an", "couple", "of") => (2, 3),
        ("a" | "an", _, _) => (1, 1),
        (said, _, _) => match number(said) {
            Some(amount) => (i64::from(amount), 1),
            None => return compact(said).map(|length| (length, 1)),
        },
    };
    let minutes = match key(taken) {
        "hour" | "hours" | "hr" | "hrs" | "h" => amount * 60,
        "minute" | "minutes" | "min" | "mins" | "m" => amount,
        "second" | "seconds" | "sec" | "secs" => {
            return Some((SignedDuration::from_secs(amount), taken + 1));
        }
        _ => return None,
    };
    let half = (key(taken + 1), key(taken + 2), key(taken + 3)) == ("and", "a", "half");
    let extra = if half && minutes >= 60 { (30, 3) } else { (0, 0) };
    let length = SignedDuration::from_mins((minutes + extra.0).min(24 * 60));
    (minutes > 0).then_some((length, taken + 1 + extra.1))
}

/// `2h`, `90m`, `1h30`, `90min`.
fn compact(said: &str) -> Option<SignedDuration> {
    if let Some((hours, minutes)) = said.split_once('h') {
        let hours = i64::from(number(hours)?);
        let minutes = minutes.trim_end_matches(['m', 'i', 'n', 'r', 's']);
        let minutes = if minutes.is_empty() { 0 } else { i64::from(number(minutes)?) };
        return Some(SignedDuration::from_mins((hours * 60 + minutes).min(24 * 60)));
    }
    let minutes = said.strip_suffix("mins").or_else(|| said.strip_suffix("min"));
    let minutes = minutes.or_else(|| said.strip_suffix('m'))?;
    Some(SignedDuration::from_mins(i64::from(number(minutes)?).min(24 * 60)))
}
