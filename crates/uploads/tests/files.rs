//! Files in and out: slots, quotas, power cuts, and the end of each.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use televisor_clock::Clock;
use televisor_store::Database;
use televisor_uploads::{Config, Error, PART, Refused, Size, Uploads, Wanted};
use tokio::io::AsyncReadExt as _;

struct Place {
    folder: tempfile::TempDir,
    clock: Clock,
    now: jiff::Zoned,
}

impl Place {
    fn new() -> Self {
        let now: jiff::Zoned = "2026-03-01T12:00:00Z[UTC]".parse().unwrap();
        Self { folder: tempfile::tempdir().unwrap(), clock: Clock::manual(&now), now }
    }

    fn open(&self) -> Uploads {
        let config = Config {
            max_file_size: Size(100),
            quota: Size(150),
            total: Size(200),
            keep: SignedDuration::from_hours(1),
            ..Config::default()
        };
        let store = Database::open(&self.folder.path().join("a.db"), &[PART]).unwrap();
        Uploads::open(self.folder.path(), store, self.clock.clone(), config).unwrap()
    }

    fn later(&self, span: jiff::Span) {
        self.clock.set(self.now.timestamp().checked_add(span).unwrap());
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("uploads")).unwrap().count()
    }
}

fn wanted(account: &str, size: u64) -> Wanted<'_> {
    Wanted { account, name: "a.jpg", size, content_type: Some("image/jpeg"), gone_by: None }
}

async fn filled(uploads: &Uploads, account: &str, bytes: &[u8]) -> Result<String, Error> {
    uploads.put(wanted(account, bytes.len() as u64), bytes).await
}

