//! Opens the input, writes, waits when it must, and ends.
//!
//! Whatever goes wrong is a reason to wait and try again until the timer's end: a recording with a
//! gap is worth more than none.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use televisor_broadcast::ts::PACKET_LEN;
use televisor_model::{Failure, Gap, Recording, RecordingState, TimerId, TimerState};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::reel::Reel;
use super::splice::Splice;
use super::verdict;
use crate::book::{Book, Draft};
use crate::input::{Inputs, PacketSource};
use crate::library::{Folder, write_sidecar};

/// What has come is on the disk after at most twice this: the last second is all that a power cut
/// can cost.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// An input that takes longer to open is tried again.
const OPEN_WITHIN: Duration = Duration::from_secs(15);

/// An input that gives nothing for so long is opened again.
const SILENT_FOR: Duration = Duration::from_secs(10);

/// Waits between tries; the last one repeats until the timer's end.
const BACK_OFF: [Duration; 6] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
];

/// Space that must be there before a recording that filled the disk goes on.
const ROOM_TO_GO_ON: u64 = 16 * 1024 * 1024;

/// What the scheduler wants of a recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Record until then.
    Until(Timestamp),
    /// Its timer was taken back: end, and keep what is there.
    Stop,
    /// The program is going down: flush, and go on at the next start.
    Pause,
}

/// Since when nothing is written, and why.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub(crate) from: Timestamp,
    pub(crate) why: Failure,
    pub(crate) reason: String,
}

impl Lost {
    pub(crate) fn new(from: Timestamp, why: Failure) -> Self {
        let reason = why.to_string();
        Self { from, why, reason }
    }
}

/// Why a recorder ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    TimeUp,
    Stopped,
    Paused,
}

/// One recording being written.
pub(crate) struct Recorder {
    pub(crate) book: Arc<Book>,
    pub(crate) folder: Arc<dyn Folder>,
    pub(crate) inputs: Arc<dyn Inputs>,
    pub(crate) timer: TimerId,
    pub(crate) recording: Recording,
    pub(crate) order: watch::Receiver<Order>,
    pub(crate) lost: Option<Lost>,
    /// It was begun before and goes on: by whatever the file system says since when.
    pub(crate) resumed: bool,
    /// When something last reached the file.
    pub(crate) last_good: Timestamp,
}

impl Recorder {
    /// Records until the end, and says in the book what has come of it.
    pub(crate) async fn run(mut self) {
        if self.resumed {
            self.date_the_gap().await;
        }
        let mut tries = BACK_OFF.iter();
        let end = loop {
            if let Some(end) = self.end() {
                break end;
            }
            let before = self.last_good;
            let why = match self.attempt().await {
                Ok(end) => break end,
                Err(why) => why,
            };
            if self.last_good > before {
                tries = BACK_OFF.iter();
            }
            let first = tries.len() == BACK_OFF.len();
            self.lose(why, first).await;
            let wait = tries.next().or(BACK_OFF.last()).copied().unwrap_or(OPEN_WITHIN);
            if let Some(end) = self.wait(wait).await {
                break end;
            }
        };
        self.finish(end).await;
    }

    /// Returns how it is to end, if it is to end now.
    fn end(&self) -> Option<End> {
        match *self.order.borrow() {
            Order::Until(until) => (self.book.clock.now() >= until).then_some(End::TimeUp),
            Order::Stop => Some(End::Stopped),
            Order::Pause => Some(End::Paused),
        }
    }

    /// Finds out when the file was last written before a restart.
    async fn date_the_gap(&mut self) {
        let (folder, path) = (Arc::clone(&self.folder), self.recording.path.clone());
        let opened = tokio::task::spawn_blocking(move || {
            folder.resume(&path).map(|tape| (tape.size(), tape.written_at()))
        });
        let Ok(Ok((size, written_at))) = opened.await else { return };
        self.recording.size_bytes = size;
        let Some(lost) = &mut self.lost else { return };
        if lost.why == Failure::Missed {
            let now = self.book.clock.now();
            let at = written_at.unwrap_or(self.recording.start);
            lost.from = at.min(now).max(self.recording.start);
        }
        self.last_good = lost.from;
    }

