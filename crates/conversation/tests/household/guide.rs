//! `dialogues/guide.txt` as XMLTV and as a playlist.

use std::fmt::Write;

use jiff::civil::DateTime;
use jiff::{ToSpan, tz::TimeZone};

const TABLE: &str = include_str!("../dialogues/guide.txt");

/// The line-up: sources on a port that refuses.
pub(crate) fn playlist() -> String {
    let mut text = "#EXTM3U\n".to_owned();
    for (n, name) in channels().enumerate() {
        let id = id(name);
        writeln!(text, "#EXTINF:-1 tvg-id=\"{id}\" tvg-chno=\"{}\",{name}", n + 1).unwrap();
        writeln!(text, "http://127.0.0.1:9/{id}").unwrap();
    }
    text
}

/// The guide.
pub(crate) fn xmltv() -> String {
    let mut text = "<?xml version=\"1.0\"?>\n<tv>\n".to_owned();
    for name in channels() {
        let id = id(name);
        let name = escape(name);
        writeln!(text, "<channel id=\"{id}\"><display-name>{name}</display-name></channel>")
            .unwrap();
    }
    let mut channel = "";
    for line in lines() {
        match line.strip_prefix("== ") {
            Some(name) => channel = name,
            None => day(&mut text, &id(channel), line),
        }
    }
    text + "</tv>\n"
}

fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn channels() -> impl Iterator<Item = &'static str> {
    lines().filter_map(|line| line.strip_prefix("== "))
}

fn id(name: &str) -> String {
    format!("{}.test", name.to_lowercase().replace(' ', ""))
}

fn day(text: &mut String, channel: &str, line: &str) {
    let (date, rest) = line.split_once(" | ").unwrap();
    let entries: Vec<&str> = rest.split(" | ").collect();
    for pair in entries.windows(2) {
        let (start, show) = pair[0].split_once(' ').unwrap();
        let stop = pair[1].split(' ').next().unwrap();
        let (start, stop) = (stamp(date, start), stamp(date, stop));
        writeln!(text, "<programme channel=\"{channel}\" start=\"{start}\" stop=\"{stop}\">")
            .unwrap();
        programme(text, show);
        text.push_str("</programme>\n");
    }
}

/// `Title / subtitle {category} @credit ; synopsis`.
fn programme(text: &mut String, show: &str) {
    let (show, synopsis) = show.split_once(" ; ").map_or((show, None), |(a, b)| (a, Some(b)));
    let (show, credit) = show.split_once(" @").map_or((show, None), |(a, b)| (a, Some(b)));
    let (show, category) = show.split_once(" {").map_or((show, None), |(a, b)| (a, Some(b)));
    let (title, subtitle) = show.split_once(" / ").map_or((show, None), |(a, b)| (a, Some(b)));
    let mut tag = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            writeln!(text, "<{name}>{}</{name}>", escape(value.trim())).unwrap();
        }
    };
    tag("title", Some(title));
    tag("sub-title", subtitle);
    tag("desc", synopsis);
    if let Some(credit) = credit {
        let credit = escape(credit.trim());
        writeln!(text, "<credits><actor>{credit}</actor></credits>").unwrap();
    }
    if let Some(category) = category {
        let category = escape(category.trim().trim_end_matches('}'));
        writeln!(text, "<category>{category}</category>").unwrap();
    }
}

fn stamp(date: &str, time: &str) -> String {
    let mut at: DateTime = format!("{date}T{time}:00").parse().unwrap();
    if at.hour() < 5 {
        at += 1.day();
    }
    let at = at.to_zoned(TimeZone::get("Europe/London").unwrap()).unwrap();
    at.strftime("%Y%m%d%H%M%S %z").to_string()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
