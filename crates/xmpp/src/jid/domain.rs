//! The domainpart, and names made from what people call their receiver.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::error::{JidError, Part};

/// The longest a part may be, in bytes (RFC 7622 section 3.1).
pub(super) const MAX_PART: usize = 1023;

/// A domainpart. Compared without regard to ASCII case.
#[derive(Debug, Clone)]
pub struct Domain {
    text: String,
    kind: DomainKind,
}

/// What a domainpart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainKind {
    /// A DNS name, lower-cased, with U-labels where it is internationalised.
    Name,
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address, written in brackets.
    Ipv6(Ipv6Addr),
    /// A friendly name with XEP-0106 escapes, as in `Test\20Set-top\20Box`. It is no DNS name: the page
    /// of 2010 uses it as the address of a receiver on the local network. Its spelling is kept.
    Escaped,
}

impl Domain {
    /// Returns what kind of domainpart it is.
    #[must_use]
    pub const fn kind(&self) -> DomainKind {
        self.kind
    }

    /// Returns the normalised text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the name with A-labels, as DNS and certificates have it. `None` if it is no DNS name.
    #[must_use]
    pub fn to_dns_name(&self) -> Option<String> {
        match self.kind {
            DomainKind::Name => idna::domain_to_ascii(&self.text).ok(),
            DomainKind::Ipv4(_) | DomainKind::Ipv6(_) | DomainKind::Escaped => None,
        }
    }
}

impl FromStr for Domain {
    type Err = JidError;

    fn from_str(text: &str) -> Result<Self, JidError> {
        // RFC 7622 section 3.2: a final dot is stripped before anything else.
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(JidError::Empty(Part::Domainpart));
        }
        if text.len() > MAX_PART {
            return Err(JidError::TooLong(Part::Domainpart));
        }
        // First, because a friendly name may begin with a bracket or look like an address.
        if text.contains('\\') {
            check_escaped(text)?;
            return Ok(Self { text: text.to_owned(), kind: DomainKind::Escaped });
        }
        if let Some(inside) = text.strip_prefix('[') {
            let inside = inside.strip_suffix(']').ok_or(JidError::Ipv6)?;
            let address = inside.parse().map_err(|_| JidError::Ipv6)?;
            return Ok(Self { text: format!("[{address}]"), kind: DomainKind::Ipv6(address) });
        }
        if let Ok(address) = text.parse() {
            return Ok(Self { text: text.to_owned(), kind: DomainKind::Ipv4(address) });
        }
        Ok(Self { text: dns_name(text)?, kind: DomainKind::Name })
    }
}

/// Checks labels and brings a DNS name to the form of RFC 7622 section 3.2.1.
fn dns_name(text: &str) -> Result<String, JidError> {
    let lower = text.to_ascii_lowercase();
    let name = if lower.is_ascii() && !lower.split('.').any(|label| label.starts_with("xn--")) {
        lower
    } else {
        let (name, result) = idna::domain_to_unicode(&lower);
        result.map_err(|_| JidError::Idna)?;
        name
    };
    // COMPAT: `ho--st` and `host_name` are refused by IDNA, and in use all the same.
    let on_the_wire = if name.is_ascii() {
        Cow::Borrowed(name.as_str())
    } else {
        Cow::Owned(idna::domain_to_ascii(&name).map_err(|_| JidError::Idna)?)
    };
    on_the_wire.split('.').try_for_each(check_label)?;
    if on_the_wire.len() > 253 {
        return Err(JidError::LabelLength);
    }
    Ok(name)
}

fn check_label(label: &str) -> Result<(), JidError> {
    if label.is_empty() || label.len() > 63 {
        return Err(JidError::LabelLength);
    }
    if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(JidError::Character(Part::Domainpart));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(JidError::LabelHyphen);
    }
    Ok(())
}

/// The characters XEP-0106 escapes, with their codes (section 3, table 1).
const ESCAPES: [(char, &str); 10] = [
    (' ', "20"),
    ('"', "22"),
    ('&', "26"),
    ('\'', "27"),
    ('/', "2f"),
    (':', "3a"),
    ('<', "3c"),
    ('>', "3e"),
    ('@', "40"),
    ('\\', "5c"),
];

