//! Recording from beginning to end, through restarts, losses and changes of mind. The wall clock
//! stands still until a test moves it; files and database are real.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, Zoned};
use televisor_clock::Clock;
use televisor_dvr::{Config, Dvr, Error, Inputs, Limits, NewTimer, PART, PacketSource};
use televisor_model::{
    Change, ChannelId, EventId, Failure, Priority, Programme, Recording, RecordingState, Timer,
    TimerState,
};
use televisor_store::Database;
use tokio::sync::{broadcast, mpsc};
use tokio::time::timeout;

const PACKET: usize = 188;

/// Inputs whose signal a test turns on and off.
#[derive(Default)]
struct FakeInputs {
    signal: Mutex<Option<Failure>>,
    readers: Mutex<Vec<mpsc::Sender<Result<Bytes, Failure>>>>,
    limits: Limits,
}

impl FakeInputs {
    fn lose(&self, why: Failure) {
        *self.signal.lock().unwrap() = Some(why);
        self.readers.lock().unwrap().clear();
    }

    fn regain(&self) {
        *self.signal.lock().unwrap() = None;
    }

    /// Gives every reader `count` packets of PID 256.
    async fn send(&self, count: u8) {
        let readers = self.readers.lock().unwrap().clone();
        let packets: Vec<u8> = (0..count)
            .flat_map(|n| {
                let mut packet = [0; PACKET];
                packet[..4].copy_from_slice(&[0x47, 1, 0, 0x10 | (n & 0x0F)]);
                packet
            })
            .collect();
        for reader in readers {
            drop(reader.send(Ok(Bytes::from(packets.clone()))).await);
        }
    }
}

struct FakeSource(mpsc::Receiver<Result<Bytes, Failure>>);

impl PacketSource for FakeSource {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Bytes, Failure>>> {
        self.0.recv().boxed()
    }
}

impl Inputs for FakeInputs {
    fn open<'a>(
        &'a self,
        _channel: &'a ChannelId,
    ) -> BoxFuture<'a, Result<Box<dyn PacketSource>, Failure>> {
        let answer = match self.signal.lock().unwrap().clone() {
            Some(why) => Err(why),
            None => {
                let (packets, source) = mpsc::channel(16);
                self.readers.lock().unwrap().push(packets);
                Ok(Box::new(FakeSource(source)) as Box<dyn PacketSource>)
            }
        };
        async move { answer }.boxed()
    }

    fn name(&self, channel: &ChannelId) -> Option<String> {
        Some(format!("Channel {channel}"))
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}

struct Rig {
    folder: tempfile::TempDir,
    inputs: Arc<FakeInputs>,
    clock: Clock,
}

/// So many minutes after half past ten in the evening, when every rig begins.
fn at(minutes: i64) -> Timestamp {
    let start: Zoned = "2026-11-25T22:30[Europe/London]".parse().unwrap();
    start.timestamp() + SignedDuration::from_mins(minutes)
}

impl Rig {
    fn new() -> Self {
        let now: Zoned = "2026-11-25T22:30[Europe/London]".parse().unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            inputs: Arc::default(),
            clock: Clock::manual(&now),
        }
    }

    async fn open(&self) -> Dvr {
        let db = Database::open(&self.folder.path().join("household.db"), &[PART]).unwrap();
        let inputs = Arc::clone(&self.inputs) as Arc<dyn Inputs>;
        Dvr::open(&Config::default(), self.folder.path(), db, inputs, self.clock.clone())
            .await
            .unwrap()
    }

    /// Sends packets until the recording is seen to have grown.
    async fn record_something(&self, dvr: &Dvr) {
        let before = dvr.recordings().first().map_or(0, |r| r.size_bytes);
        let grown = async {
            while dvr.recordings().first().is_none_or(|r| r.size_bytes <= before) {
                self.inputs.send(4).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(10), grown).await.expect("nothing was recorded");
    }
}

/// Newsnight, half past ten to quarter past eleven.
fn newsnight() -> NewTimer {
    NewTimer {
        channel: ChannelId("two".to_owned()),
        start: at(0),
        stop: at(45),
        padding: None,
        priority: Priority::default(),
        event: Some(EventId("two/2230".to_owned())),
        programme: Programme { title: "Newsnight".to_owned(), ..Programme::default() },
        rule: None,
        set_by: "Dan's phone".to_owned(),
    }
}

async fn recording(
    changes: &mut broadcast::Receiver<Change>,
    is_it: impl Fn(&Recording) -> bool,
) -> Recording {
    let found = async {
        loop {
            if let Change::Recording(recording) = changes.recv().await.unwrap()
                && is_it(&recording)
            {
                return recording;
            }
        }
    };
    timeout(Duration::from_secs(20), found).await.expect("no such change of a recording")
}

