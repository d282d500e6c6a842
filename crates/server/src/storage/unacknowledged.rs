//! Messages that clients were sent and have not acknowledged (XEP-0198), by session and number: what
//! is here when the server starts was under way when it ended.

use std::collections::HashMap;

use televisor_store::rusqlite::Connection;
use televisor_store::{Database, Error};

use crate::storage::offline::Count;
use crate::stream_management::unacknowledged::{Place, Unacknowledged};

/// Writes a message, unless it has been acknowledged by now.
pub(crate) fn write(conn: &Connection, message: &Unacknowledged) -> Result<(), Error> {
    let Unacknowledged { sent, place, stanza, id, archived } = message;
    let Some(session) = sent.session_to_write() else { return Ok(()) };
    conn.prepare_cached(
        "INSERT OR REPLACE INTO xmpp_unacknowledged VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        session,
        sent.number(),
        &place.account,
        &place.resource,
        String::from_utf8_lossy(stanza),
        id.number(),
        archived,
    ))?;
    Ok(())
}

/// Drops a session's messages up to this number: all of them if there is none. Numbers wrap after four
/// thousand million stanzas; what stays then is dropped with the session.
pub(crate) fn drop_until(conn: &Connection, session: &str, h: Option<u32>) -> Result<(), Error> {
    let until = h.map_or(i64::MAX, i64::from);
    conn.prepare_cached("DELETE FROM xmpp_unacknowledged WHERE session = ?1 AND number <= ?2")?
        .execute((session, until))?;
    Ok(())
}

/// Returns the sessions of which there is something, and where they were.
pub(crate) async fn sessions(store: &Database) -> Result<HashMap<String, Place>, Error> {
    store
        .read(|conn| {
            let sql = "SELECT DISTINCT session, account, resource FROM xmpp_unacknowledged";
            let mut query = conn.prepare(sql)?;
            let rows = query.query_map([], |row| {
                Ok((row.get(0)?, Place { account: row.get(1)?, resource: row.get(2)? }))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
}

/// Puts what a session's client has not received, after the first `h` stanzas, to what waits for its
/// account, once; returns how much that is.
pub(crate) async fn keep(store: &Database, session: &str, h: u32) -> Result<Count, Error> {
    let session = session.to_owned();
    store
        .append(move |conn| {
            drop_until(conn, &session, Some(h))?;
            let mut insert = conn.prepare_cached(
                "INSERT INTO xmpp_offline (account, stanza, archive_id, archived)
                 SELECT account, stanza, archive_id, archived FROM xmpp_unacknowledged AS sent
                 WHERE session = ?1 AND NOT EXISTS (SELECT 1 FROM xmpp_offline AS kept
                     WHERE kept.account = sent.account AND kept.archive_id = sent.archive_id)
                 ORDER BY number RETURNING octet_length(stanza)",
            )?;
            let mut count = Count::default();
            for bytes in insert.query_map([&session], |row| row.get::<_, u32>(0))? {
                count.add(usize::try_from(bytes?).unwrap_or(usize::MAX));
            }
            drop_until(conn, &session, None)?;
            Ok(count)
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::archive::ArchiveId;
    use crate::storage::tables::PART;
    use crate::stream_management::counted::Counted;
    use crate::stream_management::unacknowledged::Sent;

    fn message(counted: &Arc<Counted>, number: u32) -> Unacknowledged {
        Unacknowledged {
            sent: Sent::new(counted, number),
            place: Place { account: "ann".to_owned(), resource: "sofa".to_owned() },
            stanza: format!("<message id='{number}'/>").into(),
            id: ArchiveId::new(number.into()),
            archived: true,
        }
    }

    async fn written(store: &Database, messages: Vec<Unacknowledged>) {
        let written = store.write(move |conn| messages.iter().try_for_each(|m| write(conn, m)));
        written.await.unwrap();
    }

    async fn kept(store: &Database) -> Vec<String> {
        let sql = "SELECT stanza FROM xmpp_offline ORDER BY id";
        let kept = store.read(move |conn| {
            let mut query = conn.prepare(sql)?;
            let rows = query.query_map([], |row| row.get(0))?;
            Ok::<_, Error>(rows.collect::<Result<_, _>>()?)
        });
        kept.await.unwrap()
    }

    #[tokio::test]
    async fn what_was_not_received_waits_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("a.db"), &[PART]).unwrap();
        let (one, two) = (Counted::new(Some("s1".into())), Counted::new(Some("s2".into())));
        let (one, two) = (Arc::new(one), Arc::new(two));
        written(&store, (1..=3).map(|n| message(&one, n)).collect()).await;
        written(&store, vec![message(&two, 3)]).await;
        assert_eq!(sessions(&store).await.unwrap().len(), 2);
        keep(&store, "s1", 1).await.unwrap();
        assert_eq!(kept(&store).await, ["<message id='2'/>", "<message id='3'/>"]);
        keep(&store, "s2", 0).await.unwrap();
        assert_eq!(kept(&store).await.len(), 2, "that message waits already");
        assert!(sessions(&store).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_is_acknowledged_in_time_is_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("a.db"), &[PART]).unwrap();
        let counted = Arc::new(Counted::new(Some("s1".into())));
        assert!(!counted.set_received(1));
        written(&store, vec![message(&counted, 1)]).await;
        assert!(sessions(&store).await.unwrap().is_empty());
        written(&store, vec![message(&counted, 2)]).await;
        assert!(counted.set_received(2), "there is something to drop");
    }
}
