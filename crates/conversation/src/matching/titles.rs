//! The titles in the guide, ready to be matched.

use std::ops::Range;

use super::aliases;
use super::score::{fit, normal, title_key};
use crate::words::Word;

/// Below this nothing is taken for a match.
const LIKELY: f64 = 0.62;
/// How far the best match must lead to be taken without asking.
const LEAD: f64 = 0.08;
/// How many words a title that is looked for inside a saying can have.
const LONGEST: usize = 8;

/// The titles in the guide.
#[derive(Debug, Default)]
pub(crate) struct TitleIndex {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    title: String,
    key: Vec<String>,
    joined: String,
}

/// One title and how well it fits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Match {
    /// As broadcast.
    pub(crate) title: String,
    /// From 0 to 1.
    pub(crate) score: f64,
}

/// What to make of matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This one.
    Clear(String),
    /// One of these.
    Several(Vec<String>),
    /// None; these are the closest.
    Nothing(Vec<String>),
}

impl TitleIndex {
    /// Indexes titles.
    pub(crate) fn new(titles: &[String]) -> Self {
        let entries = titles
            .iter()
            .map(|title| {
                let key = title_key(title);
                Entry { title: title.clone(), joined: key.join(" "), key }
            })
            .filter(|entry| !entry.key.is_empty())
            .collect();
        Self { entries }
    }

    /// Returns the titles that fit best, best first.
    pub(crate) fn matches(&self, words: &[Word], at_most: usize) -> Vec<Match> {
        let said: Vec<String> = words.iter().map(|word| word.key.clone()).collect();
        let said = normal(&said);
        let joined = said.join(" ");
        let meant = aliases::titles(&said.join(" "));
        let mut found: Vec<Match> = self
            .entries
            .iter()
            .map(|entry| {
                let alias = meant.contains(&entry.joined.as_str());
                let likeness = strsim::normalized_damerau_levenshtein(&joined, &entry.joined);
                // what is only alike is never taken for a match, but it can be offered
                let score = if alias { 0.98 } else { fit(&said, &entry.key).max(0.4 * likeness) };
                Match { title: entry.title.clone(), score }
            })
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.title.cmp(&b.title)));
        found.truncate(at_most);
        found
    }

    /// Returns where in `words` a title stands, letter for letter: the longest, then the first. A
    /// title that is a single number or time (`24`, `Tonight`) must be all there is.
    pub(crate) fn exact_span(&self, words: &[Word], skip: usize) -> Range<usize> {
        for length in (1..=LONGEST.min(words.len())).rev() {
            for at in skip..=(words.len() - length).max(skip) {
                let Some(run) = words.get(at..at + length) else { continue };
                if length == 1 && words.len() > skip + 1 && is_loose(run) {
                    continue;
                }
                if length > 1 && at > skip && is_all_time(run) {
                    continue;
                }
                let said: Vec<String> = run.iter().map(|word| word.key.clone()).collect();
                let said = normal(&said).join(" ");
                if self.entries.iter().any(|entry| entry.joined == said) {
                    return at..at + length;
                }
            }
        }
        0..0
    }
}

/// Decides between matches: a clear lead wins, near ones are a choice.
pub(crate) fn choose(matches: &[Match]) -> Choice {
    let likely: Vec<&Match> = matches.iter().filter(|found| found.score >= LIKELY).collect();
    match likely.as_slice() {
        [] => Choice::Nothing(matches.iter().take(3).map(|found| found.title.clone()).collect()),
        [only] => Choice::Clear(only.title.clone()),
        [best, rest @ ..] => {
            let near: Vec<String> = rest
                .iter()
                .filter(|found| best.score - found.score < LEAD)
                .take(4)
                .map(|found| found.title.clone())
                .collect();
            if near.is_empty() || best.score >= 0.99 {
                return Choice::Clear(best.title.clone());
            }
            let mut several = vec![best.title.clone()];
            several.extend(near);
            Choice::Several(several)
        }
    }
}

fn is_loose(run: &[Word]) -> bool {
    run.iter().all(|word| {
        crate::words::number(&word.key).is_some()
            || matches!(
                word.key.as_str(),
                "tonight"
                    | "today"
                    | "tomorrow"
                    | "film"
                    | "films"
                    | "news"
                    | "now"
                    | "this"
                    | "it"
            )
    })
}

fn is_all_time(run: &[Word]) -> bool {
    run.iter().all(|word| {
        matches!(word.key.as_str(), "this" | "morning" | "evening" | "afternoon" | "tonight")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn index() -> TitleIndex {
        let titles = [
            "Newsnight",
            "Match of the Day",
            "Strictly Come Dancing",
            "It Takes Two",
            "This Morning",
            "The One Show",
            "Gardeners' World",
            "24",
            "BBC News",
            "BBC News at Ten",
        ];
        TitleIndex::new(&titles.map(str::to_owned))
    }

    #[test]
    fn a_clear_lead_wins_and_a_near_tie_is_a_question() {
        let choice = |said: &str| choose(&index().matches(&words(said), 10));
        assert_eq!(choice("newsnite"), Choice::Clear("Newsnight".to_owned()));
        assert_eq!(choice("motd"), Choice::Clear("Match of the Day".to_owned()));
        assert!(matches!(choice("strictly"), Choice::Several(both) if both.len() == 2));
        assert_eq!(choice("gardener world"), Choice::Clear("Gardeners' World".to_owned()));
        assert!(matches!(choice("zzxxyy"), Choice::Nothing(_)));
    }

    #[test]
    fn titles_are_found_inside_a_saying() {
        let found = |said: &str| index().exact_span(&words(said), 1);
        assert_eq!(found("record the one show tomorrow"), 1..4);
        assert_eq!(found("record newsnight tonight"), 1..2);
        assert_eq!(found("record this morning"), 1..3);
        assert_eq!(found("record something"), 0..0);
    }
}
