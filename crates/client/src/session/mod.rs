//! A login that lasts: it reconnects by itself, keeps the vCard and the roster in step, and lets its
//! owner talk.
//!
//! | module | holds |
//! | --- | --- |
//! | `handle` | what the owner holds: sending, asking, listening |
//! | `options` | how a session behaves |
//! | `incoming` | what a session reports |
//! | `worker` | connecting again and again, with growing pauses |
//! | `online` | one connection, from login to loss |
//! | `trust` | registering our certificate, and keeping those of the household |
//! | `backoff` | the pauses |

mod backoff;
mod handle;
mod incoming;
mod online;
mod options;
mod trust;
mod worker;

pub use handle::{Session, State};
pub(crate) use handle::{chat_message, parse};
pub use incoming::{Incoming, Message};
pub(crate) use incoming::{bare, read_message};
pub use options::Options;
