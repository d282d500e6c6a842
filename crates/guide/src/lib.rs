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
//! | `schema` | the tables, and opening the file whatever state it is in |
//! | `import` | one XMLTV into the tables, in batches, visible at once |
//! | `line_up` | which of the household's channels are which of the guide's |
//! | `row` | events as they lie in the tables |
//! | `refresh` | the worker that looks at the sources again |
//! | `fetch` | sources: files and HTTP(S), plain, gzip, xz |

pub mod config;
pub mod guide;
pub mod query;

mod error;
mod fetch;
mod import;
mod line_up;
mod refresh;
mod row;
mod schema;

pub use config::Config;
pub use error::Error;
pub use guide::{Guide, GuideChannel, Imported};
pub use query::{EventQuery, NowNext};
