//! The handle: the tasks that open the door, keep the records and renew the certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use televisor_clock::Clock;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::acme::Renewer;
use crate::board::Board;
use crate::{Config, Identity, State, dns, mapper};

/// How long taking the door down may hold up the end of the program.
const GOODBYE: Duration = Duration::from_secs(3);

/// The receiver's own ports behind the well-known ones. 0: that service is not offered outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Ours for 5222.
    pub client: u16,
    /// Ours for 5269.
    pub server: u16,
}

/// What the tasks of this crate share. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    pub(crate) config: Arc<Config>,
    pub(crate) ports: Ports,
    /// Where certificates are kept.
    pub(crate) tls_folder: PathBuf,
    /// Where a new public certificate is put to use.
    pub(crate) identity: Identity,
    pub(crate) clock: Clock,
    pub(crate) board: Board,
    /// Every task ends soon after this is cancelled.
    pub(crate) stop: CancellationToken,
}

/// The way in from outside. Cheap to clone; the tasks run until [`Reach::shutdown`].
#[derive(Debug, Clone)]
pub struct Reach {
    board: Board,
    stop: CancellationToken,
    running: TaskTracker,
}

impl Reach {
    /// Starts the tasks, on the current tokio runtime. `tls_folder` is where `identity` is kept.
    #[must_use]
    pub fn start(
        config: Config,
        ports: Ports,
        tls_folder: &Path,
        identity: Identity,
        clock: Clock,
    ) -> Self {
        let board = Board::new(&config);
        let stop = CancellationToken::new();
        let tasks = Tasks {
            config: Arc::new(config),
            ports,
            tls_folder: tls_folder.to_path_buf(),
            identity,
            clock,
            board: board.clone(),
            stop: stop.clone(),
        };
        let running = TaskTracker::new();
        // Not in a task: the certificate that is kept is there for the first who comes.
        let renewer = Renewer::new(tasks.clone());
        if tasks.config.enabled {
            running.spawn(dns::run(tasks.clone()));
            if let Some(renewer) = renewer {
                running.spawn(renewer.run());
            }
        }
        running.spawn(mapper::run(tasks));
        running.close();
        Self { board, stop, running }
    }

    /// Returns the state, and what becomes of it.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.board.state()
    }

    /// Takes back what routers were asked for, and ends the tasks; within 3 s.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        if timeout(GOODBYE, self.running.wait()).await.is_err() {
            tracing::info!("the router did not answer in time; what is mapped there runs out");
        }
    }
}
