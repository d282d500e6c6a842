//! File names: what is kept of them, and how they stand in a URL and in a header.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The most bytes of a name: what file systems take, too.
const BYTES: usize = 255;

/// RFC 3986 section 2.3: what needs no escape anywhere.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns a name that stands for one file and nothing else, its ending intact.
#[must_use]
pub fn clean(name: &str) -> String {
    let plain = |c: char| if c.is_control() || "/\\".contains(c) { '_' } else { c };
    let name: String = name.trim().chars().map(plain).collect();
    if name.is_empty() || name.chars().all(|c| c == '.') {
        return "file".to_owned();
    }
    // The end of a long name says what it is.
    let cut = name.len().saturating_sub(BYTES);
    let cut = (cut..name.len()).find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    name.get(cut..).unwrap_or(&name).to_owned()
}

/// Returns a name as it stands in the path of a URL, or in a header (RFC 8187).
#[must_use]
pub fn encode(name: &str) -> String {
    utf8_percent_encode(name, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_ending_and_leads_nowhere() {
        assert_eq!(clean("../../etc/passwd"), ".._.._etc_passwd");
        assert_eq!(clean(".."), "file");
        assert_eq!(clean(" \n"), "file");
        let long = format!("{}.jpg", "ü".repeat(200));
        assert!(clean(&long).len() <= BYTES && clean(&long).ends_with("ü.jpg"));
    }

    #[test]
    fn a_name_in_a_url_is_all_ascii() {
        assert_eq!(encode("très cool.jpg"), "tr%C3%A8s%20cool.jpg");
        assert_eq!(encode("a?b#c%'\"<"), "a%3Fb%23c%25%27%22%3C");
    }
}
