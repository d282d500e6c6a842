//! Verbs that record and un-record.

use super::reading::{Context, Parsed, after, is, key, read, starts};
use crate::intent::{Ask, Intent, Missing, What, Wish};
use crate::matching::close;
use crate::time::{NotUnderstood, duration};
use crate::words::{Word, number, ordinal};

/// Reads them.
pub(super) fn parse(said: &[Word], context: &Context<'_>) -> Parsed {
    if let Some(pad) = padding(said) {
        return Some(Ok(pad));
    }
    if let Some(rest) = after(
        said,
        &[
            "series link",
            "series record",
            "record the series",
            "record every",
            "record series",
            "stop recording the series",
        ],
    ) {
        let _ = rest;
        return Some(Ok(Intent::NotYet(Missing::Series)));
    }
    if starts(said, "record all")
        || starts(said, "tape all")
        || is(said, "series")
        || starts(said, "only new ones")
        || starts(said, "keep last")
        || starts(said, "keep the last")
    {
        return Some(Ok(Intent::NotYet(Missing::Series)));
    }
    if let Some(rest) = after(
        said,
        &[
            "dont record",
            "do not record",
            "stop recording",
            "dont tape",
            "un record",
            "unrecord",
            "unschedule",
            "stop taping",
        ],
    ) {
        return Some(wish(rest, context).map(Intent::Cancel));
    }
    let first = key(said, 0);
    let rest = said.get(1..).unwrap_or_default();
    if close(first, "cancel")
        || close(first, "remove")
        || first == "drop"
        || is(said, "stop")
        || first == "skip" && !rest.iter().any(|w| number(&w.key).is_some())
    {
        return Some(wish(rest, context).map(Intent::Cancel));
    }
    if is_record(first) && !matches!(key(said, 1), "") || is(said, "record") || is(said, "recrod") {
        let rest = after(rest, &["me"]).unwrap_or(rest);
        return Some(wishes(rest, context).map(Intent::Record));
    }
    if first == "get" && rest.len() <= 6 && !rest.is_empty() {
        return Some(wishes(rest, context).map(Intent::Record));
    }
    None
}

fn is_record(first: &str) -> bool {
    if first == "recordings" || first == "recording" || first == "recorded" {
        return false;
    }
    close(first, "record")
        || matches!(first, "tape" | "rec" | "recrd" | "capture" | "save" | "tivo")
}

/// Several things joined by `and`, unless a title of the guide has the `and` in it.
fn wishes(rest: &[Word], context: &Context<'_>) -> Result<Vec<Wish>, NotUnderstood> {
    let kept = context.titles.exact_span(rest, 0);
    let joint =
        rest.iter().enumerate().position(|(at, word)| word.key == "and" && !kept.contains(&at));
    let Some(at) = joint.filter(|at| *at > 0 && *at + 1 < rest.len()) else {
        return Ok(vec![wish(rest, context)?]);
    };
    let (left, right) = rest.split_at(at);
    let right = right.get(1..).unwrap_or_default();
    let right = after(right, &["record", "tape"]).unwrap_or(right);
    let whole = wish(rest, context)?;
    // `Ant and Dec` is one thing even when spelt wrong
    let best = context.titles.matches(&whole.ask.subject, 1);
    if kept.is_empty()
        && best.first().is_some_and(|found| found.score >= 0.85)
        && whole.what == What::Named
    {
        return Ok(vec![whole]);
    }
    let mut both = vec![wish(left, context)?];
    both.extend(wishes(right, context)?);
    both.truncate(4);
    // a time said once is meant for both
    if let Some(when) = both.last().and_then(|wish| wish.ask.when.clone()) {
        for wish in &mut both {
            wish.ask.when.get_or_insert_with(|| when.clone());
        }
    }
    Ok(both)
}

/// One thing: `2`, `this`, `it tomorrow`, `newsnight tonight on bbc two`, `bbc one 9 to 10`.
pub(super) fn wish(rest: &[Word], context: &Context<'_>) -> Result<Wish, NotUnderstood> {
    let exact = context.titles.exact_span(rest, 0);
    let what = match (key(rest, 0), key(rest, 1)) {
        _ if exact.len() == rest.len() && !rest.is_empty() => What::Named,
        ("number" | "item", said) => number(said).map_or(What::Named, What::Item),
        ("the", said)
            if rest.len() <= 3 && ordinal(said).is_some() && matches!(key(rest, 2), "" | "one") =>
        {
            ordinal(said).map_or(What::Named, What::Item)
        }
        ("", _) | ("this" | "that", "" | "one" | "programme" | "now" | "please") => What::This,
        ("it" | "that", _) => What::It,
        (said, "") => number(said).filter(|n| *n < 1000).map_or(What::Named, What::Item),
        _ => What::Named,
    };
    let words = match what {
        What::Named => rest,
        What::It => rest.get(1..).unwrap_or_default(),
        What::Item(_) | What::This => &[],
    };
    let instead = words.iter().any(|word| word.key == "instead");
    let mut ask: Ask = read(words, context, what == What::Named)?;
    ask.subject.retain(|word| {
        what != What::It || !matches!(word.key.as_str(), "instead" | "too" | "as" | "well" | "also")
    });
    // `the football match`, `tonights episode`
    if let [only] = ask.subject.as_slice()
        && matches!(only.key.as_str(), "episode" | "instead" | "it")
    {
        return Ok(Wish { what: What::It, ask: Ask { subject: Vec::new(), ..ask }, instead });
    }
    Ok(Wish { what, ask, instead })
}

/// `let it run over 30 mins`, `start 5 minutes early`, `10 minutes extra`.
fn padding(said: &[Word]) -> Option<Intent> {
    let length = (0..said.len()).find_map(|at| {
        let run = said.get(at..).unwrap_or_default();
        duration(run).map(|(length, _)| length)
    })?;
    let has = |word: &str| said.iter().any(|said| said.key == word);
    if (has("start") || has("begin")) && (has("early") || has("earlier") || has("before")) {
        return Some(Intent::Pad { before: Some(length), after: None });
    }
    let over = has("over") && (has("run") || has("let"));
    let late = (has("end") || has("stop") || has("finish")) && (has("late") || has("later"));
    let extra = has("extra") || has("longer") || has("overrun");
    (over || late || extra).then_some(Intent::Pad { before: None, after: Some(length) })
}
