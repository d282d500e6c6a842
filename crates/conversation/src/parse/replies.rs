//! Answers to questions and short words about the last answer.

use super::reading::{Context, Parsed, after, is, key, read, starts};
use crate::intent::{Ask, Intent, What, Wish};
use crate::words::{Word, number, ordinal};

/// Reads replies.
pub(super) fn parse(said: &[Word], context: &Context<'_>) -> Parsed {
    let whole = said.iter().map(|word| word.key.as_str()).collect::<Vec<_>>().join(" ");
    if is_secret(said) {
        return Some(Ok(Intent::Secret));
    }
    let intent = match whole.as_str() {
        "yes" | "y" | "yep" | "yeah" | "yup" | "ok" | "okay" | "sure" | "do it" | "go on"
        | "yes do" | "go ahead" => Intent::Yes,
        "no" | "n" | "nope" | "nah" | "no dont" | "leave it" | "neither" | "none" => Intent::No,
        "undo" | "undo that" | "undo it" | "never mind" | "nevermind" | "forget it"
        | "scrap that" | "take that back" | "revert" | "no undo" => Intent::Undo,
        "more" | "next page" | "show more" | "and more" | "go on then" | "more please" => {
            Intent::More
        }
        "the other one" | "no the other one" | "other one" | "the other" => Intent::Instead(None),
        _ => return longer(said, context),
    };
    Some(Ok(intent))
}

fn longer(said: &[Word], context: &Context<'_>) -> Parsed {
    if let Some(rest) = after(
        said,
        &["no i meant", "i meant", "no i mean", "i mean", "no not that", "sorry i meant"],
    ) {
        let ask = read(rest, context, true);
        return Some(
            ask.map(|ask| Intent::Instead(Some(Wish { what: What::Named, ask, instead: true }))),
        );
    }
    if let Some(at) = picked(said) {
        return Some(Ok(Intent::Pick(at)));
    }
    picked_time(said, context)
}

/// `2`, `number 2`, `the second one`, `yes 2`, `2 please`.
fn picked(said: &[Word]) -> Option<u32> {
    let rest = after(said, &["yes", "the", "number", "no", "item"]).unwrap_or(said);
    let rest = after(rest, &["the", "number"]).unwrap_or(rest);
    let one = usize::from(rest.len() == 2 && key(rest, 1) == "one");
    if rest.len() != 1 + one {
        return None;
    }
    let first = key(rest, 0);
    if one == 0 && rest.len() == said.len() && first == "one" {
        return Some(1);
    }
    ordinal(first).or_else(|| number(first)).filter(|n| (*n > 0 && *n < 1000) || *n == u32::MAX)
}

/// `the 9 o'clock one`, `the one at 9`, `tonight's`, while a question is open.
fn picked_time(said: &[Word], context: &Context<'_>) -> Parsed {
    let one =
        starts(said, "the one") || (key(said, 0) == "the" && key(said, said.len() - 1) == "one");
    if !(one || context.asked) || said.len() > 6 {
        return None;
    }
    let Ok(Ask { subject, when: Some(when), channel: None, .. }) = read(said, context, false)
    else {
        return None;
    };
    let nothing_else = subject.iter().all(|word| word.key == "one");
    nothing_else.then_some(Ok(Intent::PickTime(when)))
}

/// Eight digits are what a pairing code looks like; `password` and its like announce one.
fn is_secret(said: &[Word]) -> bool {
    let digits: String = said.iter().map(|word| word.key.as_str()).collect();
    let code = matches!(digits.len(), 6..=10) && digits.bytes().all(|b| b.is_ascii_digit());
    let named =
        said.iter().any(|word| matches!(word.key.as_str(), "password" | "passcode" | "passwd"));
    code || named || (starts(said, "my code is") || starts(said, "the code is")) || is(said, "pin")
}
