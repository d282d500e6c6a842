//! The secondary device's side of pairing.
//!
//! | module | holds |
//! | --- | --- |
//! | [`exchange`] | what is sent and believed, without I/O |
//! | [`pairing_client`] | the requests |
//! | [`pin`] | which certificate is taken |
//! | [`error`] | what can go wrong, in plain words |

pub mod error;
pub mod exchange;
pub mod pairing_client;
pub mod pin;

pub use error::Error;
pub use exchange::{Code, Confirmed};
pub use pairing_client::{Claim, PairingClient, Pending, Place};
