//! Inputs: line-ups of channels, and one shared upstream per source.
//!
//! | module | holds |
//! | --- | --- |
//! | [`tuner`] | the handle: the line-up, opening a channel |
//! | [`subscription`] | one reader's end of an upstream |
//! | [`config`] | the `[tuner]` table |

pub mod config;
pub mod subscription;
pub mod tuner;

mod error;

pub use config::Config;
pub use error::Error;
pub use subscription::{Lost, Subscription};
pub use tuner::Tuner;
