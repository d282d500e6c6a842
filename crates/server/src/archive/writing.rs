//! One batch of the journal, in one transaction: a row for each message, and a short one for each
//! archive that holds it.

use std::collections::HashMap;

use televisor_store::Error;
use televisor_store::rusqlite::Connection;

use crate::archive::ArchiveId;
use crate::archive::entry::{Entry, Kept, Side};

/// Addresses remembered with their numbers; more than a household knows.
const REMEMBERED: usize = 4096;

/// The numbers of addresses, as far as they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    known: HashMap<String, i64>,
}

impl Addresses {
    /// Forgets them all: what was made in a transaction that failed is not there.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// Returns the number of an address, giving it one if it has none.
    pub(crate) fn number(&mut self, conn: &Connection, address: &str) -> Result<i64, Error> {
        if let Some(number) = self.known.get(address) {
            return Ok(*number);
        }
        conn.prepare_cached("INSERT OR IGNORE INTO xmpp_archive_address (address) VALUES (?1)")?
            .execute([address])?;
        let number = conn
            .prepare_cached("SELECT id FROM xmpp_archive_address WHERE address = ?1")?
            .query_row([address], |row| row.get(0))?;
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(address.to_owned(), number);
        Ok(number)
    }
}

/// Returns the address under which the archive of an account here is numbered.
pub(crate) fn own_address(localpart: &str) -> String {
    format!("@{localpart}")
}

/// Returns the address under which an account here is numbered as somebody's contact: without the domain,
/// whose name may change.
pub(crate) fn contact_here(localpart: &str) -> String {
    format!("{localpart}@")
}

/// Gives up the archive of the account `?1`: it is nobody's from now on, and dropped bit by bit.
pub(crate) const FORGET: &str =
    "UPDATE xmpp_archive_address SET address = 'gone ' || id WHERE address = '@' || ?1";

/// Writes a batch.
pub(crate) fn write(
    conn: &Connection,
    addresses: &mut Addresses,
    batch: &[(ArchiveId, Entry)],
) -> Result<(), Error> {
    let (mut messages, mut bytes) = (0_i64, 0_i64);
    for (id, entry) in batch {
        let sender = side(conn, addresses, *id, entry.sender.as_ref())?;
        let recipient = side(conn, addresses, *id, entry.recipient.as_ref())?;
        if sender.is_some() || recipient.is_some() {
            conn.prepare_cached("INSERT INTO xmpp_archive_message VALUES (?1, ?2, ?3, ?4)")?
                .execute((id.number(), sender, recipient, &entry.stanza[..]))?;
            messages += 1;
            bytes += i64::try_from(entry.stanza.len()).unwrap_or(i64::MAX);
        }
        if let Some(kept) = &entry.kept {
            keep(conn, *id, kept, &entry.stanza)?;
        }
    }
    if messages > 0 {
        conn.prepare_cached(
            "UPDATE xmpp_archive_size SET messages = messages + ?1, bytes = bytes + ?2",
        )?
        .execute((messages, bytes))?;
    }
    Ok(())
}

/// Puts the message into one archive; returns the account's number.
fn side(
    conn: &Connection,
    addresses: &mut Addresses,
    id: ArchiveId,
    side: Option<&Side>,
) -> Result<Option<i64>, Error> {
    let Some(side) = side else { return Ok(None) };
    let account = addresses.number(conn, &own_address(&side.account))?;
    let contact = addresses.number(conn, &side.contact)?;
    conn.prepare_cached("INSERT INTO xmpp_archive VALUES (?1, ?2, ?3, ?4)")?.execute((
        account,
        id.number(),
        contact,
        side.resource,
    ))?;
    Ok(Some(account))
}

fn keep(conn: &Connection, id: ArchiveId, kept: &Kept, stanza: &[u8]) -> Result<(), Error> {
    let stanza = String::from_utf8_lossy(stanza);
    conn.prepare_cached(
        "INSERT INTO xmpp_offline (account, stanza, archive_id, archived) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((&kept.account, stanza, kept.id.unwrap_or(id).number(), kept.archived))?;
    Ok(())
}
