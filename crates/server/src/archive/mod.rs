//! XEP-0313: what accounts have said and heard, and how it gets to the disk without anybody waiting.
//!
//! | module | holds |
//! | --- | --- |
//! | `config` | how long, and how much |
//! | `entry` | one message on its way to the archive |
//! | `journal` | the queue in front of the writer, and when its content is on disk |
//! | `writing` | one batch, in one transaction |
//! | `parts` | all of it, as the server holds it |
//! | `preferences` | whose messages accounts want archived |
//! | `pruning` | dropping what is too old, or too much |
//! | `query` | what is asked of an archive |
//! | `reading` | finding a page |
//! | `stable_id` | archive ids, and what is shown of them |

mod config;
mod entry;
mod journal;
mod parts;
pub(crate) mod preferences;
mod pruning;
pub(crate) mod query;
pub(crate) mod reading;
mod stable_id;
mod writing;

pub use config::ArchiveConfig;
pub(crate) use entry::{Entry, Kept, Side, resource_mark, revive};
pub use journal::{Journal, Ticket};
pub(crate) use parts::Archive;
pub(crate) use stable_id::{ArchiveId, Names};
pub(crate) use writing::{FORGET, contact_here, own_address};
