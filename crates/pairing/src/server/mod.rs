//! The receiver's side of pairing.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`] | the `[pairing]` table |
//! | [`ledger`] | what the household must keep, behind a trait |
//! | [`window`] | when pairing is open, who is pending, what is on the screen: pure |
//! | [`passcode`], [`device_name`] | the code, and the stranger's name shown with it |
//! | [`handle`] | [`Pairing`], which everybody holds |
//! | [`throttle`] | wrong answers for devices already paired |
//! | [`routes`], [`claim`], [`trade`], [`answers`] | HTTP |

pub mod config;
pub mod device_name;
pub mod handle;
pub mod ledger;
pub mod passcode;
pub mod window;

mod answers;
mod claim;
mod routes;
mod throttle;
mod trade;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use device_name::DeviceName;
pub use handle::{Notice, Paired, Pairing, ReceiverInfo, State};
pub use ledger::{Ledger, LedgerError, NewPairing};
pub use passcode::Passcode;
pub use routes::{PeerInfo, ROOT};
pub use window::ClosedBy;
