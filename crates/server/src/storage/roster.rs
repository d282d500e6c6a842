//! Roster items and the requests waiting in them.

use televisor_store::rusqlite::{Connection, OptionalExtension as _, Row};
use televisor_store::{Database, Error};

use crate::subscription::Subscription;

/// Between groups in the one column; no XML text can hold it.
const SEPARATOR: char = '\u{1f}';

/// What an account keeps about one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The contact's bare JID, canonical.
    pub(crate) contact: String,
    /// The user's name for it.
    pub(crate) name: Option<String>,
    /// The user's groups for it, in order.
    pub(crate) groups: Vec<String>,
    /// The subscription.
    pub(crate) state: Subscription,
    /// Whether the roster shows it; a mere request of a stranger is not shown.
    pub(crate) listed: bool,
    /// Whether the contact is let in as soon as it asks (RFC 6121 section 3.4).
    pub(crate) approved: bool,
    /// The request that is waiting, as it came.
    pub(crate) request: Option<String>,
}

impl Entry {
    /// A contact of whom nothing is known yet.
    pub(crate) fn new(contact: &str) -> Self {
        Self {
            contact: contact.to_owned(),
            name: None,
            groups: Vec::new(),
            state: Subscription::None,
            listed: false,
            approved: false,
            request: None,
        }
    }

    /// Whether there is more to it than a request of the contact's.
    pub(crate) fn is_wanted(&self) -> bool {
        self.listed || !matches!(self.state, Subscription::None | Subscription::NoneIn)
    }
}

/// Returns all an account keeps, by contact.
pub(crate) async fn all(store: &Database, account: &str) -> Result<Vec<Entry>, Error> {
    let account = account.to_owned();
    store
        .read(move |conn| {
            let mut query = conn.prepare_cached(
                "SELECT contact, name, groups, state, listed, request, approved FROM xmpp_roster
                 WHERE account = ?1 ORDER BY contact",
            )?;
            Ok(query.query_map([account], entry)?.collect::<Result<_, _>>()?)
        })
        .await
}

/// Returns what an account keeps about one contact.
pub(crate) async fn find(
    store: &Database,
    account: &str,
    contact: &str,
) -> Result<Option<Entry>, Error> {
    let (account, contact) = (account.to_owned(), contact.to_owned());
    store.read(move |conn| one(conn, &account, &contact)).await
}

/// Changes what an account keeps about one contact, in one step. `change` returns its answer; an
/// entry that says nothing any more is dropped.
pub(crate) async fn change<T: Send + 'static>(
    store: &Database,
    account: &str,
    contact: &str,
    change: impl FnOnce(&mut Entry) -> T + Send + 'static,
) -> Result<T, Error> {
    let (account, contact) = (account.to_owned(), contact.to_owned());
    store
        .write(move |conn| {
            let before = one(conn, &account, &contact)?.unwrap_or_else(|| Entry::new(&contact));
            let mut entry = before.clone();
            let answer = change(&mut entry);
            // What strangers say again and again must not wear out the disk.
            if entry != before {
                write(conn, &account, &entry)?;
            }
            Ok(answer)
        })
        .await
}

/// Requests of strangers that may wait for one account, all together and of one domain.
const REQUESTS: i64 = 64;
const REQUESTS_OF_DOMAIN: i64 = 16;

/// Forgets the oldest requests of strangers beyond what one account keeps.
pub(crate) async fn trim_requests(
    store: &Database,
    account: &str,
    domain: &str,
) -> Result<(), Error> {
    let (account, domain) = (account.to_owned(), domain.to_owned());
    store
        .write(move |conn| {
            for (suffix, most) in [("", REQUESTS), (&*domain, REQUESTS_OF_DOMAIN)] {
                let suffix = if suffix.is_empty() { String::new() } else { format!("@{suffix}") };
                // Every change writes the row anew, so that the oldest has the least rowid.
                conn.execute(
                    "DELETE FROM xmpp_roster WHERE rowid IN (
                        SELECT rowid FROM xmpp_roster
                        WHERE account = ?1 AND NOT listed AND state = 'none+in'
                          AND (?2 = '' OR substr(contact, -length(?2)) = ?2)
                        ORDER BY rowid DESC LIMIT -1 OFFSET ?3)",
                    (&account, &suffix, most),
                )?;
            }
            Ok(())
        })
        .await
}

fn one(conn: &Connection, account: &str, contact: &str) -> Result<Option<Entry>, Error> {
    let mut query = conn.prepare_cached(
        "SELECT contact, name, groups, state, listed, request, approved FROM xmpp_roster
         WHERE account = ?1 AND contact = ?2",
    )?;
    Ok(query.query_row([account, contact], entry).optional()?)
}

fn write(conn: &Connection, account: &str, entry: &Entry) -> Result<(), Error> {
    if !entry.listed && entry.state == Subscription::None {
        conn.execute(
            "DELETE FROM xmpp_roster WHERE account = ?1 AND contact = ?2",
            [account, &entry.contact],
        )?;
        return Ok(());
    }
    conn.execute(
        "INSERT OR REPLACE INTO xmpp_roster
         (account, contact, name, groups, state, listed, request, approved)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            account,
            &entry.contact,
            &entry.name,
            entry.groups.join(&SEPARATOR.to_string()),
            entry.state.as_str(),
            entry.listed,
            &entry.request,
            entry.approved,
        ),
    )?;
    Ok(())
}

fn entry(row: &Row<'_>) -> televisor_store::rusqlite::Result<Entry> {
    let groups: String = row.get(2)?;
    let state: String = row.get(3)?;
    Ok(Entry {
        contact: row.get(0)?,
        name: row.get(1)?,
        groups: groups.split(SEPARATOR).filter(|g| !g.is_empty()).map(str::to_owned).collect(),
        state: Subscription::parse(&state).unwrap_or(Subscription::None),
        listed: row.get(4)?,
        request: row.get(5)?,
        approved: row.get(6)?,
    })
}
