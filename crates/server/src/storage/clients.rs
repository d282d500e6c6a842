//! The programs that log in to accounts, and their tokens (XEP-0388, XEP-0484).

use std::collections::HashMap;

use jiff::Timestamp;
use televisor_store::rusqlite::{Connection, Row};
use televisor_store::{Database, Error};
use televisor_xmpp::ht::HtMechanism;

use crate::clients::client::Client;
use crate::clients::token::{Token, Tokens};

/// Which of its client's tokens a row is.
const CURRENT: i64 = 0;
const NEW: i64 = 1;

/// Returns those of all accounts, by localpart.
pub(crate) async fn all(store: &Database) -> Result<HashMap<String, Vec<Client>>, Error> {
    store
        .read(|conn| {
            let mut clients: HashMap<String, Vec<Client>> = HashMap::new();
            let mut query = conn.prepare(
                "SELECT account, id, software, device, first_seen, last_seen, credentials, password
                 FROM xmpp_client",
            )?;
            for row in query.query_map([], client)? {
                let (account, client) = row?;
                clients.entry(account).or_default().push(client);
            }
            let mut query = conn.prepare(
                "SELECT account, client, slot, mechanism, secret, issued, expires, count
                 FROM xmpp_token",
            )?;
            for row in query.query_map([], token)? {
                let (account, id, slot, token) = row?;
                let all = clients.get_mut(&account).into_iter().flatten();
                for client in all.filter(|client| client.id == id) {
                    let tokens = &mut client.tokens;
                    *(if slot == NEW { &mut tokens.new } else { &mut tokens.current }) =
                        token.clone();
                }
            }
            Ok(clients)
        })
        .await
}

/// Puts a program, with its tokens, in the place of what was there; `None` only takes that out.
pub(crate) fn replace(
    conn: &Connection,
    account: &str,
    id: &str,
    client: Option<&Client>,
) -> Result<(), Error> {
    let key = [account, id];
    conn.execute("DELETE FROM xmpp_client WHERE account = ?1 AND id = ?2", key)?;
    conn.execute("DELETE FROM xmpp_token WHERE account = ?1 AND client = ?2", key)?;
    let Some(client) = client else { return Ok(()) };
    conn.execute(
        "INSERT INTO xmpp_client
         (account, id, software, device, first_seen, last_seen, credentials, password)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            account,
            id,
            &client.software,
            &client.device,
            client.first_seen.as_second(),
            client.last_seen.as_second(),
            client.credentials,
            client.password,
        ),
    )?;
    let Tokens { current, new } = &client.tokens;
    for (slot, token) in [(CURRENT, current), (NEW, new)] {
        let Some(token) = token else { continue };
        conn.execute(
            "INSERT INTO xmpp_token
             (account, client, slot, mechanism, secret, issued, expires, count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                account,
                id,
                slot,
                token.mechanism.as_str(),
                &token.secret,
                token.issued.as_second(),
                token.expires.as_second(),
                token.count,
            ),
        )?;
    }
    Ok(())
}

fn client(row: &Row<'_>) -> televisor_store::rusqlite::Result<(String, Client)> {
    let client = Client {
        id: row.get(1)?,
        software: row.get(2)?,
        device: row.get(3)?,
        first_seen: time(row.get(4)?),
        last_seen: time(row.get(5)?),
        credentials: row.get(6)?,
        password: row.get(7)?,
        tokens: Tokens::default(),
    };
    Ok((row.get(0)?, client))
}

/// A token of a mechanism that is no longer spoken is none.
fn token(row: &Row<'_>) -> televisor_store::rusqlite::Result<(String, String, i64, Option<Token>)> {
    let mechanism: Option<HtMechanism> = row.get::<_, String>(3)?.parse().ok();
    let secret = row.get(4)?;
    let (issued, expires) = (time(row.get(5)?), time(row.get(6)?));
    let count = row.get(7)?;
    let token = mechanism.map(|mechanism| Token { secret, mechanism, issued, expires, count });
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, token))
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tables::PART;

    #[tokio::test]
    async fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("a.db"), &[PART]).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut kept = Client::new("id".into(), [7; 32], at(1));
        kept.last_seen = at(2);
        kept.device = Some("sofa".into());
        kept.tokens.current = Some(Token::new("c".into(), HtMechanism::None, at(3)));
        let new = Token::new("n".into(), HtMechanism::Exporter, at(4));
        kept.tokens.new = Some(Token { count: Some(9), ..new });
        let write = |client: Option<Client>| {
            store.write(move |conn| replace(conn, "ann", "id", client.as_ref()))
        };
        write(Some(kept.clone())).await.unwrap();
        write(Some(kept.clone())).await.unwrap();
        assert_eq!(all(&store).await.unwrap(), HashMap::from([("ann".to_owned(), vec![kept])]));
        write(None).await.unwrap();
        assert!(all(&store).await.unwrap().is_empty());
    }
}
