//! Questions about the guide; whatever else is a title is one too.

use super::reading::{Context, Parsed, after, key, read, starts};
use crate::intent::{Ask, Intent};
use crate::matching::close;
use crate::words::Word;

/// Ways to ask what is on.
const WHATS_ON: [&str; 18] = [
    "whats on",
    "what was on",
    "what was",
    "what is on",
    "what s on",
    "wats on",
    "whats on the telly",
    "whats showing",
    "what is showing",
    "anything on",
    "anything good on",
    "whats",
    "what is",
    "what are",
    "what will be on",
    "show me whats on",
    "guide",
    "epg",
];

/// Ways to ask for showings.
const FIND: [&str; 17] = [
    "when is",
    "whens",
    "when s",
    "what time is",
    "find me",
    "find",
    "search for",
    "search",
    "look for",
    "is there any",
    "are there any",
    "is there",
    "any",
    "anything with",
    "anything about",
    "is",
    "show me",
];

/// Reads them.
pub(super) fn parse(said: &[Word], context: &Context<'_>) -> Parsed {
    if starts(said, "on now") || matches!((said.len(), key(said, 0)), (1, "now" | "next")) {
        return Some(Ok(whats_on(Ask { next: key(said, 0) == "next", ..Ask::default() })));
    }
    if let Some(rest) = after(said, &WHATS_ON) {
        let rest = after(rest, &["on", "the telly", "on the telly", "on tv"]).unwrap_or(rest);
        return Some(question(rest, context));
    }
    if let Some(rest) = after(said, &FIND) {
        return Some(find(said, rest, context));
    }
    match read(said, context, true) {
        Err(error) => Some(Err(error)),
        Ok(ask) => bare(ask, said, context),
    }
}

fn whats_on(ask: Ask) -> Intent {
    Intent::WhatsOn(ask)
}

fn question(rest: &[Word], context: &Context<'_>) -> Result<Intent, crate::time::NotUnderstood> {
    let next = rest.iter().any(|word| word.key == "next") && !has_day_after_next(rest);
    let words: Vec<Word> =
        rest.iter().filter(|word| !(next && word.key == "next")).cloned().collect();
    let mut ask = read(&words, context, false)?;
    ask.next = next;
    if ask.subject.is_empty() {
        return Ok(whats_on(ask));
    }
    if ask.channel.is_none()
        && let Some(id) = context.channels.guess(&ask.subject)
    {
        return Ok(whats_on(Ask { channel: Some(id), subject: Vec::new(), ..ask }));
    }
    if ask.subject.iter().all(|word| {
        matches!(
            word.key.as_str(),
            "telly" | "tv" | "television" | "box" | "channels" | "good" | "else" | "there"
        )
    }) {
        return Ok(whats_on(Ask { subject: Vec::new(), ..ask }));
    }
    Ok(Intent::Search(ask))
}

fn has_day_after_next(rest: &[Word]) -> bool {
    rest.windows(2).any(|pair| {
        key(pair, 0) == "next"
            && (key(pair, 1).ends_with("day")
                || matches!(
                    key(pair, 1),
                    "week" | "weekend" | "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun"
                ))
    })
}

fn find(
    said: &[Word],
    rest: &[Word],
    context: &Context<'_>,
) -> Result<Intent, crate::time::NotUnderstood> {
    let lead = key(said, 0);
    let rest = if matches!(lead, "when" | "whens" | "is" | "what") {
        let on = rest.iter().rposition(|word| word.key == "on").filter(|at| *at + 1 == rest.len());
        rest.get(..on.unwrap_or(rest.len())).unwrap_or_default()
    } else {
        rest
    };
    let rest = after(rest, &["next"]).filter(|_| lead.starts_with("when")).unwrap_or(rest);
    let ask = read(rest, context, true)?;
    if ask.subject.is_empty() && (ask.when.is_some() || ask.channel.is_some() || ask.films) {
        return Ok(whats_on(ask));
    }
    if ask.subject.is_empty() {
        return Ok(Intent::Unknown(said.to_vec()));
    }
    Ok(Intent::Search(ask))
}

/// Nothing but a title, a channel or a time.
fn bare(ask: Ask, said: &[Word], context: &Context<'_>) -> Parsed {
    if ask.subject.is_empty() {
        let known = ask.channel.is_some() || ask.when.is_some() || ask.films;
        return known.then(|| Ok(whats_on(ask)));
    }
    let best = context.titles.matches(&ask.subject, 1);
    let good = best.first().is_some_and(|found| found.score >= 0.7);
    let kind = ask.subject.iter().any(|word| close(&word.key, "football"))
        || ask.subject.len() == 1 && (ask.when.is_some() || ask.channel.is_some());
    if good || kind {
        return Some(Ok(Intent::Search(ask)));
    }
    let _ = said;
    None
}
