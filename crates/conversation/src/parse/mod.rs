//! From words to intents: one file per family of verbs, tried in order.
//!
//! | module | reads |
//! | --- | --- |
//! | [`replies`] | yes, no, numbers, undo, more |
//! | [`accounts`] | invite, allow, revoke, accounts, am I reachable |
//! | [`record`] | record, tape, get, cancel, padding |
//! | [`manage`] | timers, recordings, space, status, devices, help, what is not there yet |
//! | [`ask`] | what's on, when is, find |
//! | [`reading`] | time, channel and title out of the rest of a saying |

mod accounts;
mod ask;
mod manage;
mod reading;
mod record;
mod replies;
#[cfg(test)]
mod tests;

pub(crate) use reading::{Context, parse};
