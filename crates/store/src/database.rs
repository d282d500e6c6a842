//! The handle, the writer thread, and grouped commits.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use crate::{Error, Part, migration};

/// Writes waiting for the writer; callers wait when it is full.
const QUEUE: usize = 256;

/// Writes that share one commit at most, so that the first of them is not kept waiting.
const GROUP: usize = 64;

/// Pages of 4 KiB in the write-ahead log that are worth a checkpoint.
const CHECKPOINT: u32 = 4000;

/// A handle to one file, cheap to clone.
#[derive(Clone)]
pub struct Database {
    writes: mpsc::Sender<Job>,
    reader: Arc<Mutex<Connection>>,
    /// For long reads, so that short ones need not wait for them; opened for the first of them.
    aside: Arc<Mutex<Option<Connection>>>,
    path: Arc<Path>,
    version: Arc<AtomicU64>,
}

/// A write, and how it is answered once the commit's fate is known.
struct Job {
    /// Whether what was read before may be another thing now.
    counts: bool,
    work: Box<dyn FnOnce(&Connection) -> Answer + Send>,
}

/// Told whether the commit succeeded; then answers the caller.
type Answer = Box<dyn FnOnce(bool) + Send>;

impl Database {
    /// Opens or makes the file at `path` with mode 0600 and brings every part's tables up to date.
    ///
    /// # Errors
    /// [`Error::Open`] if it is no database, [`Error::Newer`] if a newer version wrote it.
    pub fn open(path: &Path, parts: &[Part]) -> Result<Self, Error> {
        let open_error = |source| Error::Open { path: path.display().to_string(), source };
        restrict(path);
        let mut conn = Connection::open(path).map_err(open_error)?;
        prepare(&conn).map_err(open_error)?;
        for part in parts {
            migration::migrate(&mut conn, *part)?;
        }
        let reader = open_reader(path).map_err(open_error)?;
        let (writes, queue) = mpsc::channel(QUEUE);
        let version = Arc::new(AtomicU64::new(0));
        let written = Arc::clone(&version);
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_all(&mut conn, queue, &written))
            .map_err(|_| Error::Closed)?;
        let (reader, aside) = (Arc::new(Mutex::new(reader)), Arc::default());
        Ok(Self { writes, reader, aside, path: path.into(), version })
    }

    /// Runs `work` on the writer and returns its value after the commit is on disk.
    ///
    /// `work` runs in a savepoint: if it fails, nothing of it remains. Dropping the future does not
    /// take the write back.
    ///
    /// # Errors
    /// What `work` returns, [`Error::Sql`] if the commit fails, [`Error::Closed`] when going down.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.queue(true, work).await
    }

    /// Does as [`Database::write`], for what only adds to a record: the version stays the same, so that
    /// what others remember of their own tables is not read again because of it.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn append<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.queue(false, work).await
    }

    async fn queue<T, E, F>(&self, counts: bool, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            counts,
            work: Box::new(move |conn| {
                let result = in_savepoint(conn, work);
                Box::new(move |committed| {
                    let result =
                        if committed { result } else { result.and(Err(Error::Closed.into())) };
                    // The caller may have gone; the write stands all the same.
                    drop(reply.send(result));
                })
            }),
        };
        self.writes.send(job).await.map_err(|_| E::from(Error::Closed))?;
        answer.await.map_err(|_| E::from(Error::Closed))?
    }

    /// Returns a number that every [`Database::write`] through this handle and its clones raises before
    /// it is answered. What was read after asking for it is the truth for as long as it stays the same.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Runs `work` on the reading connection, off the async threads.
    ///
    /// # Errors
    /// What `work` returns; [`Error::Closed`] if the runtime is going down.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let reader = Arc::clone(&self.reader);
        tokio::task::spawn_blocking(move || {
            work(&reader.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
        .map_err(|_| E::from(Error::Closed))?
    }
}

impl Database {
    /// Does as [`Database::read`], on a connection of its own: for reads that may take long.
    ///
    /// # Errors
    /// What `work` returns; [`Error::Sql`] if the file cannot be opened once more, [`Error::Closed`] if
    /// the runtime is going down.
    pub async fn read_aside<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (aside, path) = (Arc::clone(&self.aside), Arc::clone(&self.path));
        tokio::task::spawn_blocking(move || {
            let mut aside = aside.lock().unwrap_or_else(PoisonError::into_inner);
            let conn = match aside.take() {
                Some(conn) => conn,
                None => open_reader(&path).map_err(Error::Sql)?,
            };
            work(aside.insert(conn))
        })
        .await
        .map_err(|_| E::from(Error::Closed))?
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

/// Makes the file readable by its owner alone before SQLite puts anything in it.
fn restrict(path: &Path) {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let made = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    if let Ok(file) = made {
        // An older file may be wider; SQLite gives its journal the same mode.
        drop(file.set_permissions(std::fs::Permissions::from_mode(0o600)));
    }
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    reader.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(reader)
}

fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: an acknowledged command survives a power cut, not only a crash.
    conn.pragma_update(None, "synchronous", "FULL")?;
    // Pages written again and again are copied to their places once for all of it.
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
    conn.pragma_update(None, "foreign_keys", true)
}

fn in_savepoint<T, E: From<Error>>(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let sql = |text| conn.execute_batch(text).map_err(|e| E::from(Error::Sql(e)));
    sql("SAVEPOINT job")?;
    let result = work(conn);
    sql(if result.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    result
}

/// Takes jobs until every handle is gone; jobs that are waiting together share one commit.
fn write_all(conn: &mut Connection, mut queue: mpsc::Receiver<Job>, version: &AtomicU64) {
    let mut answers: Vec<Answer> = Vec::new();
    while let Some(first) = queue.blocking_recv() {
        let begun = conn.execute_batch("BEGIN IMMEDIATE");
        let mut counts = first.counts;
        answers.push((first.work)(conn));
        while answers.len() < GROUP {
            let Ok(job) = queue.try_recv() else { break };
            counts |= job.counts;
            answers.push((job.work)(conn));
        }
        let committed = begun.and_then(|()| conn.execute_batch("COMMIT"));
        if let Err(error) = &committed {
            tracing::error!(%error, "the database refused a commit");
            drop(conn.execute_batch("ROLLBACK"));
        }
        if counts {
            version.fetch_add(1, Ordering::Release);
        }
        for answer in answers.drain(..) {
            answer(committed.is_ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Part =
        Part { name: "test", steps: &["CREATE TABLE t (v INTEGER NOT NULL) STRICT"] };

    fn open(folder: &tempfile::TempDir) -> Database {
        Database::open(&folder.path().join("a.db"), &[PART]).unwrap()
    }

    async fn count(db: &Database) -> i64 {
        db.read(|c| Ok::<_, Error>(c.query_row("SELECT count(*) FROM t", [], |r| r.get(0))?))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn an_answered_write_is_seen_by_a_new_connection() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder);
        db.write(|c| Ok::<_, Error>(c.execute("INSERT INTO t VALUES (1)", [])?)).await.unwrap();
        assert_eq!(count(&open(&folder)).await, 1);
    }

    #[tokio::test]
    async fn a_write_raises_the_version_and_a_read_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder);
        let before = db.version();
        count(&db).await;
        assert_eq!(db.version(), before);
        db.write(|c| Ok::<_, Error>(c.execute("INSERT INTO t VALUES (1)", [])?)).await.unwrap();
        assert!(db.version() > before);
    }

    #[tokio::test]
    async fn what_is_appended_is_there_and_leaves_the_version_alone() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder);
        let before = db.version();
        db.append(|c| Ok::<_, Error>(c.execute("INSERT INTO t VALUES (1)", [])?)).await.unwrap();
        assert_eq!(db.version(), before);
        assert_eq!(count(&db).await, 1);
    }

    #[tokio::test]
    async fn a_long_read_sees_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder);
        for count in 1..=2 {
            db.write(|c| Ok::<_, Error>(c.execute("INSERT INTO t VALUES (1)", [])?)).await.unwrap();
            let read = db.read_aside(|c| {
                Ok::<i64, Error>(c.query_row("SELECT count(*) FROM t", [], |r| r.get(0))?)
            });
            assert_eq!(read.await.unwrap(), count);
        }
    }

    #[tokio::test]
    async fn a_failed_write_leaves_nothing_and_spares_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder);
        let bad = db.write(|c| {
            c.execute("INSERT INTO t VALUES (1)", []).map_err(Error::from)?;
            Err::<(), _>(Error::Closed)
        });
        let good = db.write(|c| Ok::<_, Error>(c.execute("INSERT INTO t VALUES (2)", [])?));
        let (bad, good) = tokio::join!(bad, good);
        assert!(bad.is_err() && good.is_ok());
        assert_eq!(count(&db).await, 1);
    }

    #[tokio::test]
    async fn a_file_from_a_newer_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        drop(Database::open(
            &folder.path().join("a.db"),
            &[Part { name: "test", steps: &["SELECT 1", "SELECT 1"] }],
        ));
        let again = Database::open(&folder.path().join("a.db"), &[PART]);
        assert!(matches!(again, Err(Error::Newer { found: 2, known: 1, .. })));
    }
}
