//! Streams that other servers opened and that broke: kept for a while, to be resumed (XEP-0198
//! section 5). Whoever resumes must have authenticated as the same domain again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::management::Management;

/// How long a broken stream is kept, as the peer is told.
pub(super) const KEPT: Duration = Duration::from_secs(120);

/// How many are kept.
const MOST: usize = 64;

/// How long a stream that is replaced may take to let go.
const LET_GO: Duration = Duration::from_secs(5);

/// Streams that can be resumed, by their id.
#[derive(Debug, Default)]
pub(super) struct Parked {
    streams: Mutex<HashMap<String, Entry>>,
    /// How many streams were ever kept.
    count: AtomicU64,
    came: Notify,
}

#[derive(Debug)]
struct Entry {
    domain: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Still open, as far as we know; the token ends it.
    Open(CancellationToken),
    /// Broken, and kept under this number.
    Broken(Box<Management>, u64),
}

impl Parked {
    /// Notes an open stream that may be resumed later.
    pub(super) fn open(&self, id: &str, domain: &str, end: CancellationToken) -> bool {
        let mut streams = self.lock();
        let room = streams.len() < MOST;
        if room {
            let entry = Entry { domain: domain.to_owned(), place: Place::Open(end) };
            streams.insert(id.to_owned(), entry);
        }
        room
    }

    /// Keeps a broken stream, if it was noted, and returns a number for [`Self::expire`]. Gives it
    /// back otherwise.
    pub(super) fn park(&self, id: &str, management: Management) -> Result<u64, Management> {
        let mut streams = self.lock();
        let Some(entry) = streams.get_mut(id) else { return Err(management) };
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        entry.place = Place::Broken(Box::new(management), number);
        drop(streams);
        self.came.notify_waiters();
        Ok(number)
    }

    /// Forgets a stream for which nobody came back since it was kept under this number. One that
    /// was resumed in between stays, be it open or broken again.
    pub(super) fn expire(&self, id: &str, number: u64) -> Option<Management> {
        let mut streams = self.lock();
        let kept = |entry: &Entry| matches!(entry.place, Place::Broken(_, n) if n == number);
        streams.get(id).filter(|entry| kept(entry))?;
        match streams.remove(id)?.place {
            Place::Open(_) => None,
            Place::Broken(management, _) => Some(*management),
        }
    }

    /// Forgets a stream that ended in order.
    pub(super) fn forget(&self, id: &str) -> Option<Management> {
        match self.lock().remove(id)?.place {
            Place::Open(_) => None,
            Place::Broken(management, _) => Some(*management),
        }
    }

    /// Takes a stream of this domain to go on with it. One that is still open is ended first.
    pub(super) async fn resume(&self, id: &str, domain: &str) -> Option<Management> {
        let deadline = Instant::now() + LET_GO;
        loop {
            let came = self.came.notified();
            {
                let mut streams = self.lock();
                let entry = streams.get(id).filter(|entry| entry.domain == domain)?;
                match &entry.place {
                    Place::Open(end) => end.cancel(),
                    Place::Broken(..) => match streams.remove(id)?.place {
                        Place::Broken(management, _) => return Some(*management),
                        Place::Open(_) => return None,
                    },
                }
            }
            timeout_at(deadline, came).await.ok()?;
        }
    }

    /// Takes out every broken stream of a domain that starts afresh instead of resuming.
    pub(super) fn give_up(&self, domain: &str) -> Vec<Management> {
        let mut streams = self.lock();
        let broken = |_: &String, entry: &mut Entry| {
            entry.domain == domain && matches!(entry.place, Place::Broken(..))
        };
        let taken = streams.extract_if(broken).filter_map(|(_, entry)| match entry.place {
            Place::Open(_) => None,
            Place::Broken(management, _) => Some(*management),
        });
        taken.collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn only_the_same_domain_resumes_and_only_once() {
        let parked = Parked::default();
        assert!(parked.open("a", "example.org", CancellationToken::new()));
        let mut management = Management::default();
        management.handled();
        assert!(parked.park("a", management).is_ok());
        assert!(parked.resume("a", "example.net").await.is_none());
        assert_eq!(parked.resume("a", "example.org").await.unwrap().handled, 1);
        assert!(parked.resume("a", "example.org").await.is_none());
    }

    #[tokio::test]
    async fn a_stream_that_still_seems_open_is_ended_and_gone_on_with() {
        let parked = Arc::new(Parked::default());
        let end = CancellationToken::new();
        parked.open("a", "example.org", end.clone());
        let resuming = tokio::spawn({
            let parked = Arc::clone(&parked);
            async move { parked.resume("a", "example.org").await.is_some() }
        });
        end.cancelled().await;
        parked.park("a", Management::default()).unwrap();
        assert!(resuming.await.unwrap());
    }

    #[tokio::test]
    async fn a_stream_that_was_resumed_does_not_expire_for_having_been_broken_before() {
        let parked = Parked::default();
        parked.open("a", "example.org", CancellationToken::new());
        let first = parked.park("a", Management::default()).unwrap();
        parked.resume("a", "example.org").await.unwrap();
        parked.open("a", "example.org", CancellationToken::new());
        assert!(parked.expire("a", first).is_none());
        let second = parked.park("a", Management::default()).unwrap();
        assert!(parked.expire("a", first).is_none());
        assert!(parked.expire("a", second).is_some());
        assert!(parked.resume("a", "example.org").await.is_none());
    }

    #[tokio::test]
    async fn who_starts_afresh_gets_what_was_kept_by_another_way() {
        let parked = Parked::default();
        parked.open("a", "example.org", CancellationToken::new());
        parked.park("a", Management::default()).unwrap();
        assert_eq!(parked.give_up("example.net").len(), 0);
        assert_eq!(parked.give_up("example.org").len(), 1);
        assert!(parked.forget("a").is_none());
    }
}
