//! Which timers can run, and the worker that starts them.
//!
//! | module | holds |
//! | --- | --- |
//! | [`plan`] | limits, priorities and conflicts: pure functions over the timers |
//! | `worker` | waits for the next due time and starts recorders |

pub mod plan;

pub(crate) mod worker;

pub use plan::{Conflict, Limits};
