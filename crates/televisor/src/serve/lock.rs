//! One receiver per data folder.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::problem::Problem;

/// Held for as long as the receiver runs; the system lets go of it when the process ends, however.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Makes the data folder (mode 0700) if it is not there, and takes it.
pub(super) fn take(data_dir: &Path) -> Result<Lock, Problem> {
    let problem = |error: std::io::Error| {
        Problem::failed(format!("cannot use {}: {error}", data_dir.display()))
            .hint("name a folder you may write to with --data-dir")
    };
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(problem)?;
    let file = File::create(data_dir.join("lock")).map_err(problem)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            Err(Problem::failed(format!("a receiver is already running in {}", data_dir.display()))
                .hint("stop it first, or give this one another --data-dir"))
        }
        Err(TryLockError::Error(error)) => Err(problem(error)),
    }
}
