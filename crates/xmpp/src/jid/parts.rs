//! The three shapes of an address.

use std::fmt;
use std::str::FromStr;

use super::domain::{Domain, MAX_PART};
use super::error::{JidError, Part};

/// An address without resourcepart: an account, or a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BareJid {
    localpart: Option<String>,
    domain: Domain,
}

/// An address with a resourcepart: one session of an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FullJid {
    bare: BareJid,
    resourcepart: String,
}

/// Any address, as `from` and `to` may hold it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Jid {
    bare: BareJid,
    resourcepart: Option<String>,
}

impl BareJid {
    /// Makes the address of an account.
    ///
    /// # Errors
    /// The rule that the localpart breaks.
    pub fn new(localpart: &str, domain: Domain) -> Result<Self, JidError> {
        Ok(Self { localpart: Some(prepare_localpart(localpart)?), domain })
    }

    /// Makes the address of a host.
    #[must_use]
    pub const fn host(domain: Domain) -> Self {
        Self { localpart: None, domain }
    }

    /// Returns the part before the `@`.
    #[must_use]
    pub fn localpart(&self) -> Option<&str> {
        self.localpart.as_deref()
    }

    /// Returns the domainpart.
    #[must_use]
    pub const fn domainpart(&self) -> &Domain {
        &self.domain
    }

    /// Returns the same address at another domain: what an alias is to a canonical address.
    #[must_use]
    pub fn at(&self, domain: Domain) -> Self {
        Self { localpart: self.localpart.clone(), domain }
    }

    /// Adds a resourcepart.
    ///
    /// # Errors
    /// The rule that the resourcepart breaks.
    pub fn with_resource(&self, resourcepart: &str) -> Result<FullJid, JidError> {
        let resourcepart = prepare_resourcepart(resourcepart)?;
        Ok(FullJid { bare: self.clone(), resourcepart })
    }
}

impl FullJid {
    /// Returns the address without its resourcepart.
    #[must_use]
    pub const fn bare(&self) -> &BareJid {
        &self.bare
    }

    /// Returns the part before the `@`.
    #[must_use]
    pub fn localpart(&self) -> Option<&str> {
        self.bare.localpart()
    }

    /// Returns the domainpart.
    #[must_use]
    pub const fn domainpart(&self) -> &Domain {
        self.bare.domainpart()
    }

    /// Returns the resourcepart.
    #[must_use]
    pub fn resourcepart(&self) -> &str {
        &self.resourcepart
    }

    /// Returns the same address at another domain.
    #[must_use]
    pub fn at(&self, domain: Domain) -> Self {
        Self { bare: self.bare.at(domain), resourcepart: self.resourcepart.clone() }
    }
}

impl Jid {
    /// Returns the address without its resourcepart.
    #[must_use]
    pub const fn bare(&self) -> &BareJid {
        &self.bare
    }

    /// Returns the address without its resourcepart.
    #[must_use]
    pub fn into_bare(self) -> BareJid {
        self.bare
    }

    /// Returns the part before the `@`.
    #[must_use]
    pub fn localpart(&self) -> Option<&str> {
        self.bare.localpart()
    }

    /// Returns the domainpart.
    #[must_use]
    pub const fn domainpart(&self) -> &Domain {
        self.bare.domainpart()
    }

    /// Returns the part after the first `/`.
    #[must_use]
    pub fn resourcepart(&self) -> Option<&str> {
        self.resourcepart.as_deref()
    }

    /// Says whether there is no resourcepart.
    #[must_use]
    pub const fn is_bare(&self) -> bool {
        self.resourcepart.is_none()
    }

    /// Returns the address as a full one, if it has a resourcepart.
    #[must_use]
    pub fn to_full(&self) -> Option<FullJid> {
        let resourcepart = self.resourcepart.clone()?;
        Some(FullJid { bare: self.bare.clone(), resourcepart })
    }

    /// Returns the same address at another domain.
    #[must_use]
    pub fn at(&self, domain: Domain) -> Self {
        Self { bare: self.bare.at(domain), resourcepart: self.resourcepart.clone() }
    }