    /// Opens file and input and records until something goes wrong or the end comes.
    async fn attempt(&mut self) -> Result<End, Failure> {
        if self.folder.free().is_some_and(|free| free < ROOM_TO_GO_ON) {
            return Err(Failure::DiskFull);
        }
        let inputs = Arc::clone(&self.inputs);
        let channel = self.recording.channel.clone();
        let opening = timeout(OPEN_WITHIN, inputs.open(&channel));
        let mut order = self.order.clone();
        let mut source = tokio::select! {
            opened = opening => opened
                .map_err(|_| Failure::NoSignal("no answer from the input".to_owned()))??,
            // Only an end matters here; another end time is read when the input is open.
            ended = async { order.wait_for(|o| !matches!(o, Order::Until(_))).await.is_ok() } => {
                let why = if ended { "interrupted" } else { "nobody waits for it" };
                return self.end().ok_or_else(|| Failure::Storage(why.to_owned()));
            }
        };
        let (folder, path) = (Arc::clone(&self.folder), self.recording.path.clone());
        let tape = tokio::task::spawn_blocking(move || folder.resume(&path))
            .await
            .map_err(|e| Failure::Storage(e.to_string()))?
            .map_err(|e| storage(&e))?;
        let mut reel = Reel::new(tape);
        let result = self.pump(source.as_mut(), &mut reel).await;
        // What has come before the input failed is kept; a failing disk says so itself.
        let flushed = reel.finish().await;
        let heard = (reel.size() > self.recording.size_bytes).then(|| self.book.clock.now());
        self.landed(reel.size(), heard).await;
        match (result, flushed) {
            (Ok(_), Err(error)) => Err(storage(&error)),
            (result, _) => result,
        }
    }

