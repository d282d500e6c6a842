//! Whom everybody's roster was last told to hold, so that a change is pushed as a difference.

use std::collections::BTreeMap;

use televisor_store::rusqlite::Connection;
use televisor_store::{Database, Error};

use crate::archive::FORGET;

/// Localparts with their names.
pub(crate) type Members = BTreeMap<String, String>;

/// What is kept for each account.
const OF_ACCOUNTS: [&str; 12] = [
    "xmpp_archive_preferences",
    "xmpp_blocked",
    "xmpp_roster",
    "xmpp_vcard",
    "xmpp_offline",
    "xmpp_unacknowledged",
    "xmpp_pubsub_node",
    "xmpp_pubsub_role",
    "xmpp_pubsub_item",
    "xmpp_private",
    "xmpp_last_activity",
    "xmpp_push",
];

/// Replaces the members; returns those before. Whatever was kept for members now gone goes, too.
pub(crate) async fn replace(store: &Database, now: Members) -> Result<Members, Error> {
    store
        .write(move |conn| {
            let before = members(conn)?;
            conn.execute("DELETE FROM xmpp_household", [])?;
            for (localpart, name) in &now {
                conn.execute("INSERT INTO xmpp_household VALUES (?1, ?2)", (localpart, name))?;
            }
            for gone in before.keys().filter(|member| !now.contains_key(*member)) {
                conn.execute(FORGET, [gone])?;
                for table in OF_ACCOUNTS {
                    conn.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [gone])?;
                }
            }
            Ok(before)
        })
        .await
}

/// Returns the members that rosters were last told to hold.
pub(crate) async fn all(store: &Database) -> Result<Members, Error> {
    store.read(members).await
}

fn members(conn: &Connection) -> Result<Members, Error> {
    let mut query = conn.prepare_cached("SELECT localpart, name FROM xmpp_household")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
