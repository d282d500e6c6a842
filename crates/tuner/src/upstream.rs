//! The worker that reads one source for all its readers, and the table of those workers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use televisor_broadcast::ts::{Aligner, PACKET_LEN};
use televisor_fetch::WebClient;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant, sleep, timeout, timeout_at};

use crate::input::Input;
use crate::source::Source;
use crate::subscription::{Lost, Subscription};

/// Blocks that a reader may be behind: some ten seconds of a usual channel.
const BEHIND: usize = 512;

/// A block is given out when it is this long, or this old: readers write files, and many short writes
/// cost more than a little delay.
const BLOCK: usize = 348 * PACKET_LEN;
const BLOCK_AGE: Duration = Duration::from_millis(20);

/// No packet for so long means no signal; the longest pause of a live source is a few seconds.
const SILENCE: Duration = Duration::from_secs(10);

/// How long a source stays open without readers: a person who changes channels comes back.
const LINGER: Duration = Duration::from_secs(2);

/// The first and the longest wait between two tries.
const RETRY_MIN: Duration = Duration::from_millis(250);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// All upstreams there are.
#[derive(Debug, Clone)]
pub(crate) struct Upstreams {
    web: WebClient,
    open: Arc<Mutex<HashMap<Source, Upstream>>>,
}

#[derive(Debug)]
struct Upstream {
    blocks: broadcast::Sender<Result<Bytes, Lost>>,
    worker: AbortHandle,
}

impl Upstreams {
    pub(crate) fn new(web: WebClient) -> Self {
        Self { web, open: Arc::default() }
    }

    /// Joins the readers of `source`; opens it if this is the first.
    pub(crate) fn read(&self, source: &Source) -> Subscription {
        let mut open = self.lock();
        // A worker that failed some other way than by leaving the table is replaced.
        if let Some(upstream) = open.get(source).filter(|u| !u.worker.is_finished()) {
            return Subscription { blocks: upstream.blocks.subscribe() };
        }
        let (sender, blocks) = broadcast::channel(BEHIND);
        let worker = Worker {
            source: source.clone(),
            upstreams: self.clone(),
            blocks: sender.clone(),
            aligner: Aligner::default(),
        };
        let worker = tokio::spawn(worker.run()).abort_handle();
        open.insert(source.clone(), Upstream { blocks: sender, worker });
        Subscription { blocks }
    }

    /// Ends everything; readers are told.
    pub(crate) fn shut_down(&self) {
        for (_, upstream) in self.lock().drain() {
            upstream.worker.abort();
        }
    }

    /// Takes `source` out if nobody reads it. Under the lock, so that nobody can join a dying one.
    fn close_unread(&self, source: &Source) -> bool {
        let mut open = self.lock();
        let unread = open.get(source).is_none_or(|u| u.blocks.receiver_count() == 0);
        if unread {
            open.remove(source);
        }
        unread
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Source, Upstream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Worker {
    source: Source,
    upstreams: Upstreams,
    blocks: broadcast::Sender<Result<Bytes, Lost>>,
    aligner: Aligner,
}

impl Worker {
    async fn run(mut self) {
        let mut retry = RETRY_MIN;
        loop {
            let mut received = false;
            let Err(reason) = self.receive(&mut received).await else { return };
            retry = if received { RETRY_MIN } else { (retry * 2).min(RETRY_MAX) };
            tracing::debug!(reason, "an input gives nothing");
            // Fails only without readers.
            drop(self.blocks.send(Err(Lost::Signal { reason })));
            if self.blocks.receiver_count() == 0 && self.upstreams.close_unread(&self.source) {
                return;
            }
            sleep(retry).await;
        }
    }

    /// Reads until the source fails (why), or until nobody has read it for a while (`Ok`).
    async fn receive(&mut self, received: &mut bool) -> Result<(), String> {
        self.aligner.reset();
        let opening = Input::open(&self.source, &self.upstreams.web);
        let mut input = timeout(SILENCE, opening).await.map_err(|_| "no answer".to_owned())??;
        let mut silent_from = Instant::now();
        let mut block = Block::default();
        let mut unread_from = None;
        loop {
            let deadline = block.due.unwrap_or(silent_from + SILENCE);
            match timeout_at(deadline, input.read()).await {
                Ok(bytes) => {
                    let packets = self.aligner.push(&bytes?);
                    if !packets.is_empty() {
                        silent_from = Instant::now();
                        *received = true;
                        block.add(&packets);
                    }
                }
                Err(_) if block.due.is_none() => return Err(self.silence()),
                Err(_) => {}
            }
            if silent_from.elapsed() > SILENCE {
                return Err(self.silence());
            }
            if let Some(full) = block.take_if_due() {
                // Fails only without readers.
                drop(self.blocks.send(Ok(full)));
                if self.is_unread(&mut unread_from) {
                    return Ok(());
                }
            }
        }
    }

    fn is_unread(&self, from: &mut Option<Instant>) -> bool {
        if self.blocks.receiver_count() > 0 {
            *from = None;
            return false;
        }
        from.get_or_insert_with(Instant::now).elapsed() > LINGER
            && self.upstreams.close_unread(&self.source)
    }

    fn silence(&mut self) -> String {
        let seconds = SILENCE.as_secs();
        if self.aligner.take_skipped() > 0 {
            return format!("no transport stream in what came for {seconds} s");
        }
        format!("nothing came for {seconds} s")
    }
}

/// Packets on their way out.
#[derive(Default)]
struct Block {
    packets: BytesMut,
    due: Option<Instant>,
}

impl Block {
    fn add(&mut self, packets: &[u8]) {
        self.packets.extend_from_slice(packets);
        self.due.get_or_insert_with(|| Instant::now() + BLOCK_AGE);
    }

    fn take_if_due(&mut self) -> Option<Bytes> {
        let due = self.packets.len() >= BLOCK || self.due.is_some_and(|at| at <= Instant::now());
        if !due || self.packets.is_empty() {
            return None;
        }
        self.due = None;
        Some(self.packets.split().freeze())
    }
}