async fn ended(changes: &mut broadcast::Receiver<Change>) -> TimerState {
    let found = async {
        loop {
            if let Change::Timer(Timer { state, .. }) = changes.recv().await.unwrap()
                && !state.is_open()
            {
                return state;
            }
        }
    };
    timeout(Duration::from_secs(20), found).await.expect("the timer did not end")
}

fn whole_packets(path: &Path) -> Vec<Vec<u8>> {
    let file = std::fs::read(path).unwrap();
    assert_eq!(file.len() % PACKET, 0);
    file.chunks(PACKET).map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn an_event_already_being_shown_starts_at_once_and_ends_with_its_padding() {
    let rig = Rig::new();
    let dvr = rig.open().await;
    let mut changes = dvr.changes();
    dvr.add(newsnight()).await.unwrap();
    let begun = recording(&mut changes, |_| true).await;
    assert_eq!(
        begun.path.file_name().unwrap().to_str().unwrap(),
        "Newsnight - 2026-11-25 22.30 - Channel two.ts"
    );
    rig.record_something(&dvr).await;
    rig.clock.set(at(48));
    assert_eq!(ended(&mut changes).await, TimerState::Completed(begun.id));
    let kept = &dvr.recordings()[0];
    assert_eq!((&kept.state, kept.gaps.len()), (&RecordingState::Completed, 0));
    let packets = whole_packets(&kept.path);
    assert_eq!(packets.len() as u64 * PACKET as u64, kept.size_bytes);
    assert!(packets.iter().all(|p| p[3] & 0x20 == 0), "nothing is added to an unbroken stream");
}

#[tokio::test]
async fn the_same_event_twice_is_one_timer_and_says_who_set_it() {
    let rig = Rig::new();
    let dvr = rig.open().await;
    let first = dvr.add(newsnight()).await.unwrap();
    let again =
        dvr.add(NewTimer { set_by: "Ann's tablet".to_owned(), ..newsnight() }).await.unwrap();
    assert!(!first.already && again.already);
    assert_eq!((again.timer.id, &*again.timer.set_by), (first.timer.id, "Dan's phone"));
    assert_eq!(dvr.timers().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_refused() {
    let rig = Rig::new();
    let dvr = rig.open().await;
    let past = NewTimer { start: at(-60), stop: at(-30), ..newsnight() };
    assert!(matches!(dvr.add(past).await, Err(Error::Past)));
    let backwards = NewTimer { start: at(30), stop: at(0), ..newsnight() };
    assert!(matches!(dvr.add(backwards).await, Err(Error::BadSpan)));
    let week = NewTimer { stop: at(7 * 24 * 60), ..newsnight() };
    assert!(matches!(dvr.add(week).await, Err(Error::BadSpan)));
    assert!(dvr.timers().is_empty());
}

#[tokio::test]
async fn a_restart_in_the_middle_goes_on_in_the_same_file_with_a_marked_gap() {
    let rig = Rig::new();
    let dvr = rig.open().await;
    let added = dvr.add(newsnight()).await.unwrap().timer;
    rig.record_something(&dvr).await;
    dvr.shutdown().await;
    drop(dvr);
    let folder = rig.folder.path().join("recordings");
    let path = folder.join("Newsnight - 2026-11-25 22.30 - Channel two.ts");
    // A crash may leave half a packet; the file system says when it was last written.
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, &[0x47; 100]).unwrap();
    file.set_modified(at(10).into()).unwrap();
    let before = file.metadata().unwrap().len() - 100;
    rig.clock.set(at(20));

    let dvr = rig.open().await;
    let mut changes = dvr.changes();
    let sending = async {
        loop {
            rig.inputs.send(4).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let resumed = tokio::select! {
        resumed = recording(&mut changes, |r| !r.gaps.is_empty()) => resumed,
        () = sending => unreachable!(),
    };
    assert_eq!((resumed.path.clone(), resumed.timer), (path.clone(), Some(added.id)));
    assert_eq!((resumed.gaps[0].from, resumed.gaps[0].until), (at(10), at(20)));
    assert_eq!(resumed.gaps[0].reason, "the receiver was off");
    rig.clock.set(at(48));
    assert_eq!(ended(&mut changes).await, TimerState::Completed(resumed.id));
    let packets = whole_packets(&path);
    let mark = usize::try_from(before).unwrap() / PACKET;
    assert_eq!(packets[mark][3] & 0x30, 0x20, "the first packet after the gap is a mark");
    assert_eq!(packets[mark][5], 0x80);
}

#[tokio::test]
async fn a_timer_whose_whole_time_passed_while_off_is_missed() {
    let rig = Rig::new();
    let dvr = rig.open().await;
    let later = NewTimer { start: at(60), stop: at(90), ..newsnight() };
    let id = dvr.add(later).await.unwrap().timer.id;
    dvr.shutdown().await;
    rig.clock.set(at(600));
    let dvr = rig.open().await;
    let waiting = async {
        while dvr.timers()[0].state != TimerState::Failed(Failure::Missed) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), waiting).await.unwrap();
    assert!(matches!(dvr.cancel(id).await, Err(Error::NotNow { .. })));
}

#[tokio::test]
async fn a_lost_signal_is_told_waited_for_and_left_as_a_gap() {
    let rig = Rig::new();
    let dvr = rig.open().await;
    let mut changes = dvr.changes();
    dvr.add(newsnight()).await.unwrap();
    rig.record_something(&dvr).await;
    let why = Failure::NoSignal("connection refused".to_owned());
    rig.inputs.lose(why.clone());
    recording(&mut changes, |r| r.state == RecordingState::Waiting(why.clone())).await;
    rig.clock.set(at(5));
    rig.inputs.regain();
    rig.record_something(&dvr).await;
    let back = recording(&mut changes, |r| r.state == RecordingState::Writing).await;
    assert_eq!((back.gaps[0].from, back.gaps[0].until), (at(0), at(5)));
    rig.clock.set(at(48));
    assert_eq!(ended(&mut changes).await, TimerState::Completed(back.id));
}

#[tokio::test]
async fn no_signal_at_all_fails_with_the_reason_and_leaves_no_file() {
    let rig = Rig::new();
    let why = Failure::NoSignal("connection refused".to_owned());
    rig.inputs.lose(why.clone());
    let dvr = rig.open().await;
    let mut changes = dvr.changes();
    dvr.add(newsnight()).await.unwrap();
    recording(&mut changes, |r| matches!(r.state, RecordingState::Waiting(_))).await;
    rig.clock.set(at(48));
    assert_eq!(ended(&mut changes).await, TimerState::Failed(why));
    dvr.shutdown().await;
    assert!(dvr.recordings().is_empty());
    let left = std::fs::read_dir(rig.folder.path().join("recordings")).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_recording_taken_back_stops_and_an_undo_goes_on_in_the_same_file() {
    let rig = Rig::new();
    let dvr = rig.open().await;
    let mut changes = dvr.changes();
    let id = dvr.add(newsnight()).await.unwrap().timer.id;
    rig.record_something(&dvr).await;
    assert_eq!(dvr.cancel(id).await.unwrap().state, TimerState::Cancelled);
    let stopped = recording(&mut changes, |r| r.state == RecordingState::Completed).await;
    assert!(stopped.size_bytes > 0);
    rig.clock.set(at(10));
    assert_eq!(dvr.restore(id).await.unwrap().state, TimerState::Recording(stopped.id));
    rig.record_something(&dvr).await;
    let back = recording(&mut changes, |r| !r.gaps.is_empty()).await;
    assert_eq!((back.id, &back.path), (stopped.id, &stopped.path));
    assert_eq!((back.gaps[0].until, &*back.gaps[0].reason), (at(10), "it had been cancelled"));
    dvr.cancel(id).await.unwrap();
    rig.clock.set(at(50));
    assert!(matches!(dvr.restore(id).await, Err(Error::Past)));
}

#[tokio::test]
async fn the_library_is_rebuilt_from_the_folder_alone() {
    let rig = Rig::new();
    let dvr = rig.open().await;
    let mut changes = dvr.changes();
    dvr.add(newsnight()).await.unwrap();
    rig.record_something(&dvr).await;
    rig.clock.set(at(48));
    ended(&mut changes).await;
    dvr.shutdown().await;
    let before = dvr.recordings();
    drop(dvr);
    for file in ["household.db", "household.db-wal", "household.db-shm"] {
        drop(std::fs::remove_file(rig.folder.path().join(file)));
    }
    let dvr = rig.open().await;
    let after = dvr.recordings();
    assert_eq!(after.len(), 1);
    assert_eq!(Recording { timer: before[0].timer, ..after[0].clone() }, before[0]);
}

#[tokio::test]
async fn with_one_input_the_later_timer_is_a_conflict_before_its_time() {
    let inputs = FakeInputs { limits: Limits { channels: Some(1) }, ..FakeInputs::default() };
    let rig = Rig { inputs: Arc::new(inputs), ..Rig::new() };
    let dvr = rig.open().await;
    let first = NewTimer { start: at(60), stop: at(90), ..newsnight() };
    let other = NewTimer {
        channel: ChannelId("one".to_owned()),
        start: at(75),
        stop: at(120),
        event: None,
        ..newsnight()
    };
    let first = dvr.add(first).await.unwrap().timer.id;
    let other = dvr.add(other).await.unwrap().timer.id;
    let conflicts = dvr.conflicts();
    assert_eq!(conflicts.len(), 1);
    assert_eq!((conflicts[0].timer, conflicts[0].loses_to.clone()), (other, vec![first]));
}
