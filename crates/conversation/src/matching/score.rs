//! How well words fit a title: word by word, forgiving spelling, with prefixes and initials.

use crate::words::{keys, number};

/// A title, or what was said for one, as comparable words: numbers in digits, no leading article,
/// no `Film:` or `New:`.
pub(crate) fn title_key(title: &str) -> Vec<String> {
    let lower = title.trim_start().to_lowercase();
    let bare = ["film:", "new:", "premiere:", "live:"]
        .iter()
        .find_map(|lead| lower.strip_prefix(lead))
        .unwrap_or(&lower);
    normal(&keys(bare))
}

/// Words as comparable ones: numbers in digits, no leading article.
pub(crate) fn normal(words: &[String]) -> Vec<String> {
    let first = match words.first().map(String::as_str) {
        Some("the" | "a" | "an") if words.len() > 1 => 1,
        _ => 0,
    };
    let bare = words.get(first..).unwrap_or_default();
    bare.iter().map(|word| number(word).map_or_else(|| word.clone(), |n| n.to_string())).collect()
}

/// Returns how well `said` fits `title`, both as [`normal`] words: 0 not at all, 1 exactly.
pub(crate) fn fit(said: &[String], title: &[String]) -> f64 {
    if said.is_empty() || title.is_empty() {
        return 0.0;
    }
    if said == title {
        return 1.0;
    }
    let joined_said = said.concat();
    let joined_title = title.concat();
    if joined_said == joined_title {
        return 0.99;
    }
    if said.len() == 1 && joined_said.len() >= 3 && joined_said == initials(title) {
        return 0.97;
    }
    let whole = spelling(&joined_said, &joined_title) * 0.97;
    whole.max(by_words(said, title))
}

/// Word by word: how much of what was said is in the title, and a little for how much of the title
/// was said.
fn by_words(said: &[String], title: &[String]) -> f64 {
    let mut said_weight = 0.0;
    let mut found_weight = 0.0;
    let mut covered = 0.0;
    for word in said {
        let own = weight(word);
        let best = title.iter().map(|other| (word_fit(word, other), other));
        let best = best.max_by(|a, b| a.0.total_cmp(&b.0));
        said_weight += own;
        if let Some((score, other)) = best {
            found_weight += own * score;
            covered += score * weight(other);
        }
    }
    // a number that is said is meant: Film 4 is not Film 5
    let is_number = |word: &&String| word.bytes().all(|b| b.is_ascii_digit());
    if said.iter().filter(is_number).any(|word| !title.contains(word)) {
        found_weight *= 0.7;
    }
    let title_weight: f64 = title.iter().map(|word| weight(word)).sum();
    0.75 * found_weight / said_weight + 0.22 * (covered / title_weight).min(1.0)
}

/// Small words count little.
fn weight(word: &str) -> f64 {
    match word {
        "the" | "a" | "an" | "of" | "and" | "in" | "on" | "at" | "to" | "for" | "with" => 0.5,
        _ => match word.len() {
            0..=2 => 1.5,
            3 => 2.0,
            4..=5 => 3.0,
            _ => 4.0,
        },
    }
}

fn word_fit(said: &str, title: &str) -> f64 {
    if said == title {
        return 1.0;
    }
    let plural = |a: &str, b: &str| a.strip_suffix('s') == Some(b);
    if plural(said, title) || plural(title, said) {
        return 0.97;
    }
    if said.len() >= 3 && title.starts_with(said) {
        return 0.9;
    }
    spelling(said, title)
}

/// How alike two spellings are; 0 beyond what is still the same word.
fn spelling(said: &str, title: &str) -> f64 {
    let (said, title) = (&*by_ear(said), &*by_ear(title));
    let (Ok(length), Ok(distance)) = (
        u32::try_from(said.len().max(title.len())),
        u32::try_from(strsim::osa_distance(said, title)),
    ) else {
        return 0.0;
    };
    let allowed = match length {
        0..=3 => 0,
        4..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    if distance > allowed || said.bytes().any(|b| b.is_ascii_digit()) && distance > 0 {
        return 0.0;
    }
    // one letter matters more in a short word
    let cost = if length <= 5 { 1.2 } else { 1.0 };
    1.0 - cost * f64::from(distance) / f64::from(length.max(1))
}

/// Spells some sounds one way: `newsnite`, `foto`.
fn by_ear(word: &str) -> String {
    word.replace("ight", "ite").replace("ph", "f")
}

/// Returns whether two single words are the same but for a slip of the fingers.
pub(crate) fn close(said: &str, word: &str) -> bool {
    said == word || (said.len() >= 5 && word.len() >= 5 && strsim::osa_distance(said, word) <= 1)
}

fn initials(title: &[String]) -> String {
    title.iter().filter_map(|word| word.chars().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(said: &str, title: &str) -> f64 {
        fit(&normal(&keys(said)), &title_key(title))
    }

    #[test]
    fn slips_of_the_fingers_are_forgiven() {
        for (said, title) in [
            ("newsnite", "Newsnight"),
            ("news night", "Newsnight"),
            ("gardners world", "Gardeners' World"),
            ("univercity chalenge", "University Challenge"),
            ("hignfy", "Have I Got News for You"),
            ("the one show", "The One Show"),
            ("paddington two", "Film: Paddington 2"),
            ("taskmastr", "Taskmaster"),
            ("only conect", "Only Connect"),
        ] {
            assert!(scored(said, title) >= 0.7, "{said} / {title}: {}", scored(said, title));
        }
    }

    #[test]
    fn other_titles_are_not_the_same() {
        for (said, title) in [
            ("newsnight", "Midnight Feast"),
            ("blue peter", "Peter Rabbit"),
            ("vera", "Very Small Business"),
            ("film 4", "Film 5"),
            ("asdf", "As Time Goes By"),
        ] {
            assert!(scored(said, title) < 0.6, "{said} / {title}: {}", scored(said, title));
        }
    }
}
