//! One stream of changes out of those of the services, and what follows from them inside.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::SignedDuration;
use televisor_clock::Clock;
use televisor_dvr::Dvr;
use televisor_guide::Guide;
use televisor_model::Change;
use televisor_tuner::Tuner;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::Household;

/// Titles so far ahead are known by heart.
const TITLES_AHEAD: SignedDuration = SignedDuration::from_hours(15 * 24);

/// Titles that have been shown are forgotten, and devices whose time is up dropped, so often.
const TIDIED_EVERY: Duration = Duration::from_secs(15 * 60);

/// The titles to come, shared with the queries.
pub(crate) type Titles = Arc<RwLock<Arc<[String]>>>;

/// Carries changes from the services to the edges.
pub(crate) struct Relay {
    pub(crate) clock: Clock,
    pub(crate) guide: Guide,
    pub(crate) tuner: Tuner,
    pub(crate) household: Household,
    pub(crate) titles: Titles,
    pub(crate) changes: broadcast::Sender<Change>,
}

impl Relay {
    /// Works until told to go down, or until the receiver is gone.
    pub(crate) async fn run(self, dvr: Dvr, mut going_down: watch::Receiver<bool>) {
        let mut recordings = dvr.changes();
        // The recorder must end with the last handle to the receiver, not with this worker.
        drop(dvr);
        let mut line_up = self.tuner.channels();
        let mut updates = self.guide.updates();
        line_up.mark_changed();
        updates.mark_unchanged();
        let mut tidy = interval(TIDIED_EVERY);
        tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                change = recordings.recv() => match change {
                    Ok(change) => self.tell(change),
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "changes of the recorder were missed");
                    }
                    Err(RecvError::Closed) => return,
                },
                Ok(()) = line_up.changed() => {
                    let channels = line_up.borrow_and_update().clone();
                    self.guide.set_line_up(&channels);
                    self.read_titles().await;
                    self.tell(Change::Channels);
                }
                Ok(()) = updates.changed() => {
                    updates.mark_unchanged();
                    self.read_titles().await;
                    self.tell(Change::Guide);
                }
                _ = tidy.tick() => self.tidy().await,
                _ = going_down.changed() => return,
            }
        }
    }

    fn tell(&self, change: Change) {
        // Nobody listening is no failure.
        drop(self.changes.send(change));
    }

    async fn tidy(&self) {
        if let Err(error) = self.household.drop_expired().await {
            tracing::error!(%error, "devices whose time is up could not be dropped");
        }
        self.read_titles().await;
    }

    async fn read_titles(&self) {
        let now = self.clock.now();
        let until = now.saturating_add(TITLES_AHEAD).unwrap_or(now);
        match self.guide.upcoming_titles(now, until).await {
            Ok(found) => {
                let titles: Arc<[String]> = found.into_iter().map(|(title, _)| title).collect();
                *self.titles.write().unwrap_or_else(PoisonError::into_inner) = titles;
            }
            Err(error) => tracing::warn!(%error, "the guide's titles could not be read"),
        }
    }
}
