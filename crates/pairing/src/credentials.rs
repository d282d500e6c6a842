//! From a passcode or secret to what is kept of it: SCRAM keys and Digest's HA1, never the thing.

use televisor_model::{Credentials, DeviceId, ScramKeys};
use televisor_xmpp::scram::{Hash, ScramError, derive_keys};
use uuid::Uuid;

use crate::digest::Ha1s;
use crate::random::{self, NoRandomness};

/// PBKDF2 rounds: the least that RFC 7677 section 4 allows. More would not save a short passcode,
/// and a 256-bit secret needs none.
const ITERATIONS: u32 = 4096;

/// No credentials could be derived.
#[derive(Debug, thiserror::Error)]
pub enum DeriveError {
    /// No salts.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Not a password at all; passcodes and secrets always are.
    #[error(transparent)]
    Scram(#[from] ScramError),
}

/// Derives what is kept of `password`, the passcode or secret of device `id` at receiver `realm`.
///
/// Takes some milliseconds of computing.
///
/// # Errors
/// [`DeriveError`] if there is no randomness, or SASLprep refuses the password.
pub fn derive(id: DeviceId, realm: Uuid, password: &str) -> Result<Credentials, DeriveError> {
    let ha1s = Ha1s::derive(&id.to_string(), &realm.to_string(), password);
    let keys = |hash| -> Result<ScramKeys, DeriveError> {
        Ok(derive_keys(password, &random::bytes::<16>()?, ITERATIONS, hash)?)
    };
    Ok(Credentials {
        scram_sha1: keys(Hash::Sha1)?,
        scram_sha256: keys(Hash::Sha256)?,
        ha1_md5: ha1s.md5,
        ha1_sha256: ha1s.sha256,
    })
}