    /// Returns the account's address with this resourcepart.
    ///
    /// # Errors
    /// The rule that the resourcepart breaks.
    pub fn with_resource(&self, resourcepart: &str) -> Result<FullJid, JidError> {
        self.bare.with_resource(resourcepart)
    }
}

impl FromStr for Jid {
    type Err = JidError;

    /// Splits as RFC 7622 section 3.1 says: at the first `/`, then at the first `@` before it.
    fn from_str(text: &str) -> Result<Self, JidError> {
        let (bare, resourcepart) = match text.split_once('/') {
            Some((bare, resourcepart)) => (bare, Some(prepare_resourcepart(resourcepart)?)),
            None => (text, None),
        };
        let bare = match bare.split_once('@') {
            Some((localpart, domain)) => BareJid::new(localpart, domain.parse()?)?,
            None => BareJid::host(bare.parse()?),
        };
        Ok(Self { bare, resourcepart })
    }
}

impl FromStr for BareJid {
    type Err = JidError;

    fn from_str(text: &str) -> Result<Self, JidError> {
        let jid: Jid = text.parse()?;
        if jid.is_bare() { Ok(jid.bare) } else { Err(JidError::UnexpectedResource) }
    }
}

impl FromStr for FullJid {
    type Err = JidError;

    fn from_str(text: &str) -> Result<Self, JidError> {
        text.parse::<Jid>()?.to_full().ok_or(JidError::MissingResource)
    }
}

/// RFC 7622 section 3.3, by Nodeprep.
fn prepare_localpart(text: &str) -> Result<String, JidError> {
    let part = Part::Localpart;
    check_length(text, part)?;
    let prepared = stringprep::nodeprep(text).map_err(|_| JidError::Character(part))?;
    // Characters younger than Nodeprep can become letters that it would have folded had it known them:
    // read again, such an address would be another one (RFC 3454 section 7).
    let is_stable = || stringprep::nodeprep(&prepared).is_ok_and(|again| again == prepared);
    if !text.is_ascii() && !is_stable() {
        return Err(JidError::Character(part));
    }
    check_length(&prepared, part)?;
    Ok(prepared.into_owned())
}

/// RFC 7622 section 3.4. A resourcepart is opaque to everybody but its owner, so that Resourceprep is
/// applied where it knows all characters, and others, such as emoji, pass as they are.
fn prepare_resourcepart(text: &str) -> Result<String, JidError> {
    let part = Part::Resourcepart;
    check_length(text, part)?;
    if text.chars().any(is_unwritable) {
        return Err(JidError::Character(part));
    }
    let prepared = stringprep::resourceprep(text).map_or_else(|_| text.to_owned(), String::from);
    check_length(&prepared, part)?;
    Ok(prepared)
}

/// Control characters, and those that no XML document can carry.
fn is_unwritable(character: char) -> bool {
    character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}')
}

const fn check_length(text: &str, part: Part) -> Result<(), JidError> {
    match text.len() {
        0 => Err(JidError::Empty(part)),
        1..=MAX_PART => Ok(()),
        _ => Err(JidError::TooLong(part)),
    }
}

impl fmt::Display for BareJid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.localpart {
            Some(localpart) => write!(f, "{localpart}@{}", self.domain),
            None => self.domain.fmt(f),
        }
    }
}

impl fmt::Display for FullJid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bare, self.resourcepart)
    }
}

impl fmt::Display for Jid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resourcepart {
            Some(resourcepart) => write!(f, "{}/{resourcepart}", self.bare),
            None => self.bare.fmt(f),
        }
    }
}

impl From<BareJid> for Jid {
    fn from(bare: BareJid) -> Self {
        Self { bare, resourcepart: None }
    }
}

impl From<FullJid> for Jid {
    fn from(full: FullJid) -> Self {
        Self { bare: full.bare, resourcepart: Some(full.resourcepart) }
    }
}

impl From<Domain> for Jid {
    fn from(domain: Domain) -> Self {
        BareJid::host(domain).into()
    }
}
