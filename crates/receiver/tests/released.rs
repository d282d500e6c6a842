//! What released versions wrote is still there: the stored file of the first release, opened by this one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

use std::path::Path;

use jiff::Zoned;
use televisor_clock::Clock;
use televisor_guide::Guide;
use televisor_model::{ContactState, RecordingState, Role, Tier, TimerState, Via};
use televisor_receiver::{Config, PARTS, Parts, Receiver};
use televisor_store::Database;
use televisor_store::rusqlite::Connection;
use televisor_tuner::Tuner;

const FIRST: &str = include_str!("../../store/tests/released/household-2026-11-29.sql");

async fn open(folder: &Path) -> Receiver {
    let path = folder.join("household.db");
    Connection::open(&path).unwrap().execute_batch(FIRST).unwrap();
    let now: Zoned = "2026-11-25T14:30[Europe/London]".parse().unwrap();
    let clock = Clock::manual(&now);
    let guide = televisor_guide::Config::default();
    Receiver::open(Parts {
        config: Config::default(),
        data_dir: folder.to_owned(),
        db: Database::open(&path, &PARTS).unwrap(),
        guide: Guide::open(&folder.join("guide.db"), guide, clock.clone()).await.unwrap(),
        tuner: Tuner::open(televisor_tuner::Config::default()).await,
        clock,
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn the_receiver_and_its_devices_are_those_of_the_first_release() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = open(folder.path()).await;
    assert_eq!(receiver.identity().name(), "Baird's Televisor");
    assert_eq!(receiver.known_as().await.unwrap().as_deref(), Some("tv.example.net"));
    let devices = receiver.devices();
    let found: Vec<_> = devices.iter().map(|d| (d.name.as_str(), d.role, d.tier)).collect();
    let wanted = [
        ("Joe's phone", Role::Owner, Tier::Full),
        ("Dan’s laptop", Role::Member, Tier::Full),
        ("Old tablet", Role::Member, Tier::Basic),
    ];
    assert_eq!(found, wanted);
    let keys = receiver.household().credentials(devices[0].id).unwrap();
    assert_eq!((keys.scram_sha256.stored_key.len(), keys.ha1_sha256.len()), (32, 32));
}

#[tokio::test]
async fn peoples_accounts_are_those_of_the_first_release() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = open(folder.path()).await;
    let state = |jid: &str| receiver.accounts().get(jid).map(|c| (c.state, c.via));
    assert_eq!(state("joe@example.org"), Some((ContactState::Accepted, Via::Federation)));
    assert_eq!(state("sue@example.net"), Some((ContactState::Invited, Via::Uplink)));
    assert_eq!(state("no@example.net"), Some((ContactState::Refused, Via::Federation)));
}

#[tokio::test]
async fn timers_and_recordings_are_those_of_the_first_release() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = open(folder.path()).await;
    let timers = receiver.timers();
    let scheduled = timers.iter().find(|timer| timer.state == TimerState::Scheduled).unwrap();
    assert_eq!(scheduled.programme.title, "Newsnight");
    assert_eq!(scheduled.programme.subtitle.as_deref(), Some("The Man with the Flower"));
    assert_eq!(scheduled.set_by, "Joe's phone");
    let recordings = receiver.recordings();
    assert_eq!(recordings.len(), 2);
    let whole = recordings.iter().find(|r| r.state == RecordingState::Completed).unwrap();
    assert_eq!((whole.gaps.len(), whole.size_bytes), (1, 18_800));
    assert_eq!(whole.gaps[0].reason, "the receiver was off");
}
