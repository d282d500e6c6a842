//! The parameters of authentication headers: `name=token, name="quoted \"string\""` (RFC 9110
//! section 11.2), and how a header with several challenges is told apart (section 11.6.1).
//!
//! Bytes come from strangers: everything is bounded, and nothing here can panic.

/// Longest header value that is read at all; a real one has about 400 bytes.
const LONGEST: usize = 4096;
/// Most parameters of one header; a real one has about ten.
const MOST: usize = 64;

/// A header that is not what the grammar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed authentication header")]
pub struct Malformed;

/// A scheme and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// `Digest`, as it was spelt.
    pub name: String,
    pairs: Vec<(String, String)>,
}

impl Scheme {
    /// Returns a parameter's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Says whether this is the Digest scheme.
    #[must_use]
    pub fn is_digest(&self) -> bool {
        self.name.eq_ignore_ascii_case("Digest")
    }
}

/// Reads one header value: one scheme for `Authorization`, any number for `WWW-Authenticate`.
///
/// # Errors
/// [`Malformed`] if it is too long, not text, or against the grammar.
pub fn parse_schemes(value: &[u8]) -> Result<Vec<Scheme>, Malformed> {
    let text = std::str::from_utf8(value).map_err(|_| Malformed)?;
    if text.len() > LONGEST {
        return Err(Malformed);
    }
    let mut reader = Reader { rest: text };
    let mut schemes: Vec<Scheme> = Vec::new();
    let mut pairs = 0;
    while !reader.is_at_end() {
        let word = reader.token()?;
        if !reader.eat('=') {
            // A word that is no parameter's name is the next scheme.
            schemes.push(Scheme { name: word.to_owned(), pairs: Vec::new() });
            reader.skip_token68();
            continue;
        }
        let value = reader.value()?;
        let scheme = schemes.last_mut().ok_or(Malformed)?;
        // A parameter given twice could mean two things; nobody honest sends one.
        if scheme.get(word).is_some() || pairs == MOST {
            return Err(Malformed);
        }
        pairs += 1;
        scheme.pairs.push((word.to_owned(), value));
        reader.end_of_item()?;
    }
    Ok(schemes)
}

/// Reads parameters that follow no scheme, as in `Authentication-Info`.
///
/// # Errors
/// [`Malformed`], as for [`parse_schemes`].
pub fn parse_parameters(value: &[u8]) -> Result<Scheme, Malformed> {
    let mut with_scheme = b"Digest ".to_vec();
    with_scheme.extend(value.iter().take(LONGEST));
    parse_schemes(&with_scheme)?.into_iter().next().ok_or(Malformed)
}

/// Writes a quoted string.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Skips white space and empty items, and says whether anything is left.
    fn is_at_end(&mut self) -> bool {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
        self.rest.is_empty()
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn split(&mut self, at: usize) -> Result<&'a str, Malformed> {
        let (head, tail) = self.rest.split_at_checked(at).ok_or(Malformed)?;
        self.rest = tail;
        Ok(head)
    }

    fn token(&mut self) -> Result<&'a str, Malformed> {
        let is_end = |c: char| !is_token_character(c);
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        if end == 0 { Err(Malformed) } else { self.split(end) }
    }

    /// Takes `character` if it is next, with the space around it.
    fn eat(&mut self, character: char) -> bool {
        let Some(rest) = self.rest.trim_start_matches([' ', '\t']).strip_prefix(character) else {
            return false;
        };
        self.rest = rest;
        self.skip_space();
        true
    }

    /// Skips what schemes like Basic have instead of parameters.
    fn skip_token68(&mut self) {
        let rest = self.rest.trim_start_matches([' ', '\t']);
        let is_end = |c: char| !(c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        let (word, after) =
            rest.split_at_checked(rest.find(is_end).unwrap_or(rest.len())).unwrap_or((rest, ""));
        let after = after.trim_start_matches('=').trim_start_matches([' ', '\t']);
        if !word.is_empty() && (after.is_empty() || after.starts_with(',')) {
            self.rest = after;
        }
    }

    fn value(&mut self) -> Result<String, Malformed> {
        if !self.eat_quote() {
            return self.token().map(str::to_owned);
        }
        let mut value = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.split(at + 1)?;
                    return Ok(value);
                }
                '\\' => value.push(characters.next().ok_or(Malformed)?.1),
                other if other.is_control() && other != '\t' => return Err(Malformed),
                other => value.push(other),
            }
        }
        Err(Malformed)
    }

    fn eat_quote(&mut self) -> bool {
        let Some(rest) = self.rest.strip_prefix('"') else { return false };
        self.rest = rest;
        true
    }

    fn end_of_item(&mut self) -> Result<(), Malformed> {
        self.skip_space();
        if self.rest.is_empty() || self.rest.starts_with(',') { Ok(()) } else { Err(Malformed) }
    }
}

/// RFC 9110 section 5.6.2.
fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn several_challenges_in_one_header_are_told_apart() {
        let value = br#"Basic realm="a, b", Digest realm="x\"y" , nonce = abc,, Negotiate Zm9v=="#;
        let schemes = parse_schemes(value).unwrap();
        let names: Vec<_> = schemes.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["Basic", "Digest", "Negotiate"]);
        assert_eq!(schemes[0].get("realm"), Some("a, b"));
        assert_eq!(schemes[1].get("REALM"), Some("x\"y"));
        assert_eq!(schemes[1].get("nonce"), Some("abc"));
    }

    #[test]
    fn a_basic_credential_is_a_scheme_without_parameters() {
        let schemes = parse_schemes(b"Basic dXNlcjpwYXNz").unwrap();
        assert_eq!(schemes.len(), 1);
        assert!(!schemes[0].is_digest());
    }

    #[test]
    fn what_is_against_the_grammar_is_refused() {
        let twice = "Digest a=1, a=2";
        let open = "Digest a=\"never closed";
        let long = format!("Digest a=\"{}\"", "x".repeat(5000));
        for text in [twice, open, &long, "a=1", "Digest =1", "Digest a=1 b=2", "Digest a=\"\u{7}\""]
        {
            assert_eq!(parse_schemes(text.as_bytes()), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn quoting_is_undone_by_reading() {
        let text = format!("Digest a={}", quoted("one \"two\" \\ three"));
        assert_eq!(
            parse_schemes(text.as_bytes()).unwrap()[0].get("a"),
            Some("one \"two\" \\ three")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_calmly(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = parse_schemes(&bytes);
            let _ = parse_parameters(&bytes);
        }

        #[test]
        fn anything_like_a_header_is_taken_calmly(text in "(Digest|Basic)?( [a-z]{1,4}= ?\"?[ -~é]{0,9}\"?,?){0,9}") {
            let _ = parse_schemes(text.as_bytes());
        }
    }
}
