//! What a device calls itself: a stranger's text that will be on the screen.

use std::fmt;

use percent_encoding::percent_decode_str;

/// Most characters shown.
const LONGEST: usize = 64;
/// What a device without a usable name is called.
const NAMELESS: &str = "unnamed device";

/// A display name without control, formatting and bidirectional characters, 64 characters at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceName(String);

impl DeviceName {
    /// Cleans `text`.
    #[must_use]
    pub fn clean(text: &str) -> Self {
        let kept = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        let kept: String = kept.filter(|c| !is_unsafe(*c)).collect();
        let words: Vec<_> = kept.split(' ').filter(|word| !word.is_empty()).collect();
        let name: String = words.join(" ").chars().take(LONGEST).collect();
        let name = name.trim_end();
        Self(if name.is_empty() { NAMELESS } else { name }.to_owned())
    }

    /// Reads `device-name` from a query string.
    #[must_use]
    pub fn from_query(query: Option<&str>) -> Self {
        let pairs = query.unwrap_or_default().split('&');
        let value = pairs.filter_map(|pair| pair.strip_prefix("device-name=")).next();
        let value = value.unwrap_or_default().replace('+', " ");
        Self::clean(&percent_decode_str(&value).decode_utf8_lossy())
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceName {
    /// Always in quotes, so that it cannot pass for the receiver's own words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}”", self.0)
    }
}

/// Control characters, and those that reorder, join or hide what stands beside them.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFD}')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_read_from_the_query() {
        let read = |query| DeviceName::from_query(Some(query)).as_str().to_owned();
        assert_eq!(read("device-name=Dan%27s%20iPhone"), "Dan's iPhone");
        assert_eq!(read("a=1&device-name=Dan+%C3%A9"), "Dan é");
        assert_eq!(read("device-name="), NAMELESS);
        assert_eq!(read("device-name=%FF%FE"), NAMELESS);
        assert_eq!(DeviceName::from_query(None).as_str(), NAMELESS);
    }

    #[test]
    fn what_could_deceive_is_taken_out() {
        let clean = |text: &str| DeviceName::clean(text).as_str().to_owned();
        assert_eq!(clean("a\u{202E}b\u{7}c\r\n\td\u{200B}"), "abc d");
        assert_eq!(clean(&"x".repeat(100)).chars().count(), LONGEST);
        assert_eq!(DeviceName::clean("tv").to_string(), "“tv”");
        for bidi in
            ["\u{61C}", "\u{200E}", "\u{200F}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}"]
        {
            assert_eq!(clean(&format!("a{bidi}b")), "ab", "{bidi:?}");
        }
    }

    proptest! {
        #[test]
        fn any_query_gives_a_short_clean_name(query in "\\PC{0,200}") {
            let name = DeviceName::from_query(Some(&query));
            prop_assert!(name.as_str().chars().count() <= LONGEST);
            prop_assert!(!name.as_str().chars().any(is_unsafe) && !name.as_str().is_empty());
        }
    }
}
