//! What stanzas carry, typed: one file for each specification.
//!
//! A [`Payload`] knows its element and the stanzas it may ride in. Unknown children and attributes are
//! ignored on reading, as RFC 6120 section 8.4 asks; whoever must pass them on keeps the element.

pub mod avatar;
pub mod bind;
pub mod caps;
pub mod certificates;
pub mod chat_state;
pub mod command;
pub mod correction;
pub mod delay;
pub mod disco;
pub mod forms;
pub mod household;
pub mod ping;
pub mod receipt;
pub mod result_set;
pub mod roster;
pub mod time;
pub mod vcard;
pub mod version;

mod carrier;

pub use carrier::{Carrier, Payload, PayloadError};

#[cfg(test)]
mod tests;
