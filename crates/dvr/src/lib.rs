//! The digital video recorder: decisions to record, and the recordings that come of them.
//!
//! A [`Timer`](televisor_model::Timer) is a decision; it is on disk before it is acknowledged. A
//! scheduler starts a recorder for each timer when its time comes, and each recorder writes one
//! transport stream as it came, with one sidecar beside it. Power cuts, full disks and lost signals
//! leave gaps, not second files. Where the pictures come from is the business of whoever
//! implements [`Inputs`]; this crate knows no tuner and no guide.
//!
//! | module | holds |
//! | --- | --- |
//! | [`dvr`] | the handle: commands, queries, changes |
//! | [`config`] | the `[recordings]` table |
//! | [`input`] | what inputs must offer, whatever they are |
//! | [`schedule`] | which timers can run: limits, priorities, conflicts, and the worker that starts them |
//! | `book` | the one writer of timers and recordings: memory, `household.db`, changes |
//! | `ledger` | their tables in `household.db` |
//! | `record` | their form in files and tables |
//! | `recorder` | one recording being written |
//! | `library` | the folder: names, sidecars, free space, rebuilding from it |

pub mod config;
pub mod dvr;
pub mod input;
pub mod schedule;

mod book;
mod error;
mod ledger;
mod library;
mod record;
mod recorder;

pub use config::Config;
pub use dvr::{Added, Dvr, NewTimer};
pub use error::Error;
pub use input::{Inputs, PacketSource};
pub use ledger::PART;
pub use schedule::{Conflict, Limits};
