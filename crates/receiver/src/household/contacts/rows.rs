//! The tables of accounts elsewhere in `household.db`.

use jiff::Timestamp;
use televisor_model::{Contact, ContactState, Role, Via};
use televisor_store::rusqlite::{Connection, Result, Row, params};

use super::rules::{Past, What};

/// One step of the schema.
pub(in crate::household) const STEP: &str = "CREATE TABLE hh_contact (
        jid TEXT PRIMARY KEY,
        name TEXT,
        role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'owner')),
        state TEXT NOT NULL CHECK (state IN ('invited', 'accepted', 'allowed', 'refused')),
        invited_by TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        via TEXT NOT NULL CHECK (via IN ('federation', 'component', 'uplink'))
    ) STRICT;
    CREATE TABLE hh_contact_past (
        jid TEXT NOT NULL,
        what TEXT NOT NULL CHECK (what IN ('invited', 'refused')),
        at_ms INTEGER NOT NULL
    ) STRICT";

/// Reads every account.
pub(super) fn load(conn: &Connection) -> Result<Vec<Contact>> {
    conn.prepare("SELECT * FROM hh_contact")?.query_map([], contact)?.collect()
}

/// Reads what happened lately.
pub(super) fn load_past(conn: &Connection) -> Result<Vec<Past>> {
    conn.prepare("SELECT * FROM hh_contact_past")?.query_map([], past)?.collect()
}

/// Writes one account as it stands now.
pub(super) fn save(conn: &Connection, contact: &Contact) -> Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO hh_contact VALUES (?,?,?,?,?,?,?)")?.execute(
        params![
            contact.jid,
            contact.name,
            contact.role.to_string(),
            contact.state.to_string(),
            contact.invited_by,
            contact.since.as_millisecond(),
            contact.via.to_string(),
        ],
    )?;
    Ok(())
}

/// Removes one account.
pub(super) fn remove(conn: &Connection, jid: &str) -> Result<()> {
    conn.execute("DELETE FROM hh_contact WHERE jid = ?1", [jid])?;
    Ok(())
}

/// Writes down something that happened, and forgets what happened before `oldest`.
pub(super) fn note(conn: &Connection, past: &Past, oldest: Timestamp) -> Result<()> {
    let what = match past.what {
        What::Invited => "invited",
        What::Refused => "refused",
    };
    conn.execute("DELETE FROM hh_contact_past WHERE at_ms < ?1", [oldest.as_millisecond()])?;
    conn.execute(
        "INSERT INTO hh_contact_past VALUES (?1, ?2, ?3)",
        params![past.jid, what, past.at.as_millisecond()],
    )?;
    Ok(())
}

fn contact(row: &Row<'_>) -> Result<Contact> {
    let role: String = row.get("role")?;
    let state: String = row.get("state")?;
    let via: String = row.get("via")?;
    Ok(Contact {
        jid: row.get("jid")?,
        name: row.get("name")?,
        role: match role.as_str() {
            "owner" => Role::Owner,
            "member" => Role::Member,
            _ => Role::Guest,
        },
        state: match state.as_str() {
            "allowed" => ContactState::Allowed,
            "accepted" => ContactState::Accepted,
            "invited" => ContactState::Invited,
            _ => ContactState::Refused,
        },
        invited_by: row.get("invited_by")?,
        since: instant(row.get("since_ms")?),
        via: match via.as_str() {
            "component" => Via::Component,
            "uplink" => Via::Uplink,
            _ => Via::Federation,
        },
    })
}

fn past(row: &Row<'_>) -> Result<Past> {
    let what: String = row.get("what")?;
    Ok(Past {
        jid: row.get("jid")?,
        what: if what == "invited" { What::Invited } else { What::Refused },
        at: instant(row.get("at_ms")?),
    })
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MIN)
}
