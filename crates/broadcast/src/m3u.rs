//! M3U line-ups, as IPTV providers and Tvheadend write them.
//!
//! Reads `#EXTM3U` (`x-tvg-url`, `url-tvg`), `#EXTINF` with attributes, `#EXTGRP`, and the
//! `http-user-agent` of `#EXTVLCOPT`. Tolerates CRLF, a byte order mark, single, double and missing
//! quotes, commas in attributes, and lines it does not know. No standard describes any of this.

/// Entries that are read at most; the rest of the list is left out.
const ENTRIES_MAX: usize = 20_000;

/// A longer line is left out.
const LINE_MAX: usize = 16 * 1024;

/// A line-up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Playlist {
    /// Where its guide is, as it says itself.
    pub guides: Vec<String>,
    /// Its channels in order.
    pub entries: Vec<Entry>,
}

/// One channel of a line-up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Its address, never empty.
    pub address: String,
    /// What stands after the comma, else `tvg-name`, else the address.
    pub name: String,
    /// The guide's id (`tvg-id`).
    pub guide_id: Option<String>,
    /// The guide's name (`tvg-name`).
    pub guide_name: Option<String>,
    /// The number (`tvg-chno`); a sub-number such as `5.1` is not read.
    pub number: Option<u32>,
    /// The address of a picture (`tvg-logo`).
    pub logo: Option<String>,
    /// The first group (`group-title` or `#EXTGRP`).
    pub group: Option<String>,
    /// What the source wants to be told as `User-Agent`.
    pub user_agent: Option<String>,
}

/// Reads a playlist. Never fails: what cannot be understood is left out.
#[must_use]
pub fn parse(bytes: &[u8]) -> Playlist {
    let text = String::from_utf8_lossy(bytes);
    let mut playlist = Playlist::default();
    let mut entry = Entry::default();
    let mut default_group = None;
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        if line.is_empty() || line.len() > LINE_MAX {
            continue;
        }
        if let Some(rest) = directive(line, "#EXTM3U") {
            playlist.guides.extend(guides(rest));
        } else if let Some(rest) = directive(line, "#EXTINF:") {
            entry = Entry { user_agent: entry.user_agent.take(), ..read_info(rest) };
        } else if let Some(rest) = directive(line, "#EXTGRP:") {
            // Kodi and VLC: it holds until the next one.
            default_group = filled(rest);
        } else if let Some(rest) = directive(line, "#EXTVLCOPT:") {
            if let Some(agent) = directive(rest.trim(), "http-user-agent=") {
                entry.user_agent = filled(agent.trim_matches('"'));
            }
        } else if !line.starts_with('#') {
            let entry = finish(std::mem::take(&mut entry), line, default_group.as_deref());
            playlist.entries.push(entry);
            if playlist.entries.len() == ENTRIES_MAX {
                break;
            }
        }
    }
    playlist
}

/// Returns what follows `name`, if the line begins with it in any case.
fn directive<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (head, rest) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

fn guides(attributes: &str) -> Vec<String> {
    let (found, _) = read_attributes(attributes);
    found
        .into_iter()
        .filter(|(key, _)| matches!(key.as_str(), "x-tvg-url" | "url-tvg" | "tvg-url"))
        .flat_map(|(_, value)| value.split(',').filter_map(filled).collect::<Vec<_>>())
        .collect()
}

fn read_info(text: &str) -> Entry {
    let (attributes, name) = read_attributes(text);
    let mut entry = Entry { name: name.trim().to_owned(), ..Entry::default() };
    for (key, value) in attributes {
        match key.as_str() {
            "tvg-id" => entry.guide_id = filled(&value),
            "tvg-name" => entry.guide_name = filled(&value),
            "tvg-chno" | "channel-number" => entry.number = value.trim().parse().ok(),
            "tvg-logo" => entry.logo = filled(&value),
            "group-title" => entry.group = value.split(';').find_map(filled),
            "http-user-agent" | "user-agent" => entry.user_agent = filled(&value),
            _ => {}
        }
    }
    entry
}

fn finish(mut entry: Entry, address: &str, group: Option<&str>) -> Entry {
    address.clone_into(&mut entry.address);
    if entry.name.is_empty() {
        entry.name = entry.guide_name.clone().unwrap_or_else(|| address.to_owned());
    }
    entry.name.retain(|c| !c.is_control());
    entry.group = entry.group.or_else(|| group.map(str::to_owned));
    entry
}

