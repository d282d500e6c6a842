//! SCRAM (RFC 5802 and 7677), both roles, with and without channel binding (RFC 9266).
//!
//! Each step consumes the one before it, so that none can be left out or repeated:
//!
//! | side | first | then | at last |
//! | --- | --- | --- | --- |
//! | server | [`server::start`] | [`server::Started::challenge`] | [`server::Challenged::verify`] |
//! | client | [`client::start`] | [`client::Started::respond`] | [`client::Responded::verify`] |
//!
//! Randomness comes in as an argument. Only `Ok` of the last step is success.

pub mod client;
mod error;
mod hash;
mod keys;
mod mechanism;
mod message;
mod offer;
pub mod server;

pub use error::ScramError;
pub use hash::Hash;
pub use keys::{derive_keys, unknown_user_keys, verify_plain};
pub use mechanism::{ChannelBinding, Mechanism, UnknownMechanism};
pub use offer::Offer;
pub use televisor_model::ScramKeys;

#[cfg(test)]
mod tests;