fn again(error: Error) -> Timestamp {
    match error {
        Error::Refused(Refused::Full { again }) => again,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_comes_out_as_it_went_in() {
    let place = Place::new();
    let uploads = place.open();
    let token = filled(&uploads, "ann", b"picture").await.unwrap();
    let mut kept = uploads.find(&token, "a.jpg").await.unwrap();
    let mut bytes = Vec::new();
    kept.file.read_to_end(&mut bytes).await.unwrap();
    assert_eq!((bytes.as_slice(), kept.size), (b"picture".as_slice(), 7));
    assert_eq!(kept.content_type.as_deref(), Some("image/jpeg"));
    assert!(matches!(uploads.find(&token, "b.jpg").await, Err(Error::Unknown)));
}

#[tokio::test]
async fn a_slot_is_filled_once() {
    let place = Place::new();
    let uploads = place.open();
    let token = uploads.slot(wanted("ann", 1)).await.unwrap();
    let first = uploads.receive(&token, "a.jpg").await.unwrap();
    assert!(matches!(uploads.receive(&token, "a.jpg").await, Err(Error::Taken)));
    drop(first);
    let mut second = uploads.receive(&token, "a.jpg").await.unwrap();
    second.write(b"1").await.unwrap();
    second.finish().await.unwrap();
    assert!(matches!(uploads.receive(&token, "a.jpg").await, Err(Error::Taken)));
    assert_eq!(place.files(), 1);
}

#[tokio::test]
async fn neither_more_nor_less_than_was_promised_is_kept() {
    let place = Place::new();
    let uploads = place.open();
    let token = uploads.slot(wanted("ann", 3)).await.unwrap();
    let mut more = uploads.receive(&token, "a.jpg").await.unwrap();
    assert!(matches!(more.write(b"four").await, Err(Error::Size { promised: 3, came: 4 })));
    drop(more);
    let mut less = uploads.receive(&token, "a.jpg").await.unwrap();
    less.write(b"12").await.unwrap();
    assert!(matches!(less.finish().await, Err(Error::Size { promised: 3, came: 2 })));
    assert_eq!(place.files(), 0);
}

#[tokio::test]
async fn a_file_has_a_bound_and_so_have_an_account_and_all_together() {
    let place = Place::new();
    let uploads = place.open();
    let large = uploads.slot(wanted("ann", 101)).await.unwrap_err();
    assert!(matches!(large, Error::Refused(Refused::TooLarge { most: 100 })));
    filled(&uploads, "ann", &[0; 100]).await.unwrap();
    let hour = place.now.timestamp().checked_add(1.hour()).unwrap();
    assert_eq!(again(uploads.slot(wanted("ann", 51)).await.unwrap_err()), hour);
    uploads.slot(wanted("bob", 100)).await.unwrap();
    let slot = place.now.timestamp().checked_add(5.minutes()).unwrap();
    assert_eq!(again(uploads.slot(wanted("ann", 1)).await.unwrap_err()), slot);
}

#[tokio::test]
async fn a_slot_that_is_not_filled_in_time_is_gone() {
    let place = Place::new();
    let uploads = place.open();
    let token = uploads.slot(wanted("ann", 100)).await.unwrap();
    place.later(6.minutes());
    assert!(matches!(uploads.receive(&token, "a.jpg").await, Err(Error::Unknown)));
    uploads.slot(wanted("ann", 100)).await.unwrap();
}

#[tokio::test]
async fn a_file_is_gone_after_its_time_or_sooner_if_that_was_wanted() {
    let place = Place::new();
    let uploads = place.open();
    let soon = place.now.timestamp().checked_add(10.minutes()).unwrap();
    let token = filled(&uploads, "ann", b"1").await.unwrap();
    let fleeting = uploads.put(Wanted { gone_by: Some(soon), ..wanted("ann", 1) }, b"2").await;
    let fleeting = fleeting.unwrap();
    place.later(11.minutes());
    assert!(matches!(uploads.find(&fleeting, "a.jpg").await, Err(Error::Unknown)));
    assert!(uploads.find(&token, "a.jpg").await.is_ok());
    place.later(61.minutes());
    assert!(matches!(uploads.find(&token, "a.jpg").await, Err(Error::Unknown)));
}

#[tokio::test]
async fn what_a_forgotten_account_handed_in_is_gone_and_what_others_did_is_not() {
    let place = Place::new();
    let uploads = place.open();
    let anns = filled(&uploads, "ann", b"1").await.unwrap();
    let slot = uploads.slot(wanted("ann", 100)).await.unwrap();
    let bobs = filled(&uploads, "bob", b"2").await.unwrap();
    uploads.forget("ann").await.unwrap();
    assert!(matches!(uploads.find(&anns, "a.jpg").await, Err(Error::Unknown)));
    assert!(matches!(uploads.receive(&slot, "a.jpg").await, Err(Error::Unknown)));
    assert!(uploads.find(&bobs, "a.jpg").await.is_ok());
    assert_eq!((place.files(), uploads.accounts().await.unwrap()), (1, vec!["bob".to_owned()]));
    uploads.slot(wanted("bob", 100)).await.expect("the room is there again");
}

#[tokio::test]
async fn a_file_on_its_way_in_is_not_kept_when_its_account_is_forgotten() {
    let place = Place::new();
    let uploads = place.open();
    let token = uploads.slot(wanted("ann", 1)).await.unwrap();
    let mut receiving = uploads.receive(&token, "a.jpg").await.unwrap();
    receiving.write(b"1").await.unwrap();
    uploads.forget("ann").await.unwrap();
    assert!(matches!(receiving.finish().await, Err(Error::Unknown)));
    assert_eq!(place.files(), 0);
}

#[tokio::test]
async fn a_forgotten_file_stays_forgotten_when_the_power_goes_before_it_is_removed() {
    let place = Place::new();
    let uploads = place.open();
    let token = filled(&uploads, "ann", b"1").await.unwrap();
    let file = place.folder.path().join("uploads").join(&token);
    uploads.forget("ann").await.unwrap();
    // As it is on disk when the entry is gone and the file is not.
    std::fs::write(&file, "1").unwrap();
    drop(uploads);
    let uploads = place.open();
    assert!(matches!(uploads.find(&token, "a.jpg").await, Err(Error::Unknown)));
    let swept = async {
        while file.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), swept).await.unwrap();
}

#[tokio::test]
async fn after_a_power_cut_files_are_there_and_halves_of_files_are_not() {
    let place = Place::new();
    let token = filled(&place.open(), "ann", b"1").await.unwrap();
    let half = place.folder.path().join("uploads/half.part");
    std::fs::write(&half, "ha").unwrap();
    std::fs::write(place.folder.path().join("uploads/nobodys"), "x").unwrap();
    let uploads = place.open();
    let swept = async {
        while place.files() != 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), swept).await.unwrap();
    assert!(uploads.find(&token, "a.jpg").await.is_ok());
}
