//! People's own accounts elsewhere: who was asked, who said yes, who may come in.
//!
//! | module | holds |
//! | --- | --- |
//! | `book` | the handle: memory in front, disk behind |
//! | `steps` | what may become of an account: one function per thing that happens |
//! | `rules` | how many may be asked, and when again |
//! | `address` | which addresses may be invited at all |
//! | `tokens` | invitations that approve by themselves (XEP-0379) |
//! | `rows` | the tables in `household.db` |

mod address;
mod book;
mod rows;
mod rules;
mod steps;
mod tokens;

pub use address::bare_jid;
pub use book::Contacts;
pub use rules::ContactError;
pub use tokens::Invitation;

pub(super) use rows::STEP;
