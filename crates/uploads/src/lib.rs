//! Files that members of the household hand in for others to fetch (what XEP-0363 needs below it).
//!
//! A slot is promised first, then filled once, then kept for a time. Who may ask for one, and how the
//! bytes come and go, is for others: here are the files, their quotas and their end. A file that was
//! taken is on disk, whole and under its name, or it is not there at all.
//!
//! | module | holds |
//! | --- | --- |
//! | [`uploads`] | the handle: promising, finding, putting in |
//! | [`receiving`] | a file on its way in |
//! | [`name`] | file names, and how they stand in a URL |
//! | [`config`] | the `[uploads]` table |
//! | `ledger` | what is kept about each file |
//! | `tidy` | the end of what has had its time |

pub mod config;
pub mod name;
pub mod receiving;
pub mod uploads;

mod error;
mod ledger;
mod tidy;

pub use config::{Config, Size};
pub use error::{Error, Refused};
pub use ledger::PART;
pub use receiving::Receiving;
pub use uploads::{Kept, Uploads, Wanted};
