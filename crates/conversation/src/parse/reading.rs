//! Time, channel and title out of the words after a verb, and the order in which verbs are tried.

use jiff::Zoned;

use super::{accounts, ask, manage, record, replies};
use crate::intent::{Ask, Intent};
use crate::matching::{ChannelIndex, TitleIndex};
use crate::time::{self, NotUnderstood};
use crate::words::{Word, words};

/// What a saying is read against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The time it is.
    pub(crate) now: &'a Zoned,
    /// The line-up.
    pub(crate) channels: &'a ChannelIndex,
    /// The guide's titles.
    pub(crate) titles: &'a TitleIndex,
    /// Whether a question is waiting for its answer.
    pub(crate) asked: bool,
}

/// Reads what somebody wants.
pub(crate) fn parse(text: &str, context: &Context<'_>) -> Intent {
    let all = words(text);
    let said = polite(&all);
    if said.is_empty() {
        return Intent::Unknown(all);
    }
    let found = replies::parse(said, context)
        .or_else(|| accounts::parse(text, said))
        .or_else(|| record::parse(said, context))
        .or_else(|| manage::parse(said, context))
        .or_else(|| ask::parse(said, context));
    match found {
        Some(Ok(intent)) => intent,
        Some(Err(error)) => Intent::BadTime(error.to_string()),
        None => Intent::Unknown(said.to_vec()),
    }
}

/// What a family of verbs makes of a saying: `None` if it is not one of its own.
pub(super) type Parsed = Option<Result<Intent, NotUnderstood>>;

/// Returns the key at `at`, or nothing.
pub(super) fn key(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.key.as_str())
}

/// Returns whether `words` start with the words of `lead`.
pub(super) fn starts(words: &[Word], lead: &str) -> bool {
    lead.split(' ').enumerate().all(|(at, part)| key(words, at) == part)
}

/// Returns whether `words` are exactly the words of `phrase`.
pub(super) fn is(words: &[Word], phrase: &str) -> bool {
    words.len() == phrase.split(' ').count() && starts(words, phrase)
}

/// Returns what follows the first of `leads` that `words` start with.
pub(super) fn after<'a>(words: &'a [Word], leads: &[&str]) -> Option<&'a [Word]> {
    let lead = leads.iter().find(|lead| starts(words, lead))?;
    words.get(lead.split(' ').count()..)
}

/// Leaves out what is only polite.
fn polite(words: &[Word]) -> &[Word] {
    let mut said = words;
    let leads = [
        "please",
        "pls",
        "plz",
        "can you",
        "could you",
        "would you",
        "will you",
        "can i",
        "i want to",
        "i would like to",
        "id like to",
        "i d like to",
        "televisor",
        "hey televisor",
        "ok televisor",
        "tv",
        "and",
        "also",
        "then",
    ];
    while said.len() > 1 {
        let Some(rest) = after(said, &leads).filter(|rest| !rest.is_empty()) else { break };
        said = rest;
    }
    let ends = ["please", "pls", "plz", "thanks", "ta"];
    while said.len() > 1 && ends.contains(&key(said, said.len() - 1)) {
        said = said.get(..said.len() - 1).unwrap_or_default();
    }
    said
}

/// Reads time, channel and subject out of words without their verb. With `titles`, a title of the
/// guide that stands in them letter for letter is not read as a time or channel.
///
/// # Errors
/// [`NotUnderstood`] if a time is none.
pub(super) fn read(
    words: &[Word],
    context: &Context<'_>,
    titles: bool,
) -> Result<Ask, NotUnderstood> {
    let kept = if titles { context.titles.exact_span(words, 0) } else { 0..0 };
    // a channel goes first, so that the number in its name is not a time
    let found = context.channels.find(words, &kept);
    let (channel, words, kept) = match found {
        Some((id, run)) => {
            let mut left = words.to_vec();
            left.drain(run.clone());
            let back = if run.start < kept.start { run.len() } else { 0 };
            (Some(id), left, kept.start - back..kept.end - back)
        }
        None => (None, words.to_vec(), kept),
    };
    let reading = time::read(&words, &kept, context.now)?;
    let kept_title = !reading.kept.is_empty();
    let mut subject = reading.rest;
    if kept_title {
        subject = subject.get(reading.kept).unwrap_or_default().to_vec();
    } else {
        tidy(&mut subject);
    }
    let films = subject.iter().any(|word| is_film(&word.key)) && subject.len() <= 1;
    if films {
        subject.clear();
    }
    Ok(Ask { subject, when: reading.when, channel, films, next: false, note: reading.note })
}

fn is_film(key: &str) -> bool {
    matches!(key, "film" | "films" | "movie" | "movies")
}

/// Drops joining words from both ends.
fn tidy(subject: &mut Vec<Word>) {
    let loose = |key: &str| {
        matches!(
            key,
            "on" | "at"
                | "the"
                | "in"
                | "is"
                | "a"
                | "an"
                | "any"
                | "some"
                | "there"
                | "for"
                | "from"
                | "showing"
                | "all"
                | "of"
                | "one"
                | "good"
                | "programme"
                | "that"
                | "this"
                | "tv"
                | "oclock"
                | "to"
                | "s"
        )
    };
    while subject.last().is_some_and(|word| loose(&word.key) && word.key != "one") {
        subject.pop();
    }
    while subject.first().is_some_and(|word| loose(&word.key) && word.key != "one") {
        subject.remove(0);
    }
}
