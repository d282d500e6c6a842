//! File names out of titles that strangers wrote: `Title - 2026-11-25 22.30 - Channel`.
//!
//! Nothing in a title can leave the folder, hide the file, or be refused by another system that
//! the folder is shared with.

use jiff::Zoned;

/// Bytes of the title that are kept; with date, channel and extension well below 255.
const LONGEST_TITLE: usize = 120;

/// Bytes of the channel's name that are kept.
const LONGEST_CHANNEL: usize = 60;

/// Returns the name of a recording without its extension.
pub(crate) fn stem(title: &str, start: &Zoned, channel: &str) -> String {
    let title = clean(title, LONGEST_TITLE).unwrap_or_else(|| "Untitled".to_owned());
    let channel = clean(channel, LONGEST_CHANNEL).unwrap_or_else(|| "Unknown channel".to_owned());
    format!("{title} - {} - {channel}", start.strftime("%Y-%m-%d %H.%M"))
}

/// Returns `text` as one harmless part of a file name; `None` if nothing is left.
fn clean(text: &str, longest: usize) -> Option<String> {
    let harmless: String = text
        .chars()
        .map(|c| match c {
            '/' | '\\' | '|' => '-',
            ':' => '.',
            '"' => '\'',
            '<' => '(',
            '>' => ')',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .filter(|c| !c.is_control() && !matches!(c, '*' | '?') && !is_invisible(*c))
        .collect();
    let words: Vec<&str> = harmless.split_whitespace().collect();
    let words = words.join(" ");
    let mut kept = String::new();
    // Dots would hide the file, and dashes look like options.
    for c in words.trim_start_matches(['.', '-', ' ', '~']).chars() {
        if kept.len() + c.len_utf8() > longest {
            break;
        }
        kept.push(c);
    }
    // Windows drops dots and spaces at the end of a name.
    let kept = kept.trim_end_matches(['.', ' ']);
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// Characters that turn text around, or hide in it.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at() -> Zoned {
        "2026-11-25T22:30[Europe/London]".parse().unwrap()
    }

    #[test]
    fn a_plain_title_stays_readable() {
        assert_eq!(stem("Newsnight", &at(), "BBC Two"), "Newsnight - 2026-11-25 22.30 - BBC Two");
        assert_eq!(
            stem("Who? What: a \"true\" story / part 1", &at(), "Café"),
            "Who What. a 'true' story - part 1 - 2026-11-25 22.30 - Café"
        );
    }

    #[test]
    fn a_title_cannot_leave_the_folder_or_hide_the_file() {
        let name = stem("../../etc/passwd", &at(), "..");
        assert_eq!(name, "etc-passwd - 2026-11-25 22.30 - Unknown channel");
        assert!(!name.contains('/') && !name.starts_with('.'));
        assert!(stem("\u{202E}\0...", &at(), "x").starts_with("Untitled - "));
    }

    proptest! {
        #[test]
        fn any_title_makes_one_legal_name(title in "\\PC{0,300}", channel in ".{0,300}") {
            let name = stem(&title, &at(), &channel);
            prop_assert!(name.len() < 230);
            prop_assert!(!name.contains(['/', '\\', '\0', '\n']));
            prop_assert!(!name.starts_with(['.', '-']));
        }
    }
}
