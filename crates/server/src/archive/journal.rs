//! The queue in front of the archive's writer. A message gets its id and its place here and is delivered
//! at once; everything that waits is written in one transaction, and then its [`Ticket`] is durable.
//!
//! Whoever promises that a message is safe (XEP-0198) waits for its ticket: that of the last message
//! pushed is never too early. Everybody else does not wait, until the queue is full.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use televisor_clock::Clock;
use televisor_store::{Database, Error};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use crate::archive::writing::{self, Addresses};
use crate::archive::{ArchiveId, Entry, Names};
use crate::storage::unacknowledged;
use crate::stream_management::counted::{self, Counted, Handled};
use crate::stream_management::unacknowledged::Unacknowledged;

/// Messages waiting for the writer, and their bytes; whoever has one more waits.
const MESSAGES: usize = 8192;
const BYTES: usize = 8 * 1024 * 1024;

/// How many are worth writing without waiting for more.
const ENOUGH: usize = 2048;

/// How long the first of a batch waits for company, as nobody waits for it: a commit costs the same for
/// one message as for a hundred.
const GATHERING: Duration = Duration::from_millis(10);

/// How long a batch waits for more that has so many in it by then: where much is said, the rows of many
/// archives change in each commit, and the more of them change together, the less each costs.
const MORE: Duration = Duration::from_millis(40);
const MANY: usize = 64;

/// How long the news that clients have received something waits for a batch to go with.
const IDLY: Duration = Duration::from_secs(1);

/// How long a message waits for room before it is refused.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pause before a batch that the disk refused is written again.
const AGAIN: Duration = Duration::from_secs(1);

/// Counts what was pushed. It is on disk when [`Journal::durable`] has reached it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ticket(u64);

/// The way to the archive. Its background task ends after it is dropped, with everything written.
pub struct Journal {
    shared: Arc<Shared>,
    names: Names,
    addresses: Arc<Mutex<Addresses>>,
}

struct Shared {
    queue: Mutex<Queue>,
    clock: Clock,
    durable: watch::Sender<Ticket>,
    /// Something waits.
    filled: Notify,
    /// Somebody waits for it, or there is enough.
    urgent: Notify,
    /// There is room again.
    emptied: Notify,
}

struct Queue {
    waiting: Vec<(ArchiveId, Entry)>,
    /// What sessions have handled with the last of it.
    handled: Vec<Handled>,
    /// What clients were sent, after all of it.
    sent: Vec<Unacknowledged>,
    /// Sessions whose clients have received something since.
    received: Vec<Arc<Counted>>,
    bytes: usize,
    last: ArchiveId,
    pushed: Ticket,
    closed: bool,
}

impl Queue {
    const fn is_full(&self) -> bool {
        self.waiting.len() >= MESSAGES || self.bytes >= BYTES
    }

    /// Whether there is nothing that somebody could wait for.
    const fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.sent.is_empty()
    }

    /// Counts something more that somebody can wait for, of so many bytes.
    fn count(&mut self, bytes: usize) {
        self.pushed = Ticket(self.pushed.0.saturating_add(1));
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn next_id(&mut self, clock: &Clock) -> ArchiveId {
        self.last = self.last.next(clock.now());
        self.last
    }
}

/// What is written in one transaction.
struct Batch {
    messages: Vec<(ArchiveId, Entry)>,
    handled: Vec<Handled>,
    sent: Vec<Unacknowledged>,
    received: Vec<Arc<Counted>>,
    last: ArchiveId,
}

