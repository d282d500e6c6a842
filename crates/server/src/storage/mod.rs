//! What the server keeps on disk.
//!
//! | module | holds |
//! | --- | --- |
//! | `tables` | the schema |
//! | `blocking` | whom accounts have blocked |
//! | `push` | devices that have asked to be woken |
//! | `roster` | roster items and pending requests |
//! | `vcard` | vCards and the hash of their photo |
//! | `private` | what clients keep for themselves |
//! | `pubsub` | nodes, and what clients want to hear of |
//! | `offline` | messages for accounts that are not available |
//! | `unacknowledged` | messages that clients were sent and have not acknowledged |
//! | `certificates` | certificates that accounts have registered |
//! | `clients` | programs that log in to accounts, and their tokens |
//! | `last_activity` | when an account was last here, and what it said then |
//! | `household` | whom everybody's roster was last told to hold |

pub(crate) mod blocking;
pub(crate) mod certificates;
pub(crate) mod clients;
pub(crate) mod household;
pub(crate) mod last_activity;
pub(crate) mod offline;
pub(crate) mod private;
pub(crate) mod pubsub;
pub(crate) mod push;
pub(crate) mod roster;
pub(crate) mod tables;
pub(crate) mod unacknowledged;
pub(crate) mod vcard;

#[cfg(test)]
mod released;
