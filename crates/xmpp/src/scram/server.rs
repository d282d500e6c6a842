//! The server's side of SCRAM.

use std::fmt;

use stringprep::saslprep;
use subtle::ConstantTimeEq as _;
use televisor_model::ScramKeys;

use super::error::ScramError;
use super::hash::Hash;
use super::mechanism::{ChannelBinding, Mechanism};
use super::message::{ClientFinal, ClientFirst, Flag, encode};
use super::offer::Offer;

/// An exchange of which the client's first message has been read.
pub struct Started {
    hash: Hash,
    username: String,
    authzid: Option<String>,
    client_nonce: String,
    client_first_bare: String,
    /// The GS2 header and the channel's data, as the client will have to repeat them.
    expected_binding: Vec<u8>,
    /// The hash of what was offered (XEP-0474).
    offer: Option<String>,
}

/// An exchange in which the client has been challenged.
pub struct Challenged {
    hash: Hash,
    keys: ScramKeys,
    nonce: String,
    /// `client-first-message-bare "," server-first-message`
    transcript: String,
    expected_binding: Vec<u8>,
}

/// Reads the client's first message.
///
/// `bindings` are the connection's, and are given exactly if mechanisms with `-PLUS` were offered on it.
///
/// # Errors
/// What is wrong with the message, or with its channel binding (RFC 5802 section 6).
pub fn start<'a>(
    mechanism: Mechanism,
    bindings: impl IntoIterator<Item = &'a ChannelBinding>,
    message: &[u8],
) -> Result<Started, ScramError> {
    let first = ClientFirst::parse(message)?;
    let mut expected_binding = first.gs2_header.as_bytes().to_vec();
    let mut bindings = bindings.into_iter();
    match (mechanism.plus, first.flag) {
        (true, Flag::Bound(kind)) => {
            let binding = bindings.find(|binding| binding.kind() == kind);
            expected_binding
                .extend_from_slice(binding.ok_or(ScramError::UnexpectedBinding)?.data());
        }
        (true, Flag::None | Flag::Unoffered) | (false, Flag::Bound(_)) => {
            return Err(ScramError::UnexpectedBinding);
        }
        (false, Flag::Unoffered) if bindings.next().is_some() => return Err(ScramError::Downgrade),
        (false, Flag::Unoffered | Flag::None) => {}
    }
    let username = saslprep(&first.username).map_err(|_| ScramError::Prohibited)?.into_owned();
    Ok(Started {
        hash: mechanism.hash,
        username,
        authzid: first.authzid,
        client_nonce: first.nonce.to_owned(),
        client_first_bare: first.bare.to_owned(),
        expected_binding,
        offer: None,
    })
}

impl Started {
    /// Returns who wants to log in: a localpart.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Returns whom the client wants to act for, if it says so: a bare address.
    #[must_use]
    pub fn authzid(&self) -> Option<&str> {
        self.authzid.as_deref()
    }

    /// Has the challenge say what was offered (XEP-0474).
    #[must_use]
    pub fn offering(mut self, offer: &Offer) -> Self {
        self.offer = Some(offer.digest(self.hash));
        self
    }

    /// Makes the server's first message from the user's keys; those of [`unknown_user_keys`] if there
    /// is no such user. `nonce` is random printable ASCII without comma, at least 16 characters.
    ///
    /// [`unknown_user_keys`]: super::unknown_user_keys
    #[must_use]
    pub fn challenge(self, keys: ScramKeys, nonce: &str) -> (String, Challenged) {
        let nonce = format!("{}{nonce}", self.client_nonce);
        let mut message = format!("r={nonce},s={},i={}", encode(&keys.salt), keys.iterations);
        if let Some(offer) = self.offer {
            message.push_str(",h=");
            message.push_str(&offer);
        }
        let challenged = Challenged {
            hash: self.hash,
            keys,
            nonce,
            transcript: format!("{},{message}", self.client_first_bare),
            expected_binding: self.expected_binding,
        };
        (message, challenged)
    }
}

impl Challenged {
    /// Reads the client's final message, and returns the server's: its own proof.
    ///
    /// # Errors
    /// The client is not authenticated. There is no other way to learn that it is than `Ok`.
    pub fn verify(self, message: &[u8]) -> Result<String, ScramError> {
        let last = ClientFinal::parse(message)?;
        if last.nonce != self.nonce {
            return Err(ScramError::Nonce);
        }
        if !bool::from(last.binding.ct_eq(&self.expected_binding)) {
            return Err(ScramError::BindingMismatch);
        }
        let auth_message = format!("{},{}", self.transcript, last.without_proof);
        let signature = self.hash.hmac(&self.keys.stored_key, auth_message.as_bytes());
        if last.proof.len() != signature.len() {
            return Err(ScramError::Malformed);
        }
        let client_key: Vec<u8> = last.proof.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        if !bool::from(self.hash.digest(&client_key).ct_eq(&self.keys.stored_key)) {
            return Err(ScramError::Proof);
        }
        let proof = self.hash.hmac(&self.keys.server_key, auth_message.as_bytes());
        Ok(format!("v={}", encode(&proof)))
    }
}

/// Shows the user's name only.
impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Shows nothing that helps guessing.
impl fmt::Debug for Challenged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenged").finish_non_exhaustive()
    }
}
