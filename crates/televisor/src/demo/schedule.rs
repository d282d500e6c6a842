//! Three days of an invented guide, with one programme that starts within the next minute.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::clips::STATIONS;

/// The programme that the tour records: soon, short, on the first channel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feature {
    pub(super) start: Timestamp,
    pub(super) stop: Timestamp,
}

/// Its title.
pub(super) const TITLE: &str = "The Man with the Flower in His Hand";

const DAYS: i64 = 3;
const FILLERS: [[(&str, &str, i64, &str); 5]; 4] = [
    [
        ("Breakfast in Long Acre", "Toast, talk and a forecast", 60, "Magazine"),
        ("Stooky Bill Investigates", "A ventriloquist's dummy solves a theft", 45, "Drama"),
        ("Thirty Lines", "The quiz with very low resolution", 30, "Quiz"),
        ("Hastings Revisited", "Walks along the sea front", 55, "Travel"),
        ("Late Noctovision", "Seeing in the dark, with guests", 50, "Talk"),
    ],
    [
        ("Headlines", "The day so far", 15, "News"),
        ("Crystal Palace Report", "What happened, and what comes next", 45, "News"),
        ("Weather over Helensburgh", "Rain, mostly", 10, "News"),
        ("Correspondents", "Letters from abroad", 50, "News"),
        ("Parliament in Brief", "Less of it", 30, "Politics"),
    ],
    [
        ("The Lantern Keeper", "A keeper, a storm, a secret", 110, "Film"),
        ("Two Reels to Folkestone", "Comedy on a slow train", 90, "Film"),
        ("Phonovision", "A recording that should not exist", 125, "Film"),
        ("Short Films", "Three of them", 40, "Film"),
        ("The Falkirk Transmitter", "Thriller in black, white and orange", 100, "Film"),
    ],
    [
        ("Cricket: Highlights", "The third day at Bexhill", 60, "Sport"),
        ("Football Focus on Falkirk", "Goals and grumbles", 50, "Sport"),
        ("Rowing", "The long distance", 75, "Sport"),
        ("The Derby, Relived", "As first televised", 45, "Sport"),
        ("Snooker in Colour", "At last", 120, "Sport"),
    ],
];

/// Returns the feature, `lead` from now, and the guide as XMLTV.
pub(super) fn invent(
    now: Timestamp,
    lead: SignedDuration,
    length: SignedDuration,
) -> (Feature, String) {
    let start = Timestamp::from_second(now.as_second() + lead.as_secs()).unwrap_or(now);
    let feature = Feature { start, stop: start + length };
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tv generator-info-name=\"televisor demo\">\n",
    );
    for station in STATIONS {
        let (number, name) = (station.number, station.name);
        let _ = writeln!(
            xml,
            "<channel id=\"baird{number}\"><display-name>{name}</display-name></channel>"
        );
    }
    for (station, fillers) in STATIONS.iter().zip(FILLERS) {
        let mut at = now - SignedDuration::from_mins(40);
        let end = now + SignedDuration::from_hours(24 * DAYS);
        for (title, synopsis, minutes, category) in fillers.into_iter().cycle() {
            if at >= end {
                break;
            }
            let stop = at + SignedDuration::from_mins(minutes);
            if station.number == 1 && at < feature.stop && stop > feature.start {
                // The feature interrupts what is on, as a premiere may.
                programme(&mut xml, 1, at, feature.start, (title, synopsis, category));
                let about = "How a tea chest, a hat box and a darning needle became television";
                let (from, until) = (feature.start, feature.stop);
                programme(&mut xml, 1, from, until, (TITLE, about, "Documentary"));
                at = feature.stop;
                continue;
            }
            programme(&mut xml, station.number, at, stop, (title, synopsis, category));
            at = stop;
        }
    }
    xml.push_str("</tv>\n");
    (feature, xml)
}

fn programme(
    xml: &mut String,
    number: u32,
    start: Timestamp,
    stop: Timestamp,
    (title, synopsis, category): (&str, &str, &str),
) {
    let time = |at: Timestamp| at.strftime("%Y%m%d%H%M%S +0000").to_string();
    let (start, stop) = (time(start), time(stop));
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<programme channel=\"baird{number}\" start=\"{start}\" stop=\"{stop}\">\
         <title>{title}</title><desc>{synopsis}</desc><category>{category}</category></programme>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_is_in_the_guide_once_and_nothing_overlaps_it() {
        let now: Timestamp = "2026-11-25T14:00:07Z".parse().unwrap();
        let (feature, xml) =
            invent(now, SignedDuration::from_secs(30), SignedDuration::from_secs(25));
        assert_eq!(xml.matches(TITLE).count(), 1);
        assert!(feature.start > now && feature.start < now + SignedDuration::from_secs(60));
        assert!(xml.contains("stop=\"20261125140037 +0000\""), "what came before ends there");
        assert!(xml.contains("start=\"20261125140102 +0000\""), "what comes after begins there");
    }
}
