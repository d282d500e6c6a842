//! Conversation: who said what, what is done about it, and what is answered. Knows no transport.
//!
//! | module | holds |
//! | --- | --- |
//! | [`conversation`] | the one call: [`Conversation::say`] |
//! | [`controls`] | what it needs besides the receiver |
//! | `words` | a message as comparable words |
//! | `time` | the times a household says |
//! | `matching` | titles and channels, forgiving spelling |
//! | `parse`, `intent` | from words to what somebody wants |
//! | `commands` | what is done about it |
//! | `answer` | how that is put: short, numbered, paged |
//! | `memory` | the last list, question and action of each speaker |

pub mod controls;
pub mod conversation;

mod answer;
mod commands;
mod intent;
mod matching;
mod memory;
mod parse;
mod time;
mod words;

pub use controls::Controls;
pub use conversation::{Answer, Conversation, Said, Speaker};