/// Reads `-1 key="value" key=value, the rest`: the attributes in lower case, and what stands after
/// the comma that ends them.
fn read_attributes(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(at) = rest.find([' ', '\t', ',', '=']) else { return (found, "") };
        let (word, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let mut after = tail.chars();
        match after.next() {
            Some(',') => return (found, after.as_str()),
            Some('=') => {
                let (value, next) = read_value(after.as_str());
                found.push((word.to_ascii_lowercase(), value.to_owned()));
                rest = next;
            }
            _ => rest = after.as_str(),
        }
    }
}

/// Reads a value: to the quote that ends it, or, without quotes, to a space or comma.
fn read_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote)
            && let Some((value, rest)) = inside.split_once(quote)
        {
            return (value, rest);
        }
    }
    let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\u{feff}#EXTM3U x-tvg-url=\"http://guide.example/a.xml.gz, http://guide.example/b.xml\"\r\n\
        #EXTINF:-1 tvg-id=\"one.example\" tvg-name='Baird One' tvg-chno=\"1\" tvg-logo=\"http://logo.example/1.png\" group-title=\"News;World\",Baird One, the first\r\n\
        http://tv.example/1\r\n\
        \r\n\
        #EXTINF:0 tvg-chno=5.1 group-title=Films,\r\n\
        #EXTVLCOPT:http-user-agent=Some Player/1.0\r\n\
        udp://@239.255.0.1:5000\r\n\
        #EXTGRP:Sport\r\n\
        #EXTINF:-1,Tennis\r\n\
        rtp://239.255.0.2:5004\r\n";

    #[test]
    fn attributes_names_and_addresses_are_read() {
        let list = parse(LIST.as_bytes());
        assert_eq!(list.guides, ["http://guide.example/a.xml.gz", "http://guide.example/b.xml"]);
        let [one, film, tennis] = list.entries.as_slice() else { panic!("{list:?}") };
        assert_eq!(one.name, "Baird One, the first");
        assert_eq!((one.guide_id.as_deref(), one.number), (Some("one.example"), Some(1)));
        assert_eq!(
            (one.group.as_deref(), one.guide_name.as_deref()),
            (Some("News"), Some("Baird One"))
        );
        assert_eq!((film.group.as_deref(), film.number), (Some("Films"), None));
        assert_eq!(film.user_agent.as_deref(), Some("Some Player/1.0"));
        assert_eq!((tennis.group.as_deref(), tennis.user_agent.as_deref()), (Some("Sport"), None));
        assert_eq!(tennis.address, "rtp://239.255.0.2:5004");
    }

    #[test]
    fn commas_inside_quotes_do_not_end_the_attributes() {
        let list = parse(b"#EXTINF:-1 tvg-name=\"A, B\" tvg-id=\"x\",C\nhttp://tv.example/c");
        assert_eq!(list.entries[0].guide_name.as_deref(), Some("A, B"));
        assert_eq!(
            (list.entries[0].guide_id.as_deref(), list.entries[0].name.as_str()),
            (Some("x"), "C")
        );
    }

    #[test]
    fn a_list_without_any_attributes_is_a_list() {
        let list = parse(b"http://tv.example/a\nhttp://tv.example/b\n");
        assert_eq!(list.entries.len(), 2);
        assert_eq!(list.entries[1].name, "http://tv.example/b");
    }

    #[test]
    fn real_line_ups_are_read_where_there_are_any() {
        let Some(folder) = std::env::var_os("TELEVISOR_TV_SAMPLES") else { return };
        let path = std::path::Path::new(&folder).join("m3u/free-tv-playlist.m3u8");
        let list = parse(&std::fs::read(path).unwrap());
        assert_eq!(list.entries.len(), 2059);
        // Nine stand in the list only to say that they cannot be had.
        assert_eq!(list.entries.iter().filter(|e| e.address.contains("://")).count(), 2050);
        assert!(list.entries.iter().all(|e| !e.name.contains('"')));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[#a-zEXTINF:=\"', \\n\u{e9}-]{0,200}") {
            drop(parse(format!("#EXTINF:{text}").as_bytes()));
            drop(parse(text.as_bytes()));
        }
    }
}
