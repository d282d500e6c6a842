//! The table of devices in `household.db`.

use jiff::Timestamp;
use televisor_model::{Credentials, Device, DeviceId, Role, ScramKeys, Tier};
use televisor_store::Part;
use televisor_store::rusqlite::{Connection, Result, Row, params};
use uuid::Uuid;

/// The tables of this crate in `household.db`.
pub const PART: Part = Part {
    name: "hh",
    steps: &[
        "CREATE TABLE hh_setting (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT;
        CREATE TABLE hh_device (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'owner')),
            tier TEXT NOT NULL CHECK (tier IN ('basic', 'full')),
            paired_at_ms INTEGER NOT NULL,
            last_seen_ms INTEGER,
            sha1_salt BLOB NOT NULL,
            sha1_iterations INTEGER NOT NULL,
            sha1_stored_key BLOB NOT NULL,
            sha1_server_key BLOB NOT NULL,
            sha256_salt BLOB NOT NULL,
            sha256_iterations INTEGER NOT NULL,
            sha256_stored_key BLOB NOT NULL,
            sha256_server_key BLOB NOT NULL,
            ha1_md5 BLOB NOT NULL,
            ha1_sha256 BLOB NOT NULL
        ) STRICT",
        super::contacts::STEP,
    ],
};

/// A device and what proves it.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) device: Device,
    pub(crate) credentials: Credentials,
}

/// Reads every device.
pub(crate) fn load(conn: &Connection) -> Result<Vec<Member>> {
    let mut statement = conn.prepare("SELECT * FROM hh_device")?;
    statement.query_map([], member)?.collect()
}

/// Writes one device as it stands now.
pub(crate) fn save(conn: &Connection, member: &Member) -> Result<()> {
    let (device, keys) = (&member.device, &member.credentials);
    conn.prepare_cached(
        "INSERT OR REPLACE INTO hh_device VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    )?
    .execute(params![
        device.id.to_string(),
        device.name,
        device.role.to_string(),
        tier_word(device.tier),
        device.paired_at.as_millisecond(),
        device.last_seen.map(Timestamp::as_millisecond),
        keys.scram_sha1.salt,
        keys.scram_sha1.iterations,
        keys.scram_sha1.stored_key,
        keys.scram_sha1.server_key,
        keys.scram_sha256.salt,
        keys.scram_sha256.iterations,
        keys.scram_sha256.stored_key,
        keys.scram_sha256.server_key,
        keys.ha1_md5,
        keys.ha1_sha256,
    ])?;
    Ok(())
}

/// Removes one device.
pub(crate) fn remove(conn: &Connection, id: DeviceId) -> Result<()> {
    conn.execute("DELETE FROM hh_device WHERE id = ?1", [id.to_string()])?;
    Ok(())
}

/// Reads one of the receiver's own settings.
pub(crate) fn setting(conn: &Connection, name: &str) -> Result<Option<String>> {
    use televisor_store::rusqlite::OptionalExtension as _;
    conn.query_row("SELECT value FROM hh_setting WHERE name = ?1", [name], |r| r.get(0)).optional()
}

/// Writes one of the receiver's own settings.
pub(crate) fn set_setting(conn: &Connection, name: &str, value: &str) -> Result<()> {
    conn.execute("INSERT OR REPLACE INTO hh_setting VALUES (?1, ?2)", [name, value])?;
    Ok(())
}

fn member(row: &Row<'_>) -> Result<Member> {
    let id: String = row.get("id")?;
    let role: String = row.get("role")?;
    let tier: String = row.get("tier")?;
    Ok(Member {
        device: Device {
            id: DeviceId(Uuid::parse_str(&id).unwrap_or_default()),
            name: row.get("name")?,
            role: match role.as_str() {
                "owner" => Role::Owner,
                "member" => Role::Member,
                _ => Role::Guest,
            },
            tier: if tier == "full" { Tier::Full } else { Tier::Basic },
            paired_at: instant(row.get("paired_at_ms")?),
            last_seen: row.get::<_, Option<i64>>("last_seen_ms")?.map(instant),
        },
        credentials: Credentials {
            scram_sha1: keys(
                row,
                ["sha1_salt", "sha1_iterations", "sha1_stored_key", "sha1_server_key"],
            )?,
            scram_sha256: keys(
                row,
                ["sha256_salt", "sha256_iterations", "sha256_stored_key", "sha256_server_key"],
            )?,
            ha1_md5: row.get("ha1_md5")?,
            ha1_sha256: row.get("ha1_sha256")?,
        },
    })
}

fn keys(row: &Row<'_>, [salt, iterations, stored, server]: [&str; 4]) -> Result<ScramKeys> {
    Ok(ScramKeys {
        salt: row.get(salt)?,
        iterations: row.get(iterations)?,
        stored_key: row.get(stored)?,
        server_key: row.get(server)?,
    })
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MIN)
}

fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Basic => "basic",
        Tier::Full => "full",
    }
}
