//! Ranges of bytes (RFC 9110 section 14): one at a time. Whoever wants several gets the whole.

/// What of a file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// All of it.
    Whole,
    /// From the first to the last byte, both counted from zero and within the file.
    Part {
        /// The first byte.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// Bytes that there are not.
    Nowhere,
}

/// Reads the header of a request for a file of `size` bytes. What cannot be read counts for nothing.
pub(crate) fn parse(text: &str, size: u64) -> Range {
    let Some((first, last)) = text.trim().strip_prefix("bytes=").and_then(|r| r.split_once('-'))
    else {
        return Range::Whole;
    };
    let end = size.checked_sub(1);
    match (number(first), number(last), end) {
        (Some(None), Some(Some(0)), _) | (Some(None), Some(Some(_)), None) => Range::Nowhere,
        (Some(None), Some(Some(length)), Some(end)) => {
            Range::Part { first: size.saturating_sub(length), last: end }
        }
        (Some(Some(first)), Some(last), end) => {
            if last.is_some_and(|last| last < first) {
                return Range::Whole;
            }
            match end.filter(|end| first <= *end) {
                Some(end) => Range::Part { first, last: last.map_or(end, |last| last.min(end)) },
                None => Range::Nowhere,
            }
        }
        (Some(None), Some(None), _) | (None, _, _) | (_, None, _) => Range::Whole,
    }
}

/// Reads a number that may be left out; `None` if it is none.
fn number(text: &str) -> Option<Option<u64>> {
    if text.is_empty() {
        return Some(None);
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn part(first: u64, last: u64) -> Range {
        Range::Part { first, last }
    }

    #[test]
    fn one_range_is_read_and_held_within_the_file() {
        assert_eq!(parse("bytes=0-3", 10), part(0, 3));
        assert_eq!(parse("bytes=4-", 10), part(4, 9));
        assert_eq!(parse("bytes=-3", 10), part(7, 9));
        assert_eq!(parse("bytes=-30", 10), part(0, 9));
        assert_eq!(parse("bytes=8-99", 10), part(8, 9));
    }

    #[test]
    fn bytes_that_are_not_there_are_nowhere() {
        for text in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
            assert_eq!(parse(text, 10), Range::Nowhere, "{text}");
        }
        assert_eq!(parse("bytes=-1", 0), Range::Nowhere);
    }

    #[test]
    fn what_cannot_be_read_is_the_whole() {
        for text in
            ["", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5", "bytes=5-2", "bytes=+1-2"]
        {
            assert_eq!(parse(text, 10), Range::Whole, "{text}");
        }
    }
}
