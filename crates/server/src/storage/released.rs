//! What released versions wrote is still read: the stored file of the first release, brought forward.

use televisor_store::rusqlite::Connection;
use televisor_store::{Database, Error};

use super::{certificates, household, last_activity, roster, tables, vcard};
use crate::subscription::Subscription;

const FIRST: &str = include_str!("../../../store/tests/released/household-2026-11-29.sql");

const JOE: &str = "5e8c1d3a-0f4b-4c2d-9a6e-000000000001";
const DAN: &str = "5e8c1d3a-0f4b-4c2d-9a6e-000000000002";

fn open(folder: &tempfile::TempDir) -> Database {
    let path = folder.path().join("household.db");
    if !path.exists() {
        Connection::open(&path).unwrap().execute_batch(FIRST).unwrap();
    }
    Database::open(&path, &[tables::PART]).unwrap()
}

#[tokio::test]
async fn rosters_of_the_first_release_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let entries = roster::all(&open(&folder), JOE).await.unwrap();
    let states: Vec<_> =
        entries.iter().map(|entry| (entry.contact.as_str(), entry.state)).collect();
    let wanted = [
        ("ann@example.net", Subscription::Both),
        ("asked@example.net", Subscription::NoneOut),
        ("stranger@example.net", Subscription::NoneIn),
    ];
    assert_eq!(states, wanted);
    assert_eq!(entries[0].name.as_deref(), Some("Ann & co"));
    assert_eq!(entries[0].groups, ["Friends", "Work"]);
    assert!(entries.iter().all(|entry| !entry.approved));
    assert!(entries[2].request.as_deref().unwrap().contains("hello?"));
    assert_eq!(roster::all(&open(&folder), DAN).await.unwrap()[0].state, Subscription::To);
}

#[tokio::test]
async fn vcards_certificates_and_members_of_the_first_release_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    assert!(vcard::get(&store, JOE).await.unwrap().unwrap().contains("Joe Bloggs"));
    let photo = vcard::photo(&store, JOE).await.unwrap();
    assert_eq!(photo.as_deref(), Some("a9993e364706816aba3e25717850c26c9cd0d89d"));
    let certificates = certificates::all(&store).await.unwrap();
    assert_eq!((certificates.len(), certificates[0].name.as_str()), (1, "Phone"));
    let members = household::all(&store).await.unwrap();
    assert_eq!(members.get(DAN).map(String::as_str), Some("Dan’s laptop"));
    assert_eq!(members.len(), 2);
    assert_eq!(last_activity::get(&store, JOE).await.unwrap(), None);
}

#[tokio::test]
async fn messages_kept_by_the_first_release_are_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let rows = store.read(|conn| {
        let mut query =
            conn.prepare("SELECT stanza FROM xmpp_offline WHERE account = ?1 ORDER BY id")?;
        let rows = query.query_map([DAN], |row| row.get::<_, String>(0))?;
        Ok::<_, Error>(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let texts = rows.await.unwrap();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("Are you there? 1") && texts[1].contains("Are you there? 2"));
}

#[tokio::test]
async fn the_secret_of_the_first_release_stays() {
    let folder = tempfile::tempdir().unwrap();
    let first = crate::server_secret::load_or_make(&open(&folder)).await.unwrap();
    assert_eq!(crate::server_secret::load_or_make(&open(&folder)).await.unwrap(), first);
}
