//! A disk that fills up, behind the folder's own trait.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, Zoned};
use televisor_broadcast::ts::PACKET_LEN;
use televisor_clock::Clock;
use televisor_model::{
    Change, ChannelId, Failure, Padding, Priority, Programme, Recording, RecordingState, TimerState,
};
use televisor_store::Database;
use tokio::sync::broadcast;
use tokio::time::timeout;

use crate::library::{DiskFolder, Folder, Tape};
use crate::{Dvr, Inputs, NewTimer, PART, PacketSource};

/// Far more than a recorder asks for.
const PLENTY: u64 = 1 << 40;

/// A folder on a disk with as much room as the test says.
struct SmallDisk {
    folder: DiskFolder,
    free: Arc<AtomicU64>,
}

impl Folder for SmallDisk {
    fn create(&self, stem: &str) -> io::Result<PathBuf> {
        self.folder.create(stem)
    }

    fn resume(&self, path: &Path) -> io::Result<Box<dyn Tape>> {
        Ok(Box::new(SmallTape { tape: self.folder.resume(path)?, free: Arc::clone(&self.free) }))
    }

    fn remove(&self, path: &Path) {
        self.folder.remove(path);
    }

    fn free(&self) -> Option<u64> {
        Some(self.free.load(Ordering::Relaxed))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

struct SmallTape {
    tape: Box<dyn Tape>,
    free: Arc<AtomicU64>,
}

impl Tape for SmallTape {
    fn append(&mut self, packets: &[u8]) -> io::Result<()> {
        if self.free.load(Ordering::Relaxed) < packets.len() as u64 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.tape.append(packets)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.tape.sync()
    }

    fn size(&self) -> u64 {
        self.tape.size()
    }

    fn written_at(&self) -> Option<Timestamp> {
        self.tape.written_at()
    }
}

/// A channel that never stops.
struct Endless;

impl PacketSource for Endless {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Bytes, Failure>>> {
        async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some(Ok(Bytes::from_static(&[0x47; 4 * PACKET_LEN])))
        }
        .boxed()
    }
}

impl Inputs for Endless {
    fn open<'a>(
        &'a self,
        _channel: &'a ChannelId,
    ) -> BoxFuture<'a, Result<Box<dyn PacketSource>, Failure>> {
        async { Ok(Box::new(Self) as Box<dyn PacketSource>) }.boxed()
    }

    fn name(&self, _channel: &ChannelId) -> Option<String> {
        None
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

#[tokio::test]
async fn a_full_disk_is_told_waited_for_and_left_as_a_gap_between_whole_packets() {
    let dir = tempfile::tempdir().unwrap();
    let start: Zoned = "2026-11-25T22:30[Europe/London]".parse().unwrap();
    let at = |minutes| start.timestamp() + SignedDuration::from_mins(minutes);
    let clock = Clock::manual(&start);
    let free = Arc::new(AtomicU64::new(PLENTY));
    let folder = SmallDisk {
        folder: DiskFolder::open(dir.path().to_owned()).unwrap(),
        free: Arc::clone(&free),
    };
    let db = Database::open(&dir.path().join("household.db"), &[PART]).unwrap();
    let none = Padding { before: SignedDuration::ZERO, after: SignedDuration::ZERO };
    let dvr =
        Dvr::open_in(Arc::new(folder), none, db, Arc::new(Endless), clock.clone()).await.unwrap();
    let mut changes = dvr.changes();
    let new = NewTimer {
        channel: ChannelId("two".to_owned()),
        start: at(0),
        stop: at(45),
        padding: None,
        priority: Priority::default(),
        event: None,
        programme: Programme { title: "News".to_owned(), ..Programme::default() },
        rule: None,
        set_by: "Dan's phone".to_owned(),
    };
    dvr.add(new).await.unwrap();
    let grown = async {
        while dvr.recordings().first().is_none_or(|r| r.size_bytes == 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), grown).await.unwrap();

    free.store(0, Ordering::Relaxed);
    let waiting = RecordingState::Waiting(Failure::DiskFull);
    recording(&mut changes, |r| r.state == waiting).await;
    clock.set(at(5));
    free.store(PLENTY, Ordering::Relaxed);
    let back = recording(&mut changes, |r| r.state == RecordingState::Writing).await;
    assert_eq!((back.gaps[0].until, &*back.gaps[0].reason), (at(5), "the disk is full"));
    clock.set(at(45));
    let ended = recording(&mut changes, |r| r.state == RecordingState::Completed).await;
    assert_eq!(ended.gaps.len(), 1);
    let file = std::fs::read(&ended.path).unwrap();
    assert!(file.chunks(PACKET_LEN).all(|p| p.len() == PACKET_LEN && p[0] == 0x47));
    dvr.shutdown().await;
    assert_eq!(dvr.timers()[0].state, TimerState::Completed(ended.id));
}
