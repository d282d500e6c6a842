//! The household, the receiver's identity and its permissions, through the facade alone.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

use std::path::Path;

use jiff::{SignedDuration, Zoned};
use televisor_clock::Clock;
use televisor_guide::Guide;
use televisor_model::{
    Actor, Change, Credentials, Device, DeviceId, EventId, Role, ScramKeys, Tier, TimerId, Who,
};
use televisor_receiver::{Config, Error, NewDevice, PARTS, Parts, Receiver};
use televisor_store::Database;
use televisor_tuner::Tuner;
use uuid::Uuid;

fn clock() -> Clock {
    let now: Zoned = "2026-11-25T22:30[Europe/London]".parse().unwrap();
    Clock::manual(&now)
}

async fn open(folder: &Path, clock: &Clock) -> Receiver {
    let guide_config = televisor_guide::Config::default();
    Receiver::open(Parts {
        config: Config { name: Some("Test Set-top Box".to_owned()), ..Config::default() },
        data_dir: folder.to_owned(),
        db: Database::open(&folder.join("household.db"), &PARTS).unwrap(),
        guide: Guide::open(&folder.join("guide.db"), guide_config, clock.clone()).await.unwrap(),
        tuner: Tuner::open(televisor_tuner::Config::default()).await,
        clock: clock.clone(),
    })
    .await
    .unwrap()
}

fn credentials(byte: u8) -> Credentials {
    let keys = ScramKeys {
        salt: vec![byte; 16],
        iterations: 4096,
        stored_key: vec![byte; 32],
        server_key: vec![byte; 32],
    };
    Credentials {
        scram_sha1: keys.clone(),
        scram_sha256: keys,
        ha1_md5: vec![byte; 16],
        ha1_sha256: vec![byte; 32],
    }
}

fn new_device(name: &str, tier: Tier) -> NewDevice {
    let id = DeviceId(Uuid::new_v4());
    NewDevice { id, name: name.to_owned(), credentials: credentials(1), tier }
}

fn actor(device: &Device) -> Actor {
    Actor {
        who: Who::Device(device.id),
        name: device.name.clone(),
        role: device.role,
        tier: device.tier,
    }
}

#[tokio::test]
async fn the_first_device_owns_the_receiver_and_the_next_is_a_member() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let receiver = open(folder.path(), &clock).await;
    assert!(receiver.household().is_empty());
    let first = receiver.household().add(new_device("Dan's phone", Tier::Basic)).await.unwrap();
    let second = receiver.household().add(new_device("Ann\u{202E}", Tier::Basic)).await.unwrap();
    assert_eq!((first.role, second.role, &*second.name), (Role::Owner, Role::Member, "Ann"));
    let again = NewDevice { id: first.id, ..new_device("Eve", Tier::Full) };
    assert!(matches!(receiver.household().add(again).await, Err(Error::Paired(_))));
}

#[tokio::test]
async fn identity_devices_and_credentials_survive_a_restart() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let receiver = open(folder.path(), &clock).await;
    let uuid = receiver.identity().uuid();
    let id = receiver.household().add(new_device("Phone", Tier::Basic)).await.unwrap().id;
    receiver.household().upgrade(id, credentials(2)).await.unwrap();
    receiver.household().seen(id).await.unwrap();
    let before = receiver.devices();
    receiver.shutdown().await;
    drop(receiver);
    let receiver = open(folder.path(), &clock).await;
    assert_eq!(receiver.identity().uuid(), uuid);
    assert_eq!(receiver.identity().name(), "Test Set-top Box");
    assert_eq!(receiver.devices(), before);
    assert_eq!(before[0].tier, Tier::Full);
    assert!(receiver.household().credentials(id) == Some(credentials(2)));
}

#[tokio::test]
async fn a_forgotten_device_is_gone_and_everybody_is_told() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let receiver = open(folder.path(), &clock).await;
    let owner = receiver.household().add(new_device("Owner", Tier::Full)).await.unwrap();
    let other = receiver.household().add(new_device("Other", Tier::Full)).await.unwrap();
    let mut changes = receiver.changes();
    receiver.forget(&actor(&owner), other.id).await.unwrap();
    while changes.recv().await.unwrap() != Change::Forgotten(other.id) {}
    assert!(receiver.household().credentials(other.id).is_none());
}

#[tokio::test]
async fn only_owners_of_the_full_tier_forget_others_but_everybody_may_leave() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let receiver = open(folder.path(), &clock).await;
    let owner = receiver.household().add(new_device("Owner", Tier::Basic)).await.unwrap();
    let member = receiver.household().add(new_device("Member", Tier::Full)).await.unwrap();
    for (who, whom) in [(&member, &owner), (&owner, &member)] {
        let refused = receiver.forget(&actor(who), whom.id).await;
        assert!(matches!(refused, Err(Error::NotAllowed { .. })), "{refused:?}");
    }
    let last = receiver.forget(&actor(&owner), owner.id).await;
    assert!(matches!(last, Err(Error::LastOwner)));
    assert!(receiver.forget(&actor(&member), member.id).await.is_ok());
    assert!(receiver.forget(&Actor::console(), owner.id).await.is_ok());
}

#[tokio::test]
async fn a_basic_device_falls_out_when_unused_for_a_month_or_after_half_a_year() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let receiver = open(folder.path(), &clock).await;
    let household = receiver.household();
    let full = household.add(new_device("Full", Tier::Full)).await.unwrap();
    let unused = household.add(new_device("Unused", Tier::Basic)).await.unwrap();
    let used = household.add(new_device("Used", Tier::Basic)).await.unwrap();
    let paired = clock.now();
    let after = |days: i64| clock.set(paired + SignedDuration::from_hours(days * 24));
    for day in [20, 40, 60, 80, 100, 120, 140, 160, 179] {
        after(day);
        household.seen(used.id).await.unwrap();
        assert_eq!(household.credentials(unused.id).is_some(), day <= 30);
    }
    after(181);
    assert!(household.credentials(used.id).is_none());
    assert_eq!(receiver.devices().iter().map(|d| d.id).collect::<Vec<_>>(), [full.id]);
}

#[tokio::test]
async fn guests_may_ask_but_neither_record_nor_cancel() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let receiver = open(folder.path(), &clock).await;
    let guest = Actor { role: Role::Guest, ..Actor::console() };
    let event = EventId("none".to_owned());
    let refused = receiver.record_event(&guest, &event, None).await;
    assert!(matches!(refused, Err(Error::NotAllowed { .. })));
    let refused = receiver.cancel_timer(&guest, TimerId(1)).await;
    assert!(matches!(refused, Err(Error::NotAllowed { .. })));
    let unknown = receiver.record_event(&Actor::console(), &event, None).await;
    assert!(matches!(unknown, Err(Error::NoEvent(_))));
}
