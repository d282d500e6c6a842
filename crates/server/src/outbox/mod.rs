//! What waits to be written to one session.
//!
//! | module | holds |
//! | --- | --- |
//! | `queue` | the bytes to be written, and what was not acknowledged: bounded both |
//! | `rendering` | a stanza, written once for all who get it |
//! | `client_state` | what is held back from a client that nobody looks at (XEP-0352) |

mod client_state;
mod queue;
mod rendering;

pub(crate) use queue::{Bounds, Outbox};
pub(crate) use rendering::{Addressed, Extended, Render, Rendering, reread};
