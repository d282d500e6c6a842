//! A copy of a file in use: consistent, compact, on disk, and readable by its owner alone.
//!
//! `VACUUM INTO` on a connection of its own: the copy is one moment of the file, and neither the
//! writer nor readers wait for it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::{Database, Error};

impl Database {
    /// Copies the file as it stands now to `to`, and returns how many bytes that has once it is on
    /// disk. What is there is replaced only if `replace` says so. Dropping the future does not stop it.
    ///
    /// # Errors
    /// [`Error::Copy`] if the copy cannot be written, or something is there already
    /// ([`io::ErrorKind::AlreadyExists`]); [`Error::Sql`] if the file cannot be read.
    pub async fn backup(&self, to: &Path, replace: bool) -> Result<u64, Error> {
        let to = to.to_owned();
        let from = self
            .read(|conn| Ok::<_, Error>(conn.path().map(PathBuf::from)))
            .await?
            .ok_or(Error::Closed)?;
        tokio::task::spawn_blocking(move || copy(&from, &to, replace))
            .await
            .map_err(|_| Error::Closed)?
    }
}

fn copy(from: &Path, to: &Path, replace: bool) -> Result<u64, Error> {
    let trouble = |source| Error::Copy { path: to.display().to_string(), source };
    let place = Place::take(to, replace).map_err(trouble)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(from, flags)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    let part = place.part.to_str().ok_or_else(|| trouble(io::ErrorKind::InvalidFilename.into()))?;
    conn.execute("VACUUM INTO ?1", [part]).map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => trouble(io::ErrorKind::StorageFull.into()),
        _ => Error::Sql(error),
    })?;
    place.keep().map_err(trouble)
}

/// Where the copy goes, and the unfinished file beside it. Until it is kept, both are taken back.
struct Place {
    to: PathBuf,
    part: PathBuf,
    /// Whether the name was free, and is held by an empty file.
    reserved: bool,
    kept: bool,
}

impl Place {
    /// Holds the name, so that nobody else's file can come in between.
    fn take(to: &Path, replace: bool) -> io::Result<Self> {
        let mut name = to.file_name().map(OsString::from).ok_or(io::ErrorKind::InvalidFilename)?;
        name.push(".part");
        let part = to.with_file_name(name);
        let reserved = match make(to) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && replace => {
                if !fs::symlink_metadata(to)?.is_file() {
                    return Err(error);
                }
                false
            }
            Err(error) => return Err(error),
        };
        let place = Self { to: to.to_owned(), part, reserved, kept: false };
        // One that was cut off earlier is nobody's.
        match fs::remove_file(&place.part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        make(&place.part)?;
        Ok(place)
    }

    /// Puts the finished copy in its place; returns its size.
    fn keep(mut self) -> io::Result<u64> {
        let file = File::open(&self.part)?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        fs::rename(&self.part, &self.to)?;
        self.kept = true;
        let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(bytes)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // What cannot be taken back now could not be a moment ago either.
        drop(fs::remove_file(&self.part));
        if self.reserved {
            drop(fs::remove_file(&self.to));
        }
    }
}

/// Makes an empty file that its owner alone may read, where there is none.
fn make(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::Part;

    const PART: Part =
        Part { name: "test", steps: &["CREATE TABLE t (v INTEGER NOT NULL) STRICT"] };

    fn open(path: &Path) -> Database {
        Database::open(path, &[PART]).unwrap()
    }

    async fn add(db: &Database, value: i64) {
        db.write(move |c| Ok::<_, Error>(c.execute("INSERT INTO t VALUES (?1)", [value])?))
            .await
            .unwrap();
    }

    async fn count(db: &Database) -> i64 {
        db.read(|c| Ok::<_, Error>(c.query_row("SELECT count(*) FROM t", [], |r| r.get(0))?))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_copy_made_while_others_write_opens_and_holds_what_was_answered_before() {
        let folder = tempfile::tempdir().unwrap();
        let (db, copy) = (open(&folder.path().join("a.db")), folder.path().join("copy.db"));
        for value in 0..100 {
            add(&db, value).await;
        }
        let writing = async {
            for value in 100..300 {
                add(&db, value).await;
            }
        };
        let (copied, ()) = tokio::join!(db.backup(&copy, false), writing);
        assert!(copied.unwrap() > 0);
        let mode = fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let count = count(&open(&copy)).await;
        assert!((100..=300).contains(&count), "{count}");
    }

    #[tokio::test]
    async fn what_is_there_is_replaced_only_when_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let (db, copy) = (open(&folder.path().join("a.db")), folder.path().join("copy.db"));
        fs::write(&copy, "somebody's").unwrap();
        let refused = db.backup(&copy, false).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Copy { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
        );
        assert_eq!(fs::read(&copy).unwrap(), b"somebody's");
        add(&db, 1).await;
        db.backup(&copy, true).await.unwrap();
        assert_eq!(count(&open(&copy)).await, 1);
    }

    #[tokio::test]
    async fn a_copy_that_fails_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder.path().join("a.db"));
        let copy = folder.path().join("none/copy.db");
        assert!(matches!(db.backup(&copy, false).await, Err(Error::Copy { .. })));
        let (from, to) = (folder.path().join("gone.db"), folder.path().join("copy.db"));
        assert!(super::copy(&from, &to, false).is_err());
        assert!(!to.exists() && !folder.path().join("copy.db.part").exists());
    }

    #[tokio::test]
    async fn a_folder_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder.path().join("a.db"));
        assert!(db.backup(folder.path(), true).await.is_err());
        assert!(folder.path().is_dir());
    }
}
