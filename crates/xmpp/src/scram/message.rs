//! The grammar of SCRAM messages (RFC 5802 section 7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::ScramError;

/// What the client says about channel binding (RFC 5802 section 7, `gs2-cbind-flag`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag<'a> {
    /// `n`: the client has no channel binding.
    None,
    /// `y`: the client has it, and believes that the server does not.
    Unoffered,
    /// `p=`: the client uses this one.
    Bound(&'a str),
}

/// The client's first message.
#[derive(Debug)]
pub(super) struct ClientFirst<'a> {
    pub(super) flag: Flag<'a>,
    pub(super) authzid: Option<String>,
    /// With both its commas.
    pub(super) gs2_header: &'a str,
    pub(super) bare: &'a str,
    pub(super) username: String,
    pub(super) nonce: &'a str,
}

impl<'a> ClientFirst<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, ScramError> {
        let message = std::str::from_utf8(message).map_err(|_| ScramError::Malformed)?;
        let (flag, rest) = message.split_once(',').ok_or(ScramError::Malformed)?;
        let (authzid, bare) = rest.split_once(',').ok_or(ScramError::Malformed)?;
        let gs2_header = message.strip_suffix(bare).ok_or(ScramError::Malformed)?;
        let flag = match flag {
            "n" => Flag::None,
            "y" => Flag::Unoffered,
            flag => Flag::Bound(flag.strip_prefix("p=").ok_or(ScramError::Malformed)?),
        };
        let authzid = match authzid {
            "" => None,
            authzid => Some(unescape(authzid.strip_prefix("a=").ok_or(ScramError::Malformed)?)?),
        };
        let mut attributes = Attributes::of(bare)?;
        let username = unescape(attributes.next('n')?)?;
        let nonce = nonce(attributes.next('r')?)?;
        Ok(Self { flag, authzid, gs2_header, bare, username, nonce })
    }
}

/// The server's first message.
#[derive(Debug)]
pub(super) struct ServerFirst<'a> {
    pub(super) nonce: &'a str,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    /// XEP-0474: the hash of what the server offered.
    pub(super) offer: Option<&'a str>,
}

impl<'a> ServerFirst<'a> {
    pub(super) fn parse(message: &'a str) -> Result<Self, ScramError> {
        let mut attributes = Attributes::of(message)?;
        let nonce = nonce(attributes.next('r')?)?;
        let salt = decode(attributes.next('s')?)?;
        let iterations = attributes.next('i')?.parse().map_err(|_| ScramError::Malformed)?;
        let offer = attributes.0.find_map(|attribute| attribute.strip_prefix("h="));
        Ok(Self { nonce, salt, iterations, offer })
    }
}

/// The client's final message.
#[derive(Debug)]
pub(super) struct ClientFinal<'a> {
    pub(super) binding: Vec<u8>,
    pub(super) nonce: &'a str,
    pub(super) proof: Vec<u8>,
    pub(super) without_proof: &'a str,
}

impl<'a> ClientFinal<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, ScramError> {
        let message = std::str::from_utf8(message).map_err(|_| ScramError::Malformed)?;
        // The proof comes last, after any extensions.
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(ScramError::Malformed)?;
        let mut attributes = Attributes::of(without_proof)?;
        let binding = decode(attributes.next('c')?)?;
        let nonce = nonce(attributes.next('r')?)?;
        Ok(Self { binding, nonce, proof: decode(proof)?, without_proof })
    }
}

/// `name=value` pairs in the order the grammar demands.
struct Attributes<'a>(std::str::Split<'a, char>);

impl<'a> Attributes<'a> {
    fn of(message: &'a str) -> Result<Self, ScramError> {
        // RFC 5802 section 5.1: an unknown mandatory extension MUST cause failure, and all are.
        if message.starts_with("m=") {
            Err(ScramError::Extension)
        } else {
            Ok(Self(message.split(',')))
        }
    }

    fn next(&mut self, name: char) -> Result<&'a str, ScramError> {
        let attribute = self.0.next().ok_or(ScramError::Malformed)?;
        let value = attribute.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        value.filter(|value| !value.is_empty()).ok_or(ScramError::Malformed)
    }
}

/// A nonce is printable ASCII; commas are gone already.
fn nonce(text: &str) -> Result<&str, ScramError> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text)
    } else {
        Err(ScramError::Malformed)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, ScramError> {
    STANDARD.decode(text).map_err(|_| ScramError::Malformed)
}

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Writes a name so that it has no comma or equals sign (RFC 5802 section 5.1).
pub(super) fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// RFC 5802 section 5.1: an `=` that is not followed by `2C` or `3D` MUST fail the authentication.
fn unescape(name: &str) -> Result<String, ScramError> {
    let mut pieces = name.split('=');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (character, rest) = match piece.split_at_checked(2) {
            Some(("2C" | "2c", rest)) => (',', rest),
            Some(("3D" | "3d", rest)) => ('=', rest),
            Some(_) | None => return Err(ScramError::Malformed),
        };
        plain.push(character);
        plain.push_str(rest);
    }
    Ok(plain)
}
