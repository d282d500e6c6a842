//! The limits of one answer: at most 6 lines and 600 characters, the result in the first.

/// Lines in one answer.
const MAX_LINES: usize = 6;
/// Characters in one answer.
const MAX_CHARS: usize = 600;
/// Characters in the first line, so that there is room for others.
const MAX_HEAD: usize = 280;
/// Characters in any other line.
const MAX_LINE: usize = 110;
/// What is said when there is another page.
const MORE: &str = " - MORE for the rest";

/// An answer before it is cut into pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The result.
    pub(crate) head: String,
    /// The rest, a line each.
    pub(crate) lines: Vec<String>,
    /// A last line, on the first page only.
    pub(crate) tail: Option<String>,
}

impl Reply {
    /// Says one thing.
    pub(crate) fn line(head: impl Into<String>) -> Self {
        Self { head: head.into(), ..Self::default() }
    }

    /// Says one thing with a list below it.
    pub(crate) fn list(head: impl Into<String>, lines: Vec<String>) -> Self {
        Self { head: head.into(), lines, tail: None }
    }

    /// Adds a last line.
    pub(crate) fn with_tail(mut self, tail: impl Into<String>) -> Self {
        self.tail = Some(tail.into());
        self
    }
}

/// Cuts the first page; returns it and the lines that are left.
pub(crate) fn compose(reply: Reply) -> (String, Vec<String>) {
    let mut page = vec![shorten(&reply.head, MAX_HEAD)];
    let tail = reply.tail.map(|tail| shorten(&tail, MAX_LINE));
    let lines: Vec<String> = reply.lines.iter().map(|line| shorten(line, MAX_LINE)).collect();
    let reserved = tail.as_ref().map_or(0, |tail| tail.chars().count() + 1);
    let full: usize = lines.iter().map(|line| line.chars().count() + 1).sum();
    let head = page.first().map_or(0, |head| head.chars().count());
    let fits = lines.len() + 1 + usize::from(tail.is_some()) <= MAX_LINES
        && head + full + reserved <= MAX_CHARS;
    let mut left = lines.into_iter();
    if fits {
        page.extend(left.by_ref());
        page.extend(tail);
        return (page.join("\n"), Vec::new());
    }
    let mut used = head + MORE.len();
    while page.len() < MAX_LINES {
        let Some(line) = left.as_slice().first() else { break };
        used += line.chars().count() + 1;
        if used > MAX_CHARS {
            break;
        }
        page.extend(left.next());
    }
    let rest: Vec<String> = left.collect();
    if rest.is_empty() {
        let room =
            |tail: &String| page.len() < MAX_LINES && used + tail.chars().count() < MAX_CHARS;
        let tail = tail.filter(room);
        page.extend(tail);
    } else {
        page.last_mut().into_iter().for_each(|line| line.push_str(MORE));
    }
    (page.join("\n"), rest)
}

/// Puts a text on one line of at most `most` characters, without control and bidirectional
/// characters.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    let clean = |c: char| {
        let hidden = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || hidden || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c }
    };
    let text: String = text.chars().map(clean).collect();
    if text.chars().count() <= most {
        return text;
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_paged_and_nothing_is_lost() {
        let lines: Vec<String> = (1..=20).map(|n| format!("{n} something")).collect();
        let (page, left) = compose(Reply::list("Twenty things:", lines));
        assert_eq!(page.lines().count(), 6);
        assert!(page.ends_with(MORE), "{page}");
        assert_eq!(left.len(), 15);
    }

    #[test]
    fn long_titles_stay_within_the_limits() {
        let lines = vec!["x".repeat(5000); 9];
        let (page, _) = compose(Reply::list("y".repeat(5000), lines).with_tail("z".repeat(500)));
        assert!(page.chars().count() <= MAX_CHARS && page.lines().count() <= MAX_LINES);
    }
}
