//! The handle: opening, importing, the line-up.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use televisor_clock::Clock;
use televisor_model::Channel;
use televisor_store::{Database, rusqlite::Connection};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::line_up::{self, Known, LineUp};
use crate::{Config, Error, import, refresh, schema};

/// A channel as a guide names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideChannel {
    /// The guide's id.
    pub id: String,
    /// Its names, best first.
    pub names: Vec<String>,
}

/// What an import brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Imported {
    /// Channels in the source.
    pub channels: usize,
    /// Events stored.
    pub events: usize,
    /// Programmes that could not be used: no channel, title or time, or longer than two days.
    pub skipped: usize,
}

/// The guide, cheap to clone. Its refreshing ends with the last handle.
#[derive(Debug, Clone)]
pub struct Guide {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    path: PathBuf,
    clock: Clock,
    /// The sources in the order in which they win.
    order: Vec<String>,
    db: Mutex<Database>,
    /// One import at a time.
    importing: tokio::sync::Mutex<()>,
    names: Mutex<Names>,
    updates: watch::Sender<u64>,
    worker: Mutex<Option<AbortHandle>>,
}

/// Both sides of the line-up, and how they join.
#[derive(Debug, Default)]
struct Names {
    channels: Vec<Channel>,
    known: Vec<Known>,
    line_up: Arc<LineUp>,
}

impl Guide {
    /// Opens `guide.db` at `path`, or makes it anew, and begins to refresh it from its sources.
    ///
    /// Returns before the first refresh is done. Must be called within a runtime.
    ///
    /// # Errors
    /// [`Error::Store`] if not even a new file can be made.
    pub async fn open(path: &Path, config: Config, clock: Clock) -> Result<Self, Error> {
        let file = path.to_owned();
        let db = tokio::task::spawn_blocking(move || schema::open(&file));
        let db = db.await.map_err(|_| televisor_store::Error::Closed)??;
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            clock,
            order: config.xmltv,
            db: Mutex::new(db),
            importing: tokio::sync::Mutex::default(),
            names: Mutex::default(),
            updates: watch::Sender::new(0),
            worker: Mutex::default(),
        });
        if let Err(error) = shared.look_again().await {
            shared.mend(&error)?;
        }
        let worker = refresh::Worker::new(Arc::downgrade(&shared), &shared.order, config.refresh);
        *lock(&shared.worker) = Some(tokio::spawn(worker.run()).abort_handle());
        Ok(Self { shared })
    }

    /// Replaces what is known from `source` by the XMLTV (plain, gzip or xz) that `reader` gives.
    ///
    /// Readers see the old events until the new ones are all there. What was over a day ago is left out.
    ///
    /// # Errors
    /// [`Error::Format`] if it is no XMLTV (the old events stay), [`Error::Store`] if it cannot be kept.
    pub async fn import<R: Read + Send + 'static>(
        &self,
        source: &str,
        reader: R,
    ) -> Result<Imported, Error> {
        self.shared.import(source, "", reader).await
    }

    /// Says which channels the household has; events of others are kept but not shown.
    ///
    /// A channel's events are those of its `guide_id`, else of the guide channel that has its id,
    /// else of one that has its name.
    pub fn set_line_up(&self, channels: &[Channel]) {
        let mut names = lock(&self.shared.names);
        channels.clone_into(&mut names.channels);
        names.join();
        drop(names);
        self.shared.updates.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Returns the channels that the guide has, of all sources.
    #[must_use]
    pub fn channels(&self) -> Vec<GuideChannel> {
        let names = lock(&self.shared.names);
        let channel = |known: &Known| GuideChannel {
            id: known.place.guide_id.clone(),
            names: known.names.clone(),
        };
        names.known.iter().map(channel).collect()
    }

    /// Tells of new events or a new line-up: the number grows with every change.
    #[must_use]
    pub fn updates(&self) -> watch::Receiver<u64> {
        self.shared.updates.subscribe()
    }
}

impl Shared {
    /// Runs `work` on the reading connection; a corrupt file is replaced by an empty one.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let result = self.db().read(work).await;
        if let Err(error) = &result {
            // The caller gets the first error all the same; the next question finds an empty guide.
            self.mend(error)?;
        }
        result
    }

    /// Returns how channels join now.
    pub(crate) fn line_up(&self) -> Arc<LineUp> {
        Arc::clone(&lock(&self.names).line_up)
    }

    pub(crate) async fn import<R: Read + Send + 'static>(
        &self,
        source: &str,
        stamp: &str,
        reader: R,
    ) -> Result<Imported, Error> {
        let _one = self.importing.lock().await;
        let result = import::import(&self.db(), source, stamp, reader, self.clock.now()).await;
        match &result {
            Ok(_) => {
                self.look_again().await?;
                self.updates.send_modify(|n| *n = n.wrapping_add(1));
            }
            Err(error) => self.mend(error)?,
        }
        // Last, since it takes as long as the import, and nobody sees it.
        import::clean(&self.db()).await?;
        result
    }

    /// Reads the guide's channels anew, and joins them with the household's.
    async fn look_again(&self) -> Result<(), Error> {
        let order = self.order.clone();
        let known =
            self.db().read(move |conn| Ok::<_, Error>(line_up::known(conn, &order)?)).await?;
        let mut names = lock(&self.names);
        names.known = known;
        names.join();
        Ok(())
    }

    /// Drops and rebuilds the file if `error` says that it is corrupt; sources are then fetched anew.
    fn mend(&self, error: &Error) -> Result<(), Error> {
        if schema::is_corrupt(error) {
            tracing::info!("the guide is built anew");
            *lock(&self.db) = schema::rebuild(&self.path)?;
        }
        Ok(())
    }

    fn db(&self) -> Database {
        lock(&self.db).clone()
    }
}

impl Names {
    fn join(&mut self) {
        self.line_up = Arc::new(LineUp::join(&self.channels, &self.known));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(worker) = lock(&self.worker).take() {
            worker.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
