//! The worker that keeps the roster true.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use televisor_discovery::service::PRESENCE;
use televisor_discovery::{Browser, Config, Error, Seen};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::name::PeerName;
use crate::near::Near;
use crate::roster::Roster;

/// How long to wait before multicast is tried again when it could not be had.
const RETRY: Duration = Duration::from_secs(10);
/// How often the bounds of the browser are looked at.
const TICK: Duration = Duration::from_secs(5);
/// How long a new search has to see everybody again: questions go out after 0, 1, 3 and 7 seconds.
const SEARCH: Duration = Duration::from_secs(9);
/// A peer is not asked after more often than an answer takes (RFC 6762 section 10.4).
const VERIFY: Duration = Duration::from_secs(10);
/// How many records the browser may remember for each peer the roster has room for: others of the
/// same type are remembered too, and one peer has several addresses.
const RECORDS: usize = 16;

/// Keeps the roster true until `stop`.
pub(crate) struct Watching {
    pub(crate) config: Config,
    pub(crate) limit: usize,
    pub(crate) roster: Arc<Roster>,
    pub(crate) doubted: mpsc::Receiver<PeerName>,
    /// Since when the link is listened to.
    pub(crate) listening: watch::Sender<Option<Instant>>,
    pub(crate) stop: CancellationToken,
}

/// Why a search ended.
enum End {
    Stop,
    /// Search again with the same browser.
    Search,
    /// The browser has ended, or remembers too much.
    Browser,
}

/// What one search is waiting for.
struct Search {
    began: Instant,
    swept: bool,
    /// Somebody was doubted who shows only in a new search.
    again: bool,
    verified: HashMap<PeerName, Instant>,
    /// The networks we were on when it began: on others, other addresses are near.
    near: Near,
}

impl Watching {
    /// Runs until `stop`. When multicast cannot be had, it is tried again and again.
    pub(crate) async fn run(mut self, first: Browser) {
        let stop = self.stop.clone();
        let mut browser = Some(first);
        loop {
            let open = browser.take().map_or_else(|| Browser::open(&self.config), Ok);
            let stopped = match open {
                Ok(browser) => {
                    let stopped = self.with(&browser).await;
                    browser.close().await;
                    stopped
                }
                Err(error) => {
                    warn!(%error, "the link cannot be watched");
                    false
                }
            };
            if stopped || stop.run_until_cancelled(sleep(RETRY)).await.is_none() {
                return;
            }
        }
    }

    /// Searches with one browser; says whether all is to end.
    async fn with(&mut self, browser: &Browser) -> bool {
        loop {
            self.roster.search_anew();
            match self.search(browser).await {
                Ok(End::Search) => {}
                Ok(End::Stop) => return true,
                Ok(End::Browser) => return false,
                Err(error) => {
                    debug!(%error, "the search has ended");
                    return false;
                }
            }
        }
    }

    async fn search(&mut self, browser: &Browser) -> Result<End, Error> {
        let mut browsing = browser.browse(PRESENCE)?;
        let began = Instant::now();
        self.listening.send_if_modified(|since| since.replace(began).is_none());
        let near = Near::now(&self.config);
        let verified = HashMap::new();
        let mut search = Search { began, swept: false, again: false, verified, near };
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Ok(End::Stop),
                seen = browsing.next() => match seen {
                    Some(seen) => if self.take(seen) { return Ok(End::Search) },
                    None => return Ok(End::Browser),
                },
                Some(name) = self.doubted.recv() => if self.verify(browser, &mut search, name)? {
                    return Ok(End::Search);
                },
                () = sleep_until(search.began + SEARCH), if !search.swept => {
                    search.swept = true;
                    self.roster.sweep();
                    if search.again {
                        return Ok(End::Search);
                    }
                }
                _ = tick.tick() => {
                    search.verified.retain(|_, at| at.elapsed() < VERIFY);
                    // No answer: the daemon is too busy with what it hears.
                    let remembered = timeout(TICK, browser.remembered()).await;
                    if remembered.unwrap_or(Ok(usize::MAX))? > RECORDS * self.limit {
                        warn!("too many peers are announced: forgetting them and looking again");
                        return Ok(End::Browser);
                    }
                    let moved = search.near != Near::now(&self.config);
                    if search.swept && (moved || self.roster.has_room_for_more()) {
                        return Ok(End::Search);
                    }
                }
            }
        }
    }

    /// Takes in what was seen; says whether to search again.
    fn take(&self, seen: Seen) -> bool {
        match seen {
            Seen::Found(found) => {
                self.roster.see(&found, &Near::now(&self.config));
                false
            }
            // The daemon could not ask for its SRV record again, and now it has expired: whether
            // it is still there shows in a new search.
            Seen::Gone(name) if cannot_be_asked_for(&name) => true,
            Seen::Gone(name) => {
                self.roster.gone(&PeerName::new(name));
                false
            }
        }
    }

    /// Asks after a peer that could not be reached; says whether to search again instead.
    fn verify(
        &self,
        browser: &Browser,
        search: &mut Search,
        name: PeerName,
    ) -> Result<bool, Error> {
        if cannot_be_asked_for(name.as_str()) {
            search.again = true;
            return Ok(search.swept);
        }
        // The name as it was announced: the daemon compares with case.
        let Some(peer) = self.roster.peer(&name) else { return Ok(false) };
        let asked = search.verified.get(&peer.name).is_some_and(|at| at.elapsed() < VERIFY);
        if !asked {
            browser.verify(PRESENCE, peer.name.as_str())?;
            search.verified.insert(peer.name, Instant::now());
        }
        Ok(false)
    }
}

/// Names with a dot or a backslash are written wrongly by the daemon when it asks for them.
fn cannot_be_asked_for(name: &str) -> bool {
    name.contains(['.', '\\'])
}

#[cfg(test)]
mod tests;
