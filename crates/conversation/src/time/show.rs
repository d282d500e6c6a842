//! Times as they are answered: always with the day and the date, on the 24-hour clock.

use jiff::{SignedDuration, Zoned};

use super::day::{TURN, tv_date};

/// Writes `22:30`.
pub(crate) fn clock(at: &Zoned) -> String {
    at.strftime("%H:%M").to_string()
}

/// Writes `22:30-23:15`.
pub(crate) fn span(from: &Zoned, to: &Zoned) -> String {
    format!("{}-{}", clock(from), clock(to))
}

/// Writes `tonight Wed 25 Nov`, `tomorrow Thu 26 Nov`, `Sat 28 Nov`.
pub(crate) fn day_name(at: &Zoned, now: &Zoned) -> String {
    let year = if at.year() == now.year() { "" } else { " %Y" };
    let date = at.strftime(&format!("%a %-d %b{year}")).to_string();
    let today = tv_date(now);
    let day = tv_date(at);
    let small = at.hour() < TURN;
    let word = if day == today {
        if at.hour() >= 18 || small { "tonight " } else { "today " }
    } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == day) && !small {
        "tomorrow "
    } else if today.yesterday().is_ok_and(|yesterday| yesterday == day) && !small {
        "yesterday "
    } else {
        ""
    };
    format!("{word}{date}")
}

/// Writes `tonight Wed 25 Nov 22:30-23:15`.
pub(crate) fn day_and_span(from: &Zoned, to: &Zoned, now: &Zoned) -> String {
    format!("{} {}", day_name(from, now), span(from, to))
}

/// Writes `2 h 05 min` or `45 min`.
pub(crate) fn long_duration(length: SignedDuration) -> String {
    let minutes = length.as_mins().max(0);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}
