//! The programme guide: XMLTV into a searchable `guide.db`, and the questions asked of it.
//!
//! `guide.db` holds only what can be had again: a file that is corrupt or of another version is
//! dropped and rebuilt.
//!
//! | module | holds |
//! | --- | --- |
//! | [`guide`] | the handle: opening, importing, the line-up |
//! | [`config`] | the `[guide]` table |
//! | [`query`] | what is asked of it |

pub mod config;
pub mod guide;
pub mod query;

mod error;

pub use config::Config;
pub use error::Error;
pub use guide::{Guide, GuideChannel, Imported};
pub use query::{EventQuery, NowNext};
