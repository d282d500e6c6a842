//! Files of released versions still open. Each crate tests its own tables against them; here, that the
//! stored files are what they say.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use televisor_store::rusqlite::Connection;
use televisor_store::{Database, Error, Part};

const FIRST: &str = include_str!("released/household-2026-11-29.sql");

#[test]
fn every_table_of_the_first_release_has_rows() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(FIRST).unwrap();
    let mut query = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> =
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(tables.len() >= 12, "{tables:?}");
    for table in tables {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 = conn.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert!(rows > 0, "{table} is empty");
    }
}

#[test]
fn a_version_that_knows_less_refuses_it_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("household.db");
    Connection::open(&path).unwrap().execute_batch(FIRST).unwrap();
    let old = Part { name: "xmpp", steps: &["SELECT 1"] };
    let refused = Database::open(&path, &[old]).unwrap_err();
    assert!(matches!(refused, Error::Newer { found: 2, known: 1, .. }));
    assert!(refused.to_string().ends_with("(use the newer version)"), "{refused}");
}
