//! The worker that looks at the sources again: one after the other, each at its own time.

use std::sync::Weak;
use std::time::Duration;

use jiff::SignedDuration;
use televisor_fetch::{Location, WebClient};
use televisor_store::rusqlite::OptionalExtension as _;
use tokio::time::{Instant, sleep_until};

use crate::fetch::{fetch, web_client};
use crate::guide::Shared;
use crate::{Error, Imported};

/// A file is looked at this often whatever `refresh` says: looking costs nothing.
const LOOK: Duration = Duration::from_secs(60);

/// The first and the longest wait after a failure.
const RETRY_MIN: Duration = Duration::from_secs(30);
const RETRY_MAX: Duration = Duration::from_secs(3600);

/// The shortest `refresh` that is kept to.
const REFRESH_MIN: SignedDuration = SignedDuration::from_secs(1);

pub(crate) struct Worker {
    /// Weak, so that the guide can end while this sleeps.
    shared: Weak<Shared>,
    sources: Vec<Source>,
    refresh: Duration,
    web: WebClient,
}

struct Source {
    text: String,
    location: Location,
    due: Instant,
    failures: u32,
}

impl Worker {
    pub(crate) fn new(shared: Weak<Shared>, sources: &[String], refresh: SignedDuration) -> Self {
        let source = |text: &String| Source {
            text: text.clone(),
            location: Location::parse(text),
            due: Instant::now(),
            failures: 0,
        };
        Self {
            shared,
            sources: sources.iter().map(source).collect(),
            refresh: refresh.max(REFRESH_MIN).unsigned_abs(),
            web: web_client(),
        }
    }

    pub(crate) async fn run(mut self) {
        loop {
            let Some(next) = self.sources.iter_mut().min_by_key(|source| source.due) else {
                return;
            };
            sleep_until(next.due).await;
            let Some(shared) = self.shared.upgrade() else { return };
            let wait = match look(&shared, next, &self.web).await {
                Ok(imported) => {
                    next.failures = 0;
                    if let Some(Imported { events, skipped, .. }) = imported {
                        let guide = next.location.name();
                        tracing::info!(guide, events, skipped, "the guide was refreshed");
                    }
                    match next.location {
                        Location::File(_) => self.refresh.min(LOOK),
                        Location::Web(_) => self.refresh,
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot refresh the guide");
                    next.failures = next.failures.saturating_add(1);
                    let doubled = RETRY_MIN.saturating_mul(1 << next.failures.min(10));
                    (doubled / 2).min(RETRY_MAX)
                }
            };
            next.due = Instant::now() + wait;
        }
    }
}

/// Imports a source if it has changed.
async fn look(
    shared: &Shared,
    source: &Source,
    web: &WebClient,
) -> Result<Option<Imported>, Error> {
    let text = source.text.clone();
    let stamp: Option<String> = shared
        .read(move |conn| {
            let query = "SELECT stamp FROM source WHERE location = ?1 AND current > 0";
            Ok(conn.query_row(query, [text], |r| r.get(0)).optional()?)
        })
        .await?;
    let fetched = fetch(&source.location, web, &stamp.unwrap_or_default()).await;
    let fetched =
        fetched.map_err(|reason| Error::Fetch { location: source.location.name(), reason })?;
    let Some(fetched) = fetched else { return Ok(None) };
    shared.import(&source.text, &fetched.stamp, fetched.reader).await.map(Some)
}
