//! XEP-0198: Stream Management, for streams of clients and of servers alike.
//!
//! | module | holds |
//! | --- | --- |
//! | `acknowledging` | the wait for the disk before what was handled is acknowledged |
//! | `counted` | what was handled, also where the power goes |
//! | `elements` | what is said on the wire |
//! | `ledger` | what was sent and has not been acknowledged |
//! | `unacknowledged` | what was sent and has not been acknowledged, across a restart |
//! | `resumption` | sessions that can be gone on with, by the id they were given |
//!
//! The streams themselves are in `session` and `federation/stream`.

pub(crate) mod acknowledging;
pub(crate) mod counted;
pub(crate) mod elements;
pub(crate) mod ledger;
pub(crate) mod resumption;
pub(crate) mod unacknowledged;
