//! The folder of recordings: plain files with readable names, one sidecar each.
//!
//! | module | holds |
//! | --- | --- |
//! | `name` | file names out of titles that strangers wrote |
//! | `folder` | making, resuming, flushing and removing the files; free space |
//! | `sidecar` | the JSON beside each file, and rebuilding the library from it |

mod folder;
mod name;
mod sidecar;

pub(crate) use folder::{DiskFolder, Folder, Tape};
pub(crate) use name::stem;
pub(crate) use sidecar::{rebuild, write as write_sidecar};
