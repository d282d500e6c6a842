//! The facade: the one handle that edges ask.
//!
//! Commands name their [`Actor`](televisor_model::Actor) first and are checked in one place;
//! queries are cheap; whatever happens is told as one stream of
//! [`Change`](televisor_model::Change)s.
//!
//! | module | holds |
//! | --- | --- |
//! | [`receiver`] | the handle, its parts, its life |
//! | `commands` | what may be asked to be done |
//! | `queries` | what may be asked |
//! | [`permission`] | who may do what: one matrix |
//! | `invitations` | what may be asked about people's own accounts elsewhere |
//! | [`household`] | devices, credentials, roles, tiers; accounts elsewhere |
//! | [`identity`] | the receiver's own UUID and name |
//! | `changes` | one stream out of those of the services |
//! | `inputs` | the tuner as the recorder's inputs |

pub mod household;
pub mod identity;
pub mod permission;
pub mod receiver;

mod changes;
mod commands;
mod error;
mod inputs;
mod invitations;
mod queries;

pub use commands::Recorded;
pub use error::Error;
pub use household::{ContactError, Contacts, Household, Invitation, NewDevice};
pub use identity::Identity;
pub use permission::Command;
pub use queries::NowNext;
pub use receiver::{Config, Parts, Receiver};
pub use televisor_guide::EventQuery;

/// The tables of this crate and of the recorder in `household.db`.
pub const PARTS: [televisor_store::Part; 2] = [household::PART, televisor_dvr::PART];