/// There is no room: the disk does not take what is written, or much too slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Journal {
    /// Starts the writer. Ids go on after those in the file.
    ///
    /// # Errors
    /// Whatever reading the last id meets.
    pub(crate) async fn open(store: &Database, clock: Clock, names: Names) -> Result<Self, Error> {
        let last = store.read(last_id).await?;
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue {
                waiting: Vec::new(),
                handled: Vec::new(),
                sent: Vec::new(),
                received: Vec::new(),
                bytes: 0,
                last,
                pushed: Ticket::default(),
                closed: false,
            }),
            clock,
            durable: watch::Sender::new(Ticket::default()),
            filled: Notify::new(),
            urgent: Notify::new(),
            emptied: Notify::new(),
        });
        let addresses = Arc::default();
        let writer = Writer {
            shared: Arc::clone(&shared),
            store: store.clone(),
            addresses: Arc::clone(&addresses),
        };
        tokio::spawn(writer.run());
        Ok(Self { shared, names, addresses })
    }

    /// Returns once there is room for more.
    ///
    /// # Errors
    /// [`Full`] if the disk takes too little for too long: the message must be refused.
    pub(crate) async fn room(&self) -> Result<(), Full> {
        if !self.shared.lock().is_full() {
            return Ok(());
        }
        let waited = timeout(PATIENCE, async {
            loop {
                // Listening before looking: the room may come in between.
                let emptied = self.shared.emptied.notified();
                if !self.shared.lock().is_full() {
                    return;
                }
                emptied.await;
            }
        });
        waited.await.map_err(|_| Full)
    }

    /// Puts an entry in and returns its id. Never waits: [`Journal::room`] comes before it.
    pub(crate) fn push(&self, entry: Entry) -> ArchiveId {
        self.shared.push(entry, None)
    }

    /// The same, together with what the session that said it has handled with it.
    pub(crate) fn push_counted(&self, entry: Entry, handled: Option<Handled>) -> ArchiveId {
        self.shared.push(entry, handled)
    }

    /// Puts in a message that a client was sent, to be on disk until it is acknowledged.
    pub(crate) fn push_sent(&self, message: Unacknowledged) {
        self.shared.push_sent(message);
    }

    /// Returns an id for a message that is not archived.
    pub(crate) fn next_id(&self) -> ArchiveId {
        self.shared.lock().next_id(&self.shared.clock)
    }

    /// Notes that a client has received something that is on disk. That is dropped there in time.
    pub(crate) fn received(&self, counted: &Arc<Counted>) {
        self.shared.received(counted);
    }

    /// Forgets the numbers of addresses: one of them is another's from now on.
    pub(crate) fn forget_addresses(&self) {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner).forget();
    }

    /// Returns what tells whether the journal is still there.
    pub(crate) fn is_open(&self) -> impl Fn() -> bool + Send + 'static {
        let shared = Arc::downgrade(&self.shared);
        move || shared.upgrade().is_some_and(|shared| !shared.lock().closed)
    }

    /// Returns what archive ids are called outside.
    pub(crate) const fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the ticket of the last message pushed: nothing handled so far has a later one.
    #[must_use]
    pub fn last(&self) -> Ticket {
        self.shared.lock().pushed
    }

    /// Returns the last ticket that is on disk.
    #[must_use]
    pub fn durable(&self) -> Ticket {
        *self.shared.durable.borrow()
    }

    /// Returns when everything up to `ticket` is on disk, without hurrying anybody.
    pub async fn until(&self, ticket: Ticket) {
        // The sender is ours, so that the wait cannot fail.
        let _ = self.shared.durable.subscribe().wait_for(|durable| *durable >= ticket).await;
    }

    /// Writes everything pushed so far at once, and returns when it is on disk.
    pub async fn flush(&self) {
        let last = self.last();
        if self.durable() < last {
            self.shared.urgent.notify_one();
            self.until(last).await;
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_one();
        self.shared.urgent.notify_one();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("durable", &self.durable()).finish_non_exhaustive()
    }
}

impl Shared {
    fn push(&self, entry: Entry, handled: Option<Handled>) -> ArchiveId {
        let mut queue = self.lock();
        let was_empty = queue.is_empty();
        let id = queue.next_id(&self.clock);
        queue.count(entry.stanza.len());
        queue.waiting.push((id, entry));
        if let Some(handled) = handled {
            match queue.handled.iter_mut().find(|known| known.id == handled.id) {
                Some(known) => *known = handled,
                None => queue.handled.push(handled),
            }
        }
        let waiting = queue.waiting.len();
        drop(queue);
        if was_empty {
            self.filled.notify_one();
        } else if waiting == ENOUGH {
            self.urgent.notify_one();
        }
        id
    }

    fn push_sent(&self, message: Unacknowledged) {
        let mut queue = self.lock();
        let was_empty = queue.is_empty();
        queue.count(message.stanza.len());
        queue.sent.push(message);
        drop(queue);
        if was_empty {
            self.filled.notify_one();
        }
    }

    fn received(&self, counted: &Arc<Counted>) {
        let mut queue = self.lock();
        if queue.received.iter().any(|known| Arc::ptr_eq(known, counted)) {
            return;
        }
        queue.received.push(Arc::clone(counted));
        if queue.received.len() == 1 && queue.is_empty() {
            drop(queue);
            self.filled.notify_one();
        }
    }

