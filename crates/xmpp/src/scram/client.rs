//! The client's side of SCRAM.

use std::fmt;
use std::ops::RangeInclusive;

use stringprep::saslprep;
use subtle::ConstantTimeEq as _;

use super::error::ScramError;
use super::keys::keys_of;
use super::mechanism::{ChannelBinding, Mechanism};
use super::message::{ServerFirst, encode, escape};
use super::offer::Offer;

/// The rounds a server may ask for: RFC 7677 section 4 sets the least, and an evil server must not
/// keep a phone busy for minutes.
const ITERATIONS: RangeInclusive<u32> = 4096..=2_000_000;

/// What the client knows of channel binding on this connection.
#[derive(Debug, Clone, Copy)]
pub enum Binding<'a> {
    /// There is none to be had: no TLS, or TLS 1.2.
    Unsupported,
    /// There is, but the server offers no mechanism that uses it.
    NotOffered,
    /// The mechanism uses it.
    Bound(&'a ChannelBinding),
}

/// An exchange whose first message has been made.
pub struct Started {
    mechanism: Mechanism,
    password: String,
    nonce: String,
    first_bare: String,
    binding: Vec<u8>,
    offer: Option<String>,
}

/// An exchange in which the client has proved itself, and the server has not.
pub struct Responded {
    server_signature: Vec<u8>,
}

/// Makes the client's first message. `nonce` is random printable ASCII without comma, at least 16
/// characters.
///
/// # Errors
/// [`ScramError::Prohibited`] if SASLprep refuses the name or password, and
/// [`ScramError::UnexpectedBinding`] if `binding` does not fit the mechanism.
pub fn start(
    mechanism: Mechanism,
    username: &str,
    password: &str,
    binding: Binding<'_>,
    nonce: &str,
) -> Result<(String, Started), ScramError> {
    let (header, data): (_, &[u8]) = match (mechanism.plus, binding) {
        (true, Binding::Bound(binding)) => (format!("p={},,", binding.kind()), binding.data()),
        (false, Binding::Unsupported) => ("n,,".to_owned(), &[]),
        (false, Binding::NotOffered) => ("y,,".to_owned(), &[]),
        (true, Binding::Unsupported | Binding::NotOffered) | (false, Binding::Bound(_)) => {
            return Err(ScramError::UnexpectedBinding);
        }
    };
    let username = saslprep(username).map_err(|_| ScramError::Prohibited)?;
    let password = saslprep(password).map_err(|_| ScramError::Prohibited)?.into_owned();
    let first_bare = format!("n={},r={nonce}", escape(&username));
    let message = format!("{header}{first_bare}");
    let binding = [header.as_bytes(), data].concat();
    let nonce = nonce.to_owned();
    Ok((message, Started { mechanism, password, nonce, first_bare, binding, offer: None }))
}

impl Started {
    /// Has the server's first message compared with what the server was seen to offer (XEP-0474), if
    /// it says what it offered.
    #[must_use]
    pub fn offered(mut self, offer: &Offer) -> Self {
        self.offer = Some(offer.digest(self.mechanism.hash));
        self
    }

    /// Reads the server's first message, and makes the client's final one. This takes as long as the
    /// server's iteration count says, up to a second or two.
    ///
    /// # Errors
    /// What is wrong with the server's message.
    pub fn respond(self, message: &[u8]) -> Result<(String, Responded), ScramError> {
        let message = std::str::from_utf8(message).map_err(|_| ScramError::Malformed)?;
        let first = ServerFirst::parse(message)?;
        // RFC 5802 section 5.1: the server's nonce continues the client's, with something of its own.
        if first.nonce.strip_prefix(&self.nonce).is_none_or(str::is_empty) {
            return Err(ScramError::Nonce);
        }
        if let (Some(seen), Some(said)) = (&self.offer, first.offer)
            && seen != said
        {
            return Err(ScramError::Tampered);
        }
        if !ITERATIONS.contains(&first.iterations) {
            return Err(ScramError::Iterations);
        }
        let hash = self.mechanism.hash;
        let salted = hash.salted_password(&self.password, &first.salt, first.iterations);
        let (client_key, server_key) = keys_of(hash, &salted);
        let without_proof = format!("c={},r={}", encode(&self.binding), first.nonce);
        let auth_message = format!("{},{message},{without_proof}", self.first_bare);
        let signature = hash.hmac(&hash.digest(&client_key), auth_message.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        let server_signature = hash.hmac(&server_key, auth_message.as_bytes());
        Ok((format!("{without_proof},p={}", encode(&proof)), Responded { server_signature }))
    }
}

impl Responded {
    /// Reads the server's final message.
    ///
    /// # Errors
    /// The server refused, or does not know the password: then it is not the one that was paired with.
    pub fn verify(self, message: &[u8]) -> Result<(), ScramError> {
        let message = std::str::from_utf8(message).map_err(|_| ScramError::Malformed)?;
        if message.starts_with("e=") {
            return Err(ScramError::Refused);
        }
        let signature = message.strip_prefix("v=").ok_or(ScramError::Malformed)?;
        let signature = signature.split(',').next().unwrap_or_default();
        let expected = encode(&self.server_signature);
        if bool::from(signature.as_bytes().ct_eq(expected.as_bytes())) {
            Ok(())
        } else {
            Err(ScramError::ServerSignature)
        }
    }
}

/// Hides the password.
impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}

/// Hides the signature.
impl fmt::Debug for Responded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responded").finish_non_exhaustive()
    }
}