    async fn pump(
        &mut self,
        source: &mut dyn PacketSource,
        reel: &mut Reel,
    ) -> Result<End, Failure> {
        let mut splice = (reel.size() > 0).then(Splice::new);
        let mut tick = interval(FLUSH_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard: Option<Timestamp> = None;
        let silence = sleep(SILENT_FOR);
        tokio::pin!(silence);
        loop {
            tokio::select! {
                packets = source.next(), if reel.has_room() => {
                    let packets = received(packets)?;
                    silence.as_mut().reset(tokio::time::Instant::now() + SILENT_FOR);
                    heard = Some(self.book.clock.now());
                    reel.gather(|out| put(&mut splice, &packets, out));
                }
                () = &mut silence => {
                    return Err(Failure::NoSignal("nothing received for 10 seconds".to_owned()));
                }
                landed = reel.landed() => {
                    landed.map_err(|e| storage(&e))?;
                    self.landed(reel.size(), heard).await;
                }
                _ = tick.tick() => reel.flush(),
                Ok(()) = self.order.changed() => self.follow_order().await,
            }
            if let Some(end) = self.end() {
                return Ok(end);
            }
        }
    }

    /// Notes that packets have reached the file; closes the gap, if there was one.
    async fn landed(&mut self, size: u64, heard: Option<Timestamp>) {
        let grew = size > self.recording.size_bytes;
        self.recording.size_bytes = size;
        self.book.grown(self.recording.id, size);
        let Some(heard) = heard.filter(|_| grew) else { return };
        self.last_good = heard;
        let waiting = matches!(self.recording.state, RecordingState::Waiting(_));
        if let Some(lost) = self.lost.take() {
            tracing::info!(recording = %self.recording.id, reason = lost.reason, "recording goes on");
            let gap = Gap { from: lost.from, until: heard, reason: lost.reason };
            verdict::add_gap(&mut self.recording.gaps, gap);
        } else if !waiting {
            return;
        }
        self.recording.state = RecordingState::Writing;
        self.tell().await;
    }

    /// Opens a gap. The first try after a loss is silent: most streams are back at once.
    async fn lose(&mut self, why: Failure, first: bool) {
        match &mut self.lost {
            // The reason that began a gap is the one that is told of it.
            Some(lost) => lost.why = why.clone(),
            None => self.lost = Some(Lost::new(self.last_good, why.clone())),
        }
        let silent = first && matches!(why, Failure::NoSignal(_));
        let state = RecordingState::Waiting(why);
        if silent || self.recording.state == state {
            return;
        }
        tracing::warn!(recording = %self.recording.id, ?state, "recording waits");
        self.recording.state = state;
        self.tell().await;
    }

    /// Waits before the next try.
    async fn wait(&mut self, longest: Duration) -> Option<End> {
        let deadline = sleep(longest);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                () = &mut deadline => return self.end(),
                Ok(()) = self.order.changed() => self.follow_order().await,
                () = sleep(FLUSH_EVERY) => {}
            }
            if let Some(end) = self.end() {
                return Some(end);
            }
        }
    }

    /// Shows another end time, where that was the order.
    async fn follow_order(&mut self) {
        let order = *self.order.borrow_and_update();
        if let Order::Until(until) = order
            && self.recording.stop != until
        {
            self.recording.stop = until;
            self.tell().await;
        }
    }

    async fn finish(mut self, end: End) {
        match end {
            // The state on disk stays "being written": that is what the next start goes on from.
            End::Paused => self.tell().await,
            End::Stopped => {
                self.recording.stop = self.book.clock.now().max(self.recording.start);
                self.recording.state = RecordingState::Completed;
                self.close(None).await;
            }
            End::TimeUp => {
                let Some(timer) = self.book.look(|m| m.timers.get(&self.timer).cloned()) else {
                    return;
                };
                let verdict = verdict::time_up(&mut self.recording, &timer, self.lost.as_ref());
                self.close(Some(verdict)).await;
            }
        }
    }

    /// Says in the book how it ended; a recording without a packet leaves nothing behind.
    async fn close(&mut self, verdict: Option<TimerState>) {
        let recording = self.recording.clone();
        let empty = recording.size_bytes == 0;
        tracing::info!(recording = %recording.id, state = ?recording.state, "recording ended");
        let (id, row) = (self.timer, recording.clone());
        self.book
            .note(move |memory| {
                // Taken back in the last moment: a person's word stands.
                let open = TimerState::Recording(row.id);
                let found = memory.timers.get(&id).filter(|t| t.state == open).cloned();
                let timer = found.zip(verdict).map(|(mut timer, state)| {
                    timer.state = state;
                    timer
                });
                Some(Draft { timer, recording: Some(row), drop_recording: empty, value: () })
            })
            .await;
        let folder = Arc::clone(&self.folder);
        let task = tokio::task::spawn_blocking(move || {
            if empty {
                folder.remove(&recording.path);
                return Ok(());
            }
            write_sidecar(&recording)
        });
        report(task.await);
    }

    /// Puts the recording as it stands into the book and beside its file.
    async fn tell(&mut self) {
        let row = self.recording.clone();
        self.book.note(move |_| Some(Draft { recording: Some(row), ..Draft::nothing(()) })).await;
        let recording = self.recording.clone();
        report(tokio::task::spawn_blocking(move || write_sidecar(&recording)).await);
    }
}

/// Copies the whole packets of `packets`, with marks as long as there are any to make.
fn put(splice: &mut Option<Splice>, packets: &[u8], out: &mut Vec<u8>) {
    let whole = packets.len() - packets.len() % PACKET_LEN;
    let packets = packets.get(..whole).unwrap_or_default();
    match splice {
        Some(marks) => {
            if !marks.copy(packets, out) {
                *splice = None;
            }
        }
        None => out.extend_from_slice(packets),
    }
}

/// Returns what the input gave, or why it gave nothing.
fn received(next: Option<Result<bytes::Bytes, Failure>>) -> Result<bytes::Bytes, Failure> {
    next.unwrap_or_else(|| Err(Failure::NoSignal("the stream ended".to_owned())))
}

/// Returns what a failure of the disk is called.
pub(crate) fn storage(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failure::DiskFull,
        kind => Failure::Storage(kind.to_string()),
    }
}

/// A sidecar that cannot be written is written again at the next change.
fn report(written: Result<io::Result<()>, tokio::task::JoinError>) {
    match written {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a recording's sidecar could not be written"),
        Err(error) => tracing::error!(%error, "a recording's sidecar could not be written"),
    }
}