fn check_escaped(text: &str) -> Result<(), JidError> {
    let mut pieces = text.split('\\');
    let first = pieces.next().unwrap_or_default();
    let plain = |text: &str| !text.chars().any(is_to_be_escaped);
    if !plain(first) {
        return Err(JidError::Character(Part::Domainpart));
    }
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).ok_or(JidError::Escape)?;
        if !ESCAPES.iter().any(|(_, known)| known.eq_ignore_ascii_case(code)) {
            return Err(JidError::Escape);
        }
        if !plain(rest) {
            return Err(JidError::Character(Part::Domainpart));
        }
    }
    Ok(())
}

fn is_to_be_escaped(character: char) -> bool {
    character.is_control()
        || character.is_whitespace()
        || ESCAPES.iter().any(|&(escaped, _)| escaped == character)
}

/// Makes the domainpart of 2010 from a friendly name: `Test Set-top Box` to `Test\20Set-top\20Box`.
/// Control characters are dropped and other white space becomes a space.
///
/// A name with nothing to escape comes back as it is, and parses as a DNS name if it is one.
#[must_use]
pub fn escape_domain(friendly_name: &str) -> String {
    let mut domain = String::with_capacity(friendly_name.len());
    for character in friendly_name.chars() {
        let character = if character.is_whitespace() { ' ' } else { character };
        match ESCAPES.iter().find(|&&(escaped, _)| escaped == character) {
            Some((_, code)) => {
                domain.push('\\');
                domain.push_str(code);
            }
            None if character.is_control() => {}
            None => domain.push(character),
        }
    }
    domain
}

/// Makes a host label from a friendly name: `Test Set-top Box` to `test-set-top-box`. Letters, digits
/// and single hyphens, at most 63; what is left of a name without any is `televisor`.
#[must_use]
pub fn ldh_host(friendly_name: &str) -> String {
    let mut host = String::new();
    for character in friendly_name.chars().flat_map(fold) {
        if character.is_ascii_alphanumeric() {
            host.push(character.to_ascii_lowercase());
        } else if !host.is_empty() && !host.ends_with('-') {
            host.push('-');
        }
        if host.len() == 63 {
            break;
        }
    }
    host.truncate(host.trim_end_matches('-').len());
    if host.is_empty() { "televisor".to_owned() } else { host }
}

/// Takes the accent from a letter of Latin-1, and nothing from the apostrophe's neighbours.
fn fold(character: char) -> impl Iterator<Item = char> {
    let text = match character {
        '\'' | '\u{2019}' => "",
        'à'..='å' | 'À'..='Å' => "a",
        'æ' | 'Æ' => "ae",
        'ç' | 'Ç' => "c",
        'è'..='ë' | 'È'..='Ë' => "e",
        'ì'..='ï' | 'Ì'..='Ï' => "i",
        'ñ' | 'Ñ' => "n",
        'ò'..='ö' | 'ø' | 'Ò'..='Ö' | 'Ø' => "o",
        'ù'..='ü' | 'Ù'..='Ü' => "u",
        'ý' | 'ÿ' | 'Ý' => "y",
        'ß' => "ss",
        _ => return Folded::As(Some(character)),
    };
    Folded::To(text.chars())
}

enum Folded {
    As(Option<char>),
    To(std::str::Chars<'static>),
}

impl Iterator for Folded {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Self::As(character) => character.take(),
            Self::To(characters) => characters.next(),
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Domain {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for Domain {}

impl Hash for Domain {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.bytes().for_each(|byte| state.write_u8(byte.to_ascii_lowercase()));
        state.write_u8(0xff);
    }
}

impl PartialOrd for Domain {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Domain {
    fn cmp(&self, other: &Self) -> Ordering {
        let folded = self.text.bytes().map(|byte| byte.to_ascii_lowercase());
        folded.cmp(other.text.bytes().map(|byte| byte.to_ascii_lowercase()))
    }
}
