//! Keeping the public name's records right: DNS UPDATE (RFC 2136), signed with TSIG (RFC 8945).
//!
//! | module | holds |
//! | --- | --- |
//! | `key` | the TSIG key, as DNS servers write it into files |
//! | `records` | what the records should be, and the message that makes them so |
//! | `exchange` | one signed or plain question over TCP, with a deadline |
//! | `failure` | what can go wrong, in words that say what to do |
//! | `updater` | changing the zone, and seeing that it was changed |
//! | `spread` | waiting until the zone's other name servers have a change too |
//! | `publisher` | following the door: its address and ports, as they change |
//!
//! The messages are hickory's; the exchange is our own, because hickory-net's client checks the
//! answer's signature before it shows the answer, and a server that refuses a key signs nothing:
//! one would never learn whether the name, the secret or the clock was wrong.

mod exchange;
mod failure;
#[cfg(test)]
mod fake;
mod key;
mod publisher;
mod records;
mod spread;
mod updater;

pub(crate) use failure::Failure;
pub(crate) use publisher::run;
pub(crate) use updater::{Updater, check};
