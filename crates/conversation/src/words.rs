//! What was said, as words that can be compared: lower case, without accents and punctuation.
//!
//! `It's 9.30pm-10pm!` becomes `its`, `9.30pm`, `to`, `10pm`. Every word remembers how it was
//! spelled, so that an answer can quote it.

use deunicode::deunicode;

/// How much of one message is read; nobody says more to a television.
const MAX_CHARS: usize = 400;
/// How many words of it are read.
const MAX_WORDS: usize = 60;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// For comparing.
    pub(crate) key: String,
    /// As it was typed.
    pub(crate) spoken: String,
}

/// Splits a message into words.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let text: String = text.chars().take(MAX_CHARS).collect();
    text.split_whitespace().flat_map(split_chunk).take(MAX_WORDS).collect()
}

/// Splits a text into comparable keys only.
pub(crate) fn keys(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.key).collect()
}

/// Puts words together again, as they were typed.
pub(crate) fn spoken(words: &[Word]) -> String {
    words.iter().map(|word| word.spoken.as_str()).collect::<Vec<_>>().join(" ")
}

/// Reads a number, in digits or as a word up to fifty-nine.
pub(crate) fn number(key: &str) -> Option<u32> {
    if !key.is_empty() && key.len() <= 6 && key.bytes().all(|b| b.is_ascii_digit()) {
        return key.parse().ok();
    }
    let names = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    if let Some(at) = names.iter().position(|name| *name == key) {
        return u32::try_from(at).ok();
    }
    match key {
        "thirty" => Some(30),
        "forty" => Some(40),
        "fifty" => Some(50),
        "sixty" => Some(60),
        "ninety" => Some(90),
        _ => None,
    }
}

/// Reads an ordinal such as `2nd`, `second` or `last` as a place in a list (`last` is `u32::MAX`).
pub(crate) fn ordinal(key: &str) -> Option<u32> {
    let names = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
    if let Some(at) = names.iter().position(|name| *name == key) {
        return u32::try_from(at).ok().map(|at| at + 1);
    }
    if key == "last" {
        return Some(u32::MAX);
    }
    ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|end| key.strip_suffix(end))
        .filter(|digits| !digits.is_empty() && digits.len() <= 3)
        .and_then(|digits| digits.parse().ok())
}

fn split_chunk(chunk: &str) -> Vec<Word> {
    match chunk {
        "👍" | "👍🏻" | "👍🏼" | "👍🏽" | "👍🏾" | "👍🏿" | "✅" => {
            return vec![word("yes", chunk)];
        }
        "👎" | "❌" => return vec![word("undo", chunk)],
        "🔴" => return vec![word("record", chunk)],
        _ => {}
    }
    let plain = deunicode(chunk).to_ascii_lowercase();
    let plain = plain.replace("a.m", "am").replace("p.m", "pm");
    let keys = split_plain(&plain);
    if let [only] = keys.as_slice() {
        let spoken = chunk.trim_matches(|c: char| c.is_ascii_punctuation() && c != '*');
        let spoken = spoken.replace('*', "");
        return vec![word(only, if spoken.is_empty() { only } else { &spoken })];
    }
    keys.iter().map(|key| word(key, key)).collect()
}

fn word(key: &str, spoken: &str) -> Word {
    Word { key: key.to_owned(), spoken: spoken.to_owned() }
}

/// Cuts one blank-free piece of plain ASCII into keys.
fn split_plain(plain: &str) -> Vec<String> {
    if is_iso_date(plain) {
        return vec![plain.to_owned()];
    }
    let chars: Vec<char> = plain.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or(' ');
    let starts_with_digit = at(0).is_ascii_digit();
    let mut keys = vec![String::new()];
    for (i, &c) in chars.iter().enumerate() {
        let before = if i == 0 { ' ' } else { at(i - 1) };
        let between_digits = before.is_ascii_digit() && at(i + 1).is_ascii_digit();
        match c {
            'a'..='z' | '0'..='9' => push(&mut keys, c),
            '.' | ':' | '/' if between_digits => push(&mut keys, c),
            '\'' | '`' => {}
            '-' if starts_with_digit && at(i + 1).is_ascii_digit() => whole(&mut keys, "to"),
            '&' => whole(&mut keys, "and"),
            '+' => whole(&mut keys, "plus"),
            _ => keys.push(String::new()),
        }
    }
    keys.retain(|key| !key.is_empty());
    keys
}

fn push(keys: &mut [String], c: char) {
    if let Some(last) = keys.last_mut() {
        last.push(c);
    }
}

fn whole(keys: &mut Vec<String>, key: &str) {
    keys.push(key.to_owned());
    keys.push(String::new());
}

fn is_iso_date(plain: &str) -> bool {
    plain.len() == 10
        && plain.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_accents_and_case_do_not_matter() {
        assert_eq!(keys("What's on?"), ["whats", "on"]);
        assert_eq!(keys("Café  O'Clock"), ["cafe", "oclock"]);
        assert_eq!(keys("Gardeners' World & more"), ["gardeners", "world", "and", "more"]);
    }

    #[test]
    fn times_and_dates_stay_whole_and_ranges_open_up() {
        assert_eq!(keys("9.30pm–10pm"), ["9.30pm", "to", "10pm"]);
        assert_eq!(keys("22:30-23:15"), ["22:30", "to", "23:15"]);
        assert_eq!(keys("27/11 2026-11-27 6 p.m."), ["27/11", "2026-11-27", "6", "pm"]);
    }

    #[test]
    fn numbers_and_places_are_read_as_words_too() {
        assert_eq!(number("two"), Some(2));
        assert_eq!(number("12"), Some(12));
        assert_eq!(ordinal("second"), Some(2));
        assert_eq!(ordinal("3rd"), Some(3));
        assert_eq!(number("film"), None);
    }
}
