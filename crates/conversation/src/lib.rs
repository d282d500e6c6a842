//! Conversation: who said what, what is done about it, and what is answered. Knows no transport.

pub mod controls;
pub mod conversation;

#[allow(dead_code, unused_imports, reason = "filled in next")]
mod time;
#[allow(dead_code, reason = "filled in next")]
mod words;

pub use controls::Controls;
pub use conversation::{Answer, Conversation, Said, Speaker};
