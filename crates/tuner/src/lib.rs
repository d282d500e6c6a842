//! Inputs: line-ups of channels, and one shared upstream per source.
//!
//! | module | holds |
//! | --- | --- |
//! | [`tuner`] | the handle: the line-up, opening a channel |
//! | [`subscription`] | one reader's end of an upstream |
//! | [`config`] | the `[tuner]` table |
//! | `line_up` | playlists made into one numbered list |
//! | `playlist` | fetching playlists, again and again |
//! | `source` | what an address means |
//! | `upstream` | the worker that reads one source for all its readers |
//! | `input` | HTTP, UDP and RTP, files |

pub mod config;
pub mod subscription;
pub mod tuner;

mod error;
mod input;
mod line_up;
mod playlist;
mod source;
mod upstream;

pub use config::Config;
pub use error::Error;
pub use subscription::{Lost, Subscription};
pub use tuner::Tuner;
