//! The household: its devices, their credentials, roles and tiers.
//!
//! | module | holds |
//! | --- | --- |
//! | `members` | the handle: memory in front, disk behind |
//! | `rows` | the table in `household.db` |
//! | `name` | display names made harmless |

mod members;
mod name;
pub(crate) mod rows;

pub use members::{Household, NewDevice};
pub use name::clean;
pub use rows::PART;
