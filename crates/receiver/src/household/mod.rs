//! The household: its devices, their credentials, roles and tiers; people's accounts elsewhere.
//!
//! | module | holds |
//! | --- | --- |
//! | `members` | the handle: memory in front, disk behind |
//! | `contacts` | people's own accounts elsewhere |
//! | `rows` | the table of devices in `household.db` |
//! | `name` | display names made harmless |

mod contacts;
mod members;
mod name;
pub(crate) mod rows;

pub use contacts::{ContactError, Contacts, Invitation, bare_jid};
pub use members::{Household, NewDevice};
pub use name::clean;
pub use rows::PART;

use members::spawned;
