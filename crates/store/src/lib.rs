//! One SQLite file with one writer.
//!
//! Every part of the product that keeps something in `household.db` or `guide.db` shares one
//! [`Database`] handle: closures are sent to its one writer thread, run inside a transaction each
//! savepoint of its own, and are answered only after the commit is on disk. Reads run on a second
//! connection and never wait for a writer (WAL).
//!
//! | module | holds |
//! | --- | --- |
//! | [`backup`] | a copy of the file while it is in use |
//! | [`database`] | the handle, the writer, grouped commits |
//! | [`migration`] | forward migrations, numbered per part |

pub mod backup;
pub mod database;
pub mod migration;

mod error;

pub use database::Database;
pub use error::Error;
pub use migration::Part;
pub use rusqlite;
