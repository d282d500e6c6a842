//! What a server keeps of a password (RFC 5802 section 3), and how it checks one against that.

use stringprep::saslprep;
use subtle::ConstantTimeEq as _;
use televisor_model::ScramKeys;

use super::error::ScramError;
use super::hash::Hash;

/// Makes what a server keeps of `password`. This takes as long as `iterations` say: some
/// milliseconds for 4096, not to be done for every stanza.
///
/// # Errors
/// [`ScramError::Prohibited`] if SASLprep refuses the password.
pub fn derive_keys(
    password: &str,
    salt: &[u8],
    iterations: u32,
    hash: Hash,
) -> Result<ScramKeys, ScramError> {
    let password = saslprep(password).map_err(|_| ScramError::Prohibited)?;
    let salted = hash.salted_password(&password, salt, iterations);
    let (client_key, server_key) = keys_of(hash, &salted);
    Ok(ScramKeys {
        salt: salt.to_vec(),
        iterations,
        stored_key: hash.digest(&client_key),
        server_key,
    })
}

/// Returns `ClientKey` and `ServerKey`.
pub(super) fn keys_of(hash: Hash, salted_password: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let client_key = hash.hmac(salted_password, b"Client Key");
    let server_key = hash.hmac(salted_password, b"Server Key");
    (client_key, server_key)
}

/// Says whether `password` is the one `keys` were made from, as PLAIN needs it. Takes the same time
/// whatever the answer.
#[must_use]
pub fn verify_plain(password: &str, keys: &ScramKeys) -> bool {
    let Some(hash) = Hash::of(keys) else { return false };
    let Ok(derived) = derive_keys(password, &keys.salt, keys.iterations, hash) else {
        return false;
    };
    derived.stored_key.ct_eq(&keys.stored_key).into()
}

/// Makes keys for a user who does not exist: the same ones at every try, so that a stranger cannot
/// tell from the salt who exists. No password fits them.
///
/// `server_secret` is random, and as old as the oldest account; `iterations` is what new accounts get.
#[must_use]
pub fn unknown_user_keys(
    server_secret: &[u8],
    username: &str,
    iterations: u32,
    hash: Hash,
) -> ScramKeys {
    let derive = |what: &str| hash.hmac(server_secret, format!("{what}\0{username}").as_bytes());
    let mut salt = derive("salt");
    salt.truncate(16);
    ScramKeys {
        salt,
        iterations,
        stored_key: derive("stored key"),
        server_key: derive("server key"),
    }
}
