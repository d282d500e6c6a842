//! The channels of the line-up, ready to be matched: `BBC Two HD`, `bbc two` and `bbc2` are one.

use std::ops::Range;
use std::sync::Arc;

use televisor_model::{Channel, ChannelId};

use super::aliases;
use crate::words::{Word, keys, number};

/// How many words a channel's name can have.
const LONGEST: usize = 5;

/// The line-up.
#[derive(Debug)]
pub(crate) struct ChannelIndex {
    channels: Arc<[Channel]>,
    keys: Vec<String>,
}

impl ChannelIndex {
    /// Indexes a line-up.
    pub(crate) fn new(channels: Arc<[Channel]>) -> Self {
        let keys = channels.iter().map(|channel| joined(&keys(&channel.name))).collect();
        Self { channels, keys }
    }

    /// Returns the line-up.
    pub(crate) fn all(&self) -> &[Channel] {
        &self.channels
    }

    /// Returns the viewer's name for a channel.
    pub(crate) fn name(&self, id: &ChannelId) -> String {
        let found = self.channels.iter().find(|channel| channel.id == *id);
        found.map_or_else(|| id.0.clone(), |channel| channel.name.clone())
    }

    /// Finds a channel named somewhere in `words` outside `kept`; after `on` before elsewhere, and
    /// a long name before a short one. Returns it and where it stands, `on` included.
    pub(crate) fn find(
        &self,
        words: &[Word],
        kept: &Range<usize>,
    ) -> Option<(ChannelId, Range<usize>)> {
        let mut best: Option<((bool, usize), ChannelId, Range<usize>)> = None;
        for at in 0..words.len() {
            for length in 1..=LONGEST.min(words.len() - at) {
                let run = at..at + length;
                if run.clone().any(|at| kept.contains(&at)) {
                    continue;
                }
                let Some(said) = words.get(run.clone()) else { continue };
                let Some(id) = self.named(said) else { continue };
                let before = at.checked_sub(1).and_then(|at| words.get(at));
                let on = before.is_some_and(|word| word.key == "on");
                let rank = (on, length);
                if best.as_ref().is_none_or(|(held, ..)| rank > *held) {
                    best = Some((rank, id, at - usize::from(on)..run.end));
                }
            }
        }
        best.map(|(_, id, run)| (id, run))
    }

    /// Finds the channel that `words` name and nothing else, exactly or by number.
    fn named(&self, words: &[Word]) -> Option<ChannelId> {
        if let [lead, digits] = words
            && matches!(lead.key.as_str(), "channel" | "ch" | "number")
            && let Some(number) = number(&digits.key)
            && let Some(found) = self.channels.iter().find(|c| c.number == Some(number))
            && !self.keys.contains(&format!("channel{number}"))
        {
            return Some(found.id.clone());
        }
        let last = words.last().map(|word| word.key.as_str());
        if matches!(last, Some("hd" | "sd" | "uhd")) && words.len() == 1 {
            return None;
        }
        let said: Vec<String> = words.iter().map(|word| word.key.clone()).collect();
        let said = joined(&said);
        if said.is_empty() || said.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        self.by_key(&said).or_else(|| self.by_key(aliases::channel(&said)?))
    }

    /// Exactly, or as the start of one with a region's name behind it.
    fn by_key(&self, said: &str) -> Option<ChannelId> {
        let exact = self.keys.iter().position(|key| key == said);
        let regional = || {
            let digit = said.ends_with(|c: char| c.is_ascii_digit());
            self.keys.iter().position(|key| digit && key.starts_with(said))
        };
        let at = exact.or_else(regional)?;
        self.channels.get(at).map(|channel| channel.id.clone())
    }

    /// Finds the channel that `words` most likely name, forgiving spelling.
    pub(crate) fn guess(&self, words: &[Word]) -> Option<ChannelId> {
        let said: Vec<String> = words.iter().map(|word| word.key.clone()).collect();
        let said = joined(&said);
        if said.len() < 4 {
            return None;
        }
        let best = self.keys.iter().enumerate();
        let best = best.map(|(at, key)| (strsim::osa_distance(&said, key), at)).min()?;
        let allowed = if said.len() >= 8 { 2 } else { 1 };
        if best.0 > allowed {
            return None;
        }
        self.channels.get(best.1).map(|channel| channel.id.clone())
    }
}

/// `BBC Two HD` -> `bbc2`.
fn joined(words: &[String]) -> String {
    words
        .iter()
        .filter(|word| !matches!(word.as_str(), "hd" | "sd" | "uhd" | "the"))
        .map(|word| number(word).map_or_else(|| word.clone(), |n| n.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn index() -> ChannelIndex {
        let channel = |number: u32, name: &str| Channel {
            id: ChannelId(name.to_owned()),
            number: Some(number),
            name: name.to_owned(),
            group: None,
            guide_id: None,
            logo: None,
            favourite: false,
        };
        let names = ["BBC One London", "BBC Two HD", "Film4", "Channel 4", "ITV1"];
        let all: Vec<Channel> = (101..).zip(names).map(|(n, name)| channel(n, name)).collect();
        ChannelIndex::new(all.into())
    }

    #[test]
    fn one_channel_has_many_spellings() {
        let found = |said: &str| index().find(&words(said), &(0..0)).map(|(id, _)| id.0);
        for (said, name) in [
            ("bbc2", "BBC Two HD"),
            ("on bbc two", "BBC Two HD"),
            ("BBC 2 HD", "BBC Two HD"),
            ("bbc one", "BBC One London"),
            ("film 4", "Film4"),
            ("record the film on film4", "Film4"),
            ("c4", "Channel 4"),
            ("channel four", "Channel 4"),
            ("channel 103", "Film4"),
            ("itv", "ITV1"),
        ] {
            assert_eq!(found(said).as_deref(), Some(name), "{said}");
        }
        assert_eq!(found("newsnight"), None);
        assert_eq!(index().guess(&words("flim4")).map(|id| id.0).as_deref(), Some("Film4"));
    }
}
