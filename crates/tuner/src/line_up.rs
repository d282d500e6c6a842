//! Playlists made into one numbered list of channels.

use std::collections::{BTreeSet, HashMap};

use televisor_broadcast::m3u::Entry;
use televisor_model::{Channel, ChannelId};

use crate::source::Source;

/// One playlist as read: each channel, and what its address means.
pub(crate) type Listed = Vec<(Entry, Result<Source, String>)>;

/// The line-up, and where each channel comes from.
#[derive(Debug, Default)]
pub(crate) struct LineUp {
    pub(crate) channels: Vec<Channel>,
    pub(crate) sources: HashMap<ChannelId, Result<Source, String>>,
}

impl LineUp {
    /// Joins playlists in order.
    ///
    /// A channel's id is its `tvg-id`, or, where that is missing or taken, made from its name. Its number is
    /// its `tvg-chno`; where that is missing or taken, the next free one after the channel before.
    pub(crate) fn join(playlists: &[Listed]) -> Self {
        let entries = || playlists.iter().flatten();
        let given: BTreeSet<u32> = entries().filter_map(|(entry, _)| entry.number).collect();
        let mut used = BTreeSet::new();
        let mut before = 0_u32;
        let mut line_up = Self::default();
        for (entry, source) in entries() {
            let number = match entry.number.filter(|n| !used.contains(n)) {
                Some(number) => number,
                None => (before.saturating_add(1)..)
                    .find(|n| !used.contains(n) && !given.contains(n))
                    .unwrap_or(u32::MAX),
            };
            used.insert(number);
            before = number;
            let id = line_up.free_id(entry);
            line_up.sources.insert(id.clone(), source.clone());
            line_up.channels.push(Channel {
                id,
                number: Some(number),
                name: entry.name.clone(),
                group: entry.group.clone(),
                guide_id: entry.guide_id.clone(),
                logo: entry.logo.clone(),
                favourite: false,
            });
        }
        line_up
    }

    fn free_id(&self, entry: &Entry) -> ChannelId {
        let is_free = |id: &ChannelId| !self.sources.contains_key(id);
        let wanted = entry.guide_id.clone().map(ChannelId).filter(is_free);
        wanted.unwrap_or_else(|| {
            let name = slug(&entry.name);
            let first = ChannelId(name.clone());
            if is_free(&first) {
                return first;
            }
            (2_u32..).map(|n| ChannelId(format!("{name}-{n}"))).find(is_free).unwrap_or(first)
        })
    }
}

/// Makes `baird-one-hd` of `Baird One (HD)`.
fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() { "channel".to_owned() } else { words.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(entries: &[(&str, Option<&str>, Option<u32>)]) -> Listed {
        let entry = |(name, id, number): &(&str, Option<&str>, Option<u32>)| Entry {
            name: (*name).to_owned(),
            guide_id: id.map(str::to_owned),
            number: *number,
            ..Entry::default()
        };
        entries.iter().map(|e| (entry(e), Err(String::new()))).collect()
    }

    #[test]
    fn ids_and_numbers_are_unique_and_follow_the_playlist() {
        let line_up = LineUp::join(&[
            listed(&[
                ("Baird One", Some("one"), Some(1)),
                ("Baird One (HD)", Some("one"), Some(101)),
            ]),
            listed(&[
                ("Baird One HD", None, None),
                ("Films", None, Some(1)),
                ("Last", None, Some(102)),
            ]),
        ]);
        let found: Vec<_> =
            line_up.channels.iter().map(|c| (c.id.0.as_str(), c.number.unwrap())).collect();
        let expected = [
            ("one", 1),
            ("baird-one-hd", 101),
            ("baird-one-hd-2", 103),
            ("films", 104),
            ("last", 102),
        ];
        assert_eq!(found, expected);
    }
}
