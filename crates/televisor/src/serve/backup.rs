//! `televisor backup`: a copy of `household.db`, made by the receiver that has it open.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use televisor_store::{Database, Error};

use crate::control::wire::Answer;

/// Makes copies.
#[derive(Debug, Clone)]
pub(super) struct Backup {
    db: Database,
    data_dir: PathBuf,
}

impl Backup {
    pub(super) fn new(db: Database, data_dir: &Path) -> Self {
        Self { db, data_dir: data_dir.to_owned() }
    }

    /// Copies to `file`, an absolute path; on disk when it answers.
    pub(super) async fn write(&self, file: &str, replace: bool) -> Answer {
        let to = Path::new(file);
        if self.is_ours(to) {
            return refused(
                format!("{file} is what the receiver itself is using"),
                "name a file outside its data folder",
            );
        }
        match self.db.backup(to, replace).await {
            Ok(bytes) => {
                tracing::info!(bytes, "a copy of household.db was made");
                Answer::of(&json!({"file": file, "bytes": bytes}))
            }
            Err(Error::Copy { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                refused(format!("{file} is there already"), "name another file, or add --force")
            }
            Err(error) => {
                refused(error.to_string(), "name a file where the receiver may write, with room")
            }
        }
    }

    /// Whether the file is one of those that are in use.
    fn is_ours(&self, file: &Path) -> bool {
        let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
        let ours = self.data_dir.canonicalize().ok();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        folder == ours && ["household.db", "guide.db"].iter().any(|used| name.starts_with(used))
    }
}

fn refused(what: String, hint: &str) -> Answer {
    Answer::Error { what, hint: Some(hint.to_owned()) }
}
