//! Where tags begin and end: just enough of XML to cut a stream between its elements.
//!
//! Of well-formed text every cut is right. Of other text nothing is promised, nor needed: the parser
//! that reads it afterwards refuses it.

/// Follows text byte by byte.
#[derive(Debug, Default)]
pub(super) struct Tags {
    state: State,
}

/// What a byte completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A start tag.
    Start,
    /// An empty-element tag.
    Empty,
    /// An end tag.
    End,
    /// A declaration, a processing instruction, a comment: whatever counts for nothing.
    Aside,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// After `<`.
    Opened,
    /// In a start tag: the quote that is open, and whether a slash was last.
    Start {
        quote: Option<u8>,
        slash: bool,
    },
    End,
    /// In `<?…?>`: whether a question mark was last.
    Instruction {
        question: bool,
    },
    /// After `<!`: how much of `[CDATA[` has come.
    Declaration {
        matched: usize,
    },
    /// In a CDATA section: the closing brackets that came last.
    Section {
        brackets: u8,
    },
}

const SECTION: &[u8] = b"[CDATA[";

impl Tags {
    /// Takes the next byte; returns what it completes.
    pub(super) fn take(&mut self, byte: u8) -> Option<Mark> {
        let (state, mark) = match (&self.state, byte) {
            (State::Text, b'<') => (State::Opened, None),
            (State::Opened, b'/') => (State::End, None),
            (State::Opened, b'?') => (State::Instruction { question: false }, None),
            (State::Opened, b'!') => (State::Declaration { matched: 0 }, None),
            (State::Opened, _) => (State::Start { quote: None, slash: false }, None),
            (State::Start { quote, slash }, byte) => start(*quote, *slash, byte),
            (State::End, b'>') => (State::Text, Some(Mark::End)),
            (State::Text | State::End, _) => return None,
            (State::Instruction { question: true }, b'>') => (State::Text, Some(Mark::Aside)),
            (State::Instruction { .. }, byte) => {
                (State::Instruction { question: byte == b'?' }, None)
            }
            (State::Declaration { matched }, byte) => declaration(*matched, byte),
            (State::Section { brackets: 2.. }, b'>') => (State::Text, None),
            (State::Section { brackets }, b']') => {
                (State::Section { brackets: brackets.saturating_add(1) }, None)
            }
            (State::Section { .. }, _) => (State::Section { brackets: 0 }, None),
        };
        self.state = state;
        mark
    }

    /// Whether no tag is open.
    pub(super) const fn in_text(&self) -> bool {
        matches!(self.state, State::Text)
    }
}

const fn start(quote: Option<u8>, slash: bool, byte: u8) -> (State, Option<Mark>) {
    match (quote, byte) {
        (Some(quote), byte) if quote == byte => (State::Start { quote: None, slash: false }, None),
        (Some(quote), _) => (State::Start { quote: Some(quote), slash: false }, None),
        (None, b'"' | b'\'') => (State::Start { quote: Some(byte), slash: false }, None),
        (None, b'>') if slash => (State::Text, Some(Mark::Empty)),
        (None, b'>') => (State::Text, Some(Mark::Start)),
        (None, byte) => (State::Start { quote: None, slash: byte == b'/' }, None),
    }
}

fn declaration(matched: usize, byte: u8) -> (State, Option<Mark>) {
    if SECTION.get(matched) == Some(&byte) {
        let matched = matched + 1;
        return if matched == SECTION.len() {
            (State::Section { brackets: 0 }, None)
        } else {
            (State::Declaration { matched }, None)
        };
    }
    match byte {
        b'>' => (State::Text, Some(Mark::Aside)),
        // No section any more, whatever comes.
        _ => (State::Declaration { matched: SECTION.len() }, None),
    }
}

/// Iterates over the attributes of a start tag: name and value, as they stand.
pub(super) fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let (_, rest) = name(tag);
    let mut rest = rest;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, after) = after.get(1..)?.split_once(quote)?;
        rest = after;
        Some((name.trim(), value))
    })
}

/// Returns the name of a start tag, and what comes after it.
pub(super) fn name(tag: &str) -> (&str, &str) {
    let inner = tag.strip_prefix('<').unwrap_or(tag);
    let end = inner.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    inner.split_at(end.unwrap_or(inner.len()))
}
