//! Display names made harmless: a stranger chose them, and they show on screens and in chat.

/// The longest name, in characters (R12).
const LONGEST: usize = 64;

/// Returns `name` without control, bidirectional and invisible characters, with single spaces, at
/// most 64 characters long; `None` if nothing is left.
#[must_use]
pub fn clean(name: &str) -> Option<String> {
    let visible: String = name
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(LONGEST).collect();
    let short = short.trim_end();
    (!short.is_empty()).then(|| short.to_owned())
}

/// Characters that turn text around, or hide in it.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_letters_and_lose_their_tricks() {
        assert_eq!(clean("  Dan's\tphone \n").as_deref(), Some("Dan's phone"));
        assert_eq!(clean("Zoë 📱").as_deref(), Some("Zoë 📱"));
        assert_eq!(clean("a\u{202E}b\u{0007}c\u{200B}").as_deref(), Some("abc"));
        assert_eq!(clean(&"x".repeat(100)).map(|n| n.len()), Some(64));
        assert_eq!(clean("\u{200B} \u{0000}"), None);
    }
}
