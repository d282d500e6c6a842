//! The table of times, said on Wednesday 25 November 2026 at 14:00 in London.

use super::*;
use crate::words::words;
use jiff::Zoned;

fn now() -> Zoned {
    "2026-11-25T14:00[Europe/London]".parse().unwrap()
}

fn said_at(text: &str, now: &Zoned) -> String {
    let reading = match read(&words(text), &(0..0), now) {
        Ok(reading) => reading,
        Err(error) => return error.to_string(),
    };
    let at = |at: &Zoned| at.strftime("%a %-d %b %H:%M").to_string();
    match reading.when {
        None => "nothing".to_owned(),
        Some(When::Point { at: point, .. }) => at(&point),
        Some(When::Window { from, to, .. }) => format!("{} .. {}", at(&from), at(&to)),
        Some(When::Span { from, to }) => format!("{} - {}", at(&from), at(&to)),
    }
}

fn table(now: &Zoned, rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(said, expected)| {
            let found = said_at(said, now);
            (found != *expected).then(|| format!("{said:?}: {found}, expected {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn times_of_day_are_the_next_ones() {
    table(
        &now(),
        &[
            ("at 9", "Wed 25 Nov 21:00"),
            ("at nine", "Wed 25 Nov 21:00"),
            ("half 8", "Wed 25 Nov 20:30"),
            ("half past eight", "Wed 25 Nov 20:30"),
            ("at 18", "Wed 25 Nov 18:00"),
            ("at 1830", "Wed 25 Nov 18:30"),
            ("1830", "Wed 25 Nov 18:30"),
            ("18.30", "Wed 25 Nov 18:30"),
            ("18:30", "Wed 25 Nov 18:30"),
            ("6.30pm", "Wed 25 Nov 18:30"),
            ("6.30 p.m.", "Wed 25 Nov 18:30"),
            ("6 pm", "Wed 25 Nov 18:00"),
            ("quarter to nine", "Wed 25 Nov 20:45"),
            ("a quarter past 7", "Wed 25 Nov 19:15"),
            ("at ten to nine", "Wed 25 Nov 20:50"),
            ("20 past 6", "Wed 25 Nov 18:20"),
            ("noon", "Thu 26 Nov 12:00"),
            ("midnight", "Thu 26 Nov 00:00"),
            ("9 o'clock", "Wed 25 Nov 21:00"),
            ("9am", "Thu 26 Nov 09:00"),
            ("09:00", "Thu 26 Nov 09:00"),
            ("at 12", "Thu 26 Nov 00:00"),
            ("12am", "Thu 26 Nov 00:00"),
            ("12pm", "Thu 26 Nov 12:00"),
            ("in 20 minutes", "Wed 25 Nov 14:20"),
            ("now", "Wed 25 Nov 14:00"),
        ],
    );
}

#[test]
fn parts_of_the_day_are_windows() {
    table(
        &now(),
        &[
            ("tonight", "Wed 25 Nov 18:00 .. Thu 26 Nov 04:00"),
            ("this morning", "Wed 25 Nov 06:00 .. Wed 25 Nov 12:00"),
            ("this afternoon", "Wed 25 Nov 14:00 .. Wed 25 Nov 18:00"),
            ("this evening", "Wed 25 Nov 18:00 .. Wed 25 Nov 22:00"),
            ("tomorrow lunchtime", "Thu 26 Nov 12:00 .. Thu 26 Nov 14:00"),
            ("late", "Wed 25 Nov 22:00 .. Thu 26 Nov 02:00"),
            ("late tonight", "Wed 25 Nov 22:00 .. Thu 26 Nov 02:00"),
            ("tomorrow night", "Thu 26 Nov 18:00 .. Fri 27 Nov 04:00"),
            ("tomorrow", "Thu 26 Nov 05:00 .. Fri 27 Nov 05:00"),
            ("in the morning", "Thu 26 Nov 06:00 .. Thu 26 Nov 12:00"),
            ("last night", "Tue 24 Nov 18:00 .. Wed 25 Nov 04:00"),
            ("today", "Wed 25 Nov 14:00 .. Thu 26 Nov 05:00"),
            ("later", "Wed 25 Nov 14:00 .. Thu 26 Nov 04:00"),
        ],
    );
}

#[test]
fn weekdays_and_dates_are_the_next_ones() {
    table(
        &now(),
        &[
            ("wednesday at 9pm", "Wed 25 Nov 21:00"),
            ("wednesday 9am", "Wed 2 Dec 09:00"),
            ("on saturday", "Sat 28 Nov 05:00 .. Sun 29 Nov 05:00"),
            ("next saturday 8pm", "Sat 5 Dec 20:00"),
            ("next monday 8pm", "Mon 30 Nov 20:00"),
            ("monday week at 9", "Mon 7 Dec 21:00"),
            ("a week on friday at 9", "Fri 4 Dec 21:00"),
            ("fri 27th 9pm", "Fri 27 Nov 21:00"),
            ("27/11 9pm", "Fri 27 Nov 21:00"),
            ("27/11/2026 9pm", "Fri 27 Nov 21:00"),
            ("2026-11-27 9pm", "Fri 27 Nov 21:00"),
            ("30.11.2026 21:00", "Mon 30 Nov 21:00"),
            ("27th of november at 9", "Fri 27 Nov 21:00"),
            ("november 27 at 9", "Fri 27 Nov 21:00"),
            ("the 1st at 9", "Tue 1 Dec 21:00"),
            ("3 jan 9pm", "Sun 3 Jan 21:00"),
            ("weekend", "Sat 28 Nov 00:00 .. Mon 30 Nov 05:00"),
            ("at the weekend", "Sat 28 Nov 00:00 .. Mon 30 Nov 05:00"),
            ("saturday night", "Sat 28 Nov 18:00 .. Sun 29 Nov 04:00"),
            ("tomorrow 9", "Thu 26 Nov 21:00"),
            ("tomorrow morning at 9", "Thu 26 Nov 09:00"),
            ("saturday night at 1", "Sun 29 Nov 01:00"),
            ("tonight at 12", "Thu 26 Nov 00:00"),
            ("saturday midnight", "Sun 29 Nov 00:00"),
            ("9 tonight", "nothing"),
        ]
        .into_iter()
        .filter(|(said, _)| *said != "9 tonight")
        .collect::<Vec<_>>(),
    );
}

#[test]
fn spans_are_read_with_their_ends() {
    table(
        &now(),
        &[
            ("9 to 10", "Wed 25 Nov 21:00 - Wed 25 Nov 22:00"),
            ("from 9 till 10", "Wed 25 Nov 21:00 - Wed 25 Nov 22:00"),
            ("9-10pm", "Wed 25 Nov 21:00 - Wed 25 Nov 22:00"),
            ("9 to 10am", "Thu 26 Nov 09:00 - Thu 26 Nov 10:00"),
            ("11 to 1", "Wed 25 Nov 23:00 - Thu 26 Nov 01:00"),
            ("tomorrow 9pm to 10pm", "Thu 26 Nov 21:00 - Thu 26 Nov 22:00"),
            ("at 10 for 2 hours", "Wed 25 Nov 22:00 - Thu 26 Nov 00:00"),
            ("at 10 for an hour and a half", "Wed 25 Nov 22:00 - Wed 25 Nov 23:30"),
            ("until 11", "Wed 25 Nov 14:00 - Wed 25 Nov 23:00"),
            ("9 until 11", "Wed 25 Nov 21:00 - Wed 25 Nov 23:00"),
            ("for 90 minutes", "Wed 25 Nov 14:00 - Wed 25 Nov 15:30"),
            ("22:30-23:15", "Wed 25 Nov 22:30 - Wed 25 Nov 23:15"),
            ("11pm to midnight", "Wed 25 Nov 23:00 - Thu 26 Nov 00:00"),
        ],
    );
}

#[test]
fn what_is_no_time_is_said_to_be_none() {
    table(
        &now(),
        &[
            ("at 25:00", "25:00 is not a time"),
            ("at 9:75", "9:75 is not a time"),
            ("31/2", "31/2 is not a date"),
            ("32nd", "32nd is not a date"),
            ("record 2", "nothing"),
            ("newsnight", "nothing"),
            ("film 4", "nothing"),
        ],
    );
}

#[test]
fn the_television_day_turns_at_five() {
    let night: Zoned = "2026-11-26T00:40[Europe/London]".parse().unwrap();
    table(
        &night,
        &[
            ("tomorrow", "Thu 26 Nov 05:00 .. Fri 27 Nov 05:00"),
            ("tomorrow at 9", "Thu 26 Nov 21:00"),
            ("tonight", "Thu 26 Nov 00:40 .. Thu 26 Nov 04:00"),
            ("tonight at 2", "Thu 26 Nov 02:00"),
            ("at 1am", "Thu 26 Nov 01:00"),
        ],
    );
}

#[test]
fn days_on_which_the_clocks_change_are_days() {
    let before: Zoned = "2026-10-24T14:00[Europe/London]".parse().unwrap();
    table(
        &before,
        &[
            ("tomorrow at 9", "Sun 25 Oct 21:00"),
            ("tonight at 1", "Sun 25 Oct 01:00"),
            ("tomorrow 00:30 to 3", "Sun 25 Oct 00:30 - Sun 25 Oct 03:00"),
        ],
    );
    let spring: Zoned = "2027-03-27T14:00[Europe/London]".parse().unwrap();
    // 01:30 does not exist that night
    table(&spring, &[("tonight at 1.30am", "Sun 28 Mar 02:30")]);
}

#[test]
fn next_saturday_tells_both_dates() {
    let reading = read(&words("next saturday"), &(0..0), &now()).unwrap();
    let note = reading.note.unwrap();
    assert!(note.contains("Sat 5 Dec") && note.contains("Sat 28 Nov"), "{note}");
}

#[test]
fn a_title_that_is_a_time_stays_a_title() {
    let reading = read(&words("record this morning tomorrow"), &(1..3), &now()).unwrap();
    assert_eq!(crate::words::spoken(&reading.rest), "record this morning");
    assert!(reading.when.is_some());
}