    /// Takes everything that waits, and the ticket of the last of it.
    fn take(&self) -> (Batch, Ticket) {
        let mut queue = self.lock();
        queue.bytes = 0;
        let messages = std::mem::take(&mut queue.waiting);
        let handled = std::mem::take(&mut queue.handled);
        let sent = std::mem::take(&mut queue.sent);
        let received = std::mem::take(&mut queue.received);
        (Batch { messages, handled, sent, received, last: queue.last }, queue.pushed)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what the journal holds.
struct Writer {
    shared: Arc<Shared>,
    store: Database,
    addresses: Arc<Mutex<Addresses>>,
}

impl Writer {
    async fn run(self) {
        loop {
            let (empty, idle, closed) = {
                let queue = self.shared.lock();
                (queue.is_empty(), queue.received.is_empty(), queue.closed)
            };
            match (empty, closed) {
                (true, true) if idle => return,
                (true, false) if idle => {
                    self.shared.filled.notified().await;
                    continue;
                }
                (true, false) => drop(timeout(IDLY, self.shared.filled.notified()).await),
                // Whether it was time or somebody's hurry does not matter.
                (false, false) => self.gather().await,
                (_, true) => {}
            }
            let (batch, last) = self.shared.take();
            self.shared.emptied.notify_waiters();
            if !self.write(batch).await {
                return;
            }
            self.shared.durable.send_replace(last);
        }
    }

    /// Waits for more, unless there is enough or somebody waits.
    async fn gather(&self) {
        let urgent = timeout(GATHERING, self.shared.urgent.notified()).await.is_ok();
        if !urgent && self.shared.lock().waiting.len() >= MANY {
            drop(timeout(MORE, self.shared.urgent.notified()).await);
        }
    }

    /// Writes a batch, again and again if the disk refuses it: what has been delivered is not dropped.
    /// Returns whether it is written; it never will be when the database is closed.
    async fn write(&self, batch: Batch) -> bool {
        let batch = Arc::new(batch);
        loop {
            let (batch, addresses) = (Arc::clone(&batch), Arc::clone(&self.addresses));
            let written = self.store.append(move |conn| {
                let mut addresses = addresses.lock().unwrap_or_else(PoisonError::into_inner);
                writing::write(conn, &mut addresses, &batch.messages)?;
                counted::write(conn, batch.last, &batch.handled)?;
                batch.sent.iter().try_for_each(|sent| unacknowledged::write(conn, sent))?;
                batch.received.iter().try_for_each(|counted| {
                    let session = counted.id().unwrap_or_default();
                    unacknowledged::drop_until(conn, session, counted.to_drop())
                })
            });
            match written.await {
                Ok(()) => return true,
                Err(Error::Closed) if self.is_closed() => return false,
                Err(error) => tracing::error!(%error, "messages could not be archived yet"),
            }
            self.addresses.lock().unwrap_or_else(PoisonError::into_inner).forget();
            sleep(AGAIN).await;
        }
    }

    fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }
}

/// Returns the greatest id that was ever given, as far as the file knows.
fn last_id(conn: &televisor_store::rusqlite::Connection) -> Result<ArchiveId, Error> {
    let sql = "SELECT max(last) FROM (
        SELECT max(id) AS last FROM xmpp_archive_message
        UNION ALL SELECT max(archive_id) FROM xmpp_offline
        UNION ALL SELECT max(archive_id) FROM xmpp_unacknowledged)";
    let last: Option<i64> = conn.query_row(sql, [], |row| row.get(0))?;
    Ok(ArchiveId::new(last.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Side;
    use crate::storage::tables::PART;

    fn store(folder: &tempfile::TempDir) -> Database {
        Database::open(&folder.path().join("a.db"), &[PART]).unwrap()
    }

    async fn journal(store: &Database) -> Journal {
        Journal::open(store, Clock::system(), Names::new(&[0; 32])).await.unwrap()
    }

    fn entry(stanza: &str) -> Entry {
        let side = |account: &str, contact: &str| {
            Some(Side { account: account.to_owned(), contact: contact.to_owned(), resource: 0 })
        };
        Entry {
            stanza: stanza.to_owned().into(),
            sender: side("ann", "bob@"),
            recipient: side("bob", "ann@"),
            kept: None,
        }
    }

    async fn rows(store: &Database, table: &'static str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let count = store.read(move |conn| Ok::<_, Error>(conn.query_row(&sql, [], |r| r.get(0))?));
        count.await.unwrap()
    }

    #[tokio::test]
    async fn what_is_durable_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let journal = journal(&store).await;
        for _ in 0..3 {
            journal.push(entry("<message/>"));
        }
        let last = journal.last();
        journal.until(last).await;
        assert_eq!(journal.durable(), last);
        assert_eq!(rows(&store, "xmpp_archive_message").await, 3);
        assert_eq!(rows(&store, "xmpp_archive").await, 6);
    }

    #[tokio::test]
    async fn ids_go_on_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = journal(&store(&folder)).await;
        let before = first.push(entry("<message/>"));
        first.flush().await;
        drop(first);
        let past = jiff::civil::date(2001, 1, 1).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
        let clock = Clock::manual(&past);
        let again = Journal::open(&store(&folder), clock, Names::new(&[0; 32])).await.unwrap();
        assert!(again.push(entry("<message/>")) > before);
    }

    #[tokio::test]
    async fn the_journal_that_is_dropped_writes_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let journal = journal(&store).await;
        journal.push(entry("<message/>"));
        let (last, mut durable) = (journal.last(), journal.shared.durable.subscribe());
        drop(journal);
        assert!(durable.wait_for(|durable| *durable >= last).await.is_ok());
        assert_eq!(rows(&store, "xmpp_archive_message").await, 1);
    }

    #[tokio::test]
    async fn a_full_queue_has_room_again_when_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(&store(&folder)).await;
        let large = "x".repeat(BYTES);
        journal.push(entry(&large));
        assert!(journal.shared.lock().is_full());
        assert_eq!(journal.room().await, Ok(()));
        assert!(!journal.shared.lock().is_full());
    }
}
