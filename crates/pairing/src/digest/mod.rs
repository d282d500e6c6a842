//! HTTP Digest access authentication (RFC 7616), both sides: SHA-256 and MD5, `qop=auth` only.
//!
//! Left out: `auth-int`, the `-sess` algorithms, `userhash`, user names beyond ASCII; neither side of
//! pairing needs them, and the receiver does not offer them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`algorithm`] | the two hashes, HA1, and the response |
//! | [`challenge`] | `WWW-Authenticate` |
//! | [`authorization`] | `Authorization` and `Authentication-Info` |
//! | [`nonce`] | the receiver's nonces: signed, timed, and never taken twice |
//! | [`parameters`] | `name=value, name="value"` |

pub mod algorithm;
pub mod authorization;
pub mod challenge;
pub mod nonce;
pub mod parameters;

pub use algorithm::{Algorithm, Ha1s, hex};
pub use authorization::{AuthenticationInfo, Authorization};
pub use challenge::Challenge;
pub use nonce::{Lifetime, Nonces, Standing};
pub use parameters::Malformed;
