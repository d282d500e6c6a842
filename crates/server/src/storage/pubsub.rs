//! Nodes with their items, affiliations and subscriptions; what clients want, by their caps.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use televisor_store::rusqlite::{Connection, OptionalExtension as _, Row};
use televisor_store::{Database, Error};

use crate::pubsub::config::Config;
use crate::pubsub::limits::{ACCOUNT_BYTES, NODES};
use crate::pubsub::node::{Affiliation, Item, Node, Subscribed};
use crate::pubsub::refusal::Refusal;

/// Changes one node in one step: `work` makes it, changes it, or takes it away. Where it refuses, or
/// the account would keep too much, nothing is changed.
pub(crate) async fn change<T: Send + 'static>(
    store: &Database,
    account: &str,
    name: &str,
    work: impl FnOnce(&mut Option<Node>) -> Result<T, Refusal> + Send + 'static,
) -> Result<Result<T, Refusal>, Error> {
    let (account, name) = (account.to_owned(), name.to_owned());
    store
        .write(move |conn| {
            let before = load(conn, &account, &name)?;
            let mut after = before.clone();
            let answer = match work(&mut after) {
                Ok(answer) => answer,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Some(refusal) = refuse(conn, &account, before.as_ref(), after.as_ref())? {
                return Ok(Err(refusal));
            }
            save(conn, &account, &name, before, after)?;
            Ok(Ok(answer))
        })
        .await
}

/// Returns a node.
pub(crate) async fn find(
    store: &Database,
    account: &str,
    name: &str,
) -> Result<Option<Node>, Error> {
    let (account, name) = (account.to_owned(), name.to_owned());
    store.read(move |conn| load(conn, &account, &name)).await
}

/// A node, items of it with their payloads, and what was said about the choice.
pub(crate) type Chosen<T> = (Node, Vec<Item>, T);

/// Returns a node, and with their payloads the items that `pick` chooses; it may also refuse.
pub(crate) async fn items<T: Send + 'static>(
    store: &Database,
    account: &str,
    name: &str,
    pick: impl FnOnce(&Node) -> Result<(Vec<Item>, T), Refusal> + Send + 'static,
) -> Result<Result<Chosen<T>, Refusal>, Error> {
    let (account, name) = (account.to_owned(), name.to_owned());
    store
        .read(move |conn| {
            let Some(node) = load(conn, &account, &name)? else {
                return Ok(Err(Refusal::NotFound));
            };
            let (mut picked, more) = match pick(&node) {
                Ok(picked) => picked,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let mut query = conn.prepare_cached(
                "SELECT payload FROM xmpp_pubsub_item WHERE account = ?1 AND node = ?2 AND id = ?3",
            )?;
            for item in &mut picked {
                let key = (&account, &name, &item.id);
                item.payload = query.query_row(key, |row| row.get(0)).optional()?;
            }
            Ok(Ok((node, picked, more)))
        })
        .await
}

/// Returns an account's nodes, by name.
pub(crate) async fn nodes(
    store: &Database,
    account: &str,
) -> Result<BTreeMap<String, Node>, Error> {
    let account = account.to_owned();
    store
        .read(move |conn| {
            let mut query =
                conn.prepare_cached("SELECT node FROM xmpp_pubsub_node WHERE account = ?1")?;
            let names = query.query_map([&account], |row| row.get::<_, String>(0))?;
            let mut nodes = BTreeMap::new();
            for name in names {
                let name = name?;
                if let Some(node) = load(conn, &account, &name)? {
                    nodes.insert(name, node);
                }
            }
            Ok(nodes)
        })
        .await
}

/// Returns which accounts have nodes of these names: the account, and the name.
pub(crate) async fn holders(
    store: &Database,
    names: BTreeSet<String>,
) -> Result<Vec<(String, String)>, Error> {
    store
        .read(move |conn| {
            let mut query =
                conn.prepare_cached("SELECT account FROM xmpp_pubsub_node WHERE node = ?1")?;
            let mut found = Vec::new();
            for name in names {
                let accounts = query.query_map([&name], |row| row.get::<_, String>(0))?;
                for account in accounts {
                    found.push((account?, name.clone()));
                }
            }
            Ok(found)
        })
        .await
}

fn load(conn: &Connection, account: &str, name: &str) -> Result<Option<Node>, Error> {
    let key = [account, name];
    let config: Option<String> = conn
        .prepare_cached("SELECT config FROM xmpp_pubsub_node WHERE account = ?1 AND node = ?2")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let Some(config) = config else { return Ok(None) };
    let mut node = Node::new(Config::of_xml(&config));
    let mut query = conn.prepare_cached(
        "SELECT jid, role FROM xmpp_pubsub_role WHERE account = ?1 AND node = ?2",
    )?;
    let roles = query.query_map(key, |row| Ok((row.get(0)?, row.get(1)?)))?;
    for role in roles {
        let (jid, role): (String, String) = role?;
        if let Some(affiliation) = Affiliation::parse(&role) {
            node.affiliations.insert(jid, affiliation);
        } else if let Some(state) = Subscribed::parse(&role) {
            node.subscriptions.insert(jid, state);
        }
    }
    let mut query = conn.prepare_cached(
        "SELECT id, publisher, published, length(payload) FROM xmpp_pubsub_item
         WHERE account = ?1 AND node = ?2 ORDER BY seq",
    )?;
    node.items = query.query_map(key, item)?.collect::<Result<_, _>>()?;
    Ok(Some(node))
}

fn item(row: &Row<'_>) -> televisor_store::rusqlite::Result<Item> {
    let published = Timestamp::from_millisecond(row.get(2)?).unwrap_or_default();
    let bytes: i64 = row.get(3)?;
    Ok(Item {
        id: row.get(0)?,
        publisher: row.get(1)?,
        published,
        bytes: usize::try_from(bytes).unwrap_or_default(),
        payload: None,
    })
}

/// Whether the account would keep more than it may.
fn refuse(
    conn: &Connection,
    account: &str,
    before: Option<&Node>,
    after: Option<&Node>,
) -> Result<Option<Refusal>, Error> {
    let Some(after) = after else { return Ok(None) };
    if before.is_none() {
        let count: i64 = conn
            .prepare_cached("SELECT count(*) FROM xmpp_pubsub_node WHERE account = ?1")?
            .query_row([account], |row| row.get(0))?;
        if usize::try_from(count).is_ok_and(|count| count >= NODES) {
            return Ok(Some(Refusal::NodesExceeded));
        }
    }
    let size = |node: &Node| node.items.iter().map(|item| item.bytes).sum::<usize>();
    let grown = size(after).saturating_sub(before.map(size).unwrap_or_default());
    if grown == 0 {
        return Ok(None);
    }
    let kept: i64 = conn
        .prepare_cached(
            "SELECT coalesce(sum(length(payload)), 0) FROM xmpp_pubsub_item WHERE account = ?1",
        )?
        .query_row([account], |row| row.get(0))?;
    let kept = usize::try_from(kept).unwrap_or(ACCOUNT_BYTES);
    Ok((kept.saturating_add(grown) > ACCOUNT_BYTES).then_some(Refusal::Full))
}

fn save(
    conn: &Connection,
    account: &str,
    name: &str,
    before: Option<Node>,
    after: Option<Node>,
) -> Result<(), Error> {
    let key = (account, name);
    let Some(after) = after else {
        for table in ["xmpp_pubsub_item", "xmpp_pubsub_role", "xmpp_pubsub_node"] {
            let sql = format!("DELETE FROM {table} WHERE account = ?1 AND node = ?2");
            conn.execute(&sql, key)?;
        }
        return Ok(());
    };
    let made = before.is_none();
    let before = before.unwrap_or_default();
    if made || before.config != after.config {
        let row = (account, name, after.config.to_xml());
        conn.execute("INSERT OR REPLACE INTO xmpp_pubsub_node VALUES (?1, ?2, ?3)", row)?;
    }
    if (&before.affiliations, &before.subscriptions) != (&after.affiliations, &after.subscriptions)
    {
        save_roles(conn, account, name, &after)?;
    }
    save_items(conn, account, name, &before.items, after.items)
}

fn save_roles(conn: &Connection, account: &str, name: &str, node: &Node) -> Result<(), Error> {
    let key = (account, name);
    conn.execute("DELETE FROM xmpp_pubsub_role WHERE account = ?1 AND node = ?2", key)?;
    let mut insert = conn.prepare_cached("INSERT INTO xmpp_pubsub_role VALUES (?1, ?2, ?3, ?4)")?;
    for (jid, affiliation) in &node.affiliations {
        insert.execute((account, name, jid, affiliation.as_str()))?;
    }
    for (jid, state) in &node.subscriptions {
        insert.execute((account, name, jid, state.as_str()))?;
    }
    Ok(())
}

fn save_items(
    conn: &Connection,
    account: &str,
    name: &str,
    before: &[Item],
    after: Vec<Item>,
) -> Result<(), Error> {
    let stays: BTreeSet<&str> =
        after.iter().filter(|i| i.payload.is_none()).map(|i| i.id.as_str()).collect();
    let mut delete = conn.prepare_cached(
        "DELETE FROM xmpp_pubsub_item WHERE account = ?1 AND node = ?2 AND id = ?3",
    )?;
    for item in before.iter().filter(|item| !stays.contains(item.id.as_str())) {
        delete.execute((account, name, &item.id))?;
    }
    // In a column of its own that only grows, so that the latest is the last.
    let mut insert = conn.prepare_cached(
        "INSERT INTO xmpp_pubsub_item (account, node, id, publisher, published, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for item in after {
        let Some(payload) = item.payload else { continue };
        let published = item.published.as_millisecond();
        insert.execute((account, name, item.id, item.publisher, published, payload))?;
    }
    Ok(())
}

/// Kinds of client whose wishes are remembered.
const KINDS: i64 = 1000;

/// Returns the nodes that clients with these caps (XEP-0115) want to hear of.
pub(crate) async fn wanted(
    store: &Database,
    hash: &str,
    version: &str,
) -> Result<Option<BTreeSet<String>>, Error> {
    let (hash, version) = (hash.to_owned(), version.to_owned());
    store
        .read(move |conn| {
            let nodes: Option<String> = conn
                .prepare_cached("SELECT nodes FROM xmpp_caps WHERE hash = ?1 AND version = ?2")?
                .query_row([&hash, &version], |row| row.get(0))
                .optional()?;
            Ok(nodes.map(|nodes| nodes.lines().map(str::to_owned).collect()))
        })
        .await
}

/// Remembers what clients with these caps want; the oldest kinds beyond what is kept are forgotten.
pub(crate) async fn set_wanted(
    store: &Database,
    hash: &str,
    version: &str,
    nodes: &BTreeSet<String>,
) -> Result<(), Error> {
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let row = (hash.to_owned(), version.to_owned(), nodes.join("\n"));
    store
        .write(move |conn| {
            conn.execute("INSERT OR REPLACE INTO xmpp_caps VALUES (?1, ?2, ?3)", row)?;
            conn.execute(
                "DELETE FROM xmpp_caps WHERE rowid IN (
                    SELECT rowid FROM xmpp_caps ORDER BY rowid DESC LIMIT -1 OFFSET ?1)",
                [KINDS],
            )?;
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pubsub::limits::ITEM_BYTES;
    use crate::pubsub::node::{Draft, Payload};
    use crate::pubsub::standing::Who;

    const ANN: &str = "ann@house.example/r";

    fn open(folder: &tempfile::TempDir) -> Database {
        Database::open(&folder.path().join("a.db"), &[crate::storage::tables::PART]).unwrap()
    }

    async fn publish(
        store: &Database,
        node: &str,
        id: &str,
        text: String,
        config: Config,
    ) -> Result<(), Refusal> {
        let payload = Some(Payload { namespace: "urn:n".to_owned(), text });
        let draft = Draft { item: true, id: Some(id.to_owned()), payload };
        let done = change(store, "ann", node, move |node| {
            let node = node.get_or_insert_with(|| Node::new(config));
            node.publish(&Who::owner(ANN), draft, String::new(), Timestamp::default())
        });
        done.await.unwrap().map(|_| ())
    }

    fn many() -> Config {
        Config { max_items: crate::pubsub::config::Most::Max, ..Config::default() }
    }

    #[tokio::test]
    async fn a_node_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        for id in ["1", "2", "1"] {
            publish(&store, "urn:n", id, format!("<n>{id}</n>"), many()).await.unwrap();
        }
        let changed = change(&store, "ann", "urn:n", |node| {
            let node = node.as_mut().unwrap();
            node.affiliations.insert("bob@house.example".to_owned(), Affiliation::Member);
            node.subscriptions.insert("bob@house.example".to_owned(), Subscribed::Pending);
            Ok(node.clone())
        });
        let before = changed.await.unwrap().unwrap();
        drop(store);
        let store = open(&folder);
        assert_eq!(find(&store, "ann", "urn:n").await.unwrap(), Some(before));
        let all = |node: &Node| Ok((node.items.clone(), ()));
        let (_, kept, ()) = items(&store, "ann", "urn:n", all).await.unwrap().unwrap();
        let payloads: Vec<_> = kept.iter().map(|item| item.payload.as_deref().unwrap()).collect();
        assert_eq!(payloads, ["<n>2</n>", "<n>1</n>"]);
    }

    #[tokio::test]
    async fn a_deleted_node_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        publish(&store, "urn:n", "1", "<n/>".to_owned(), many()).await.unwrap();
        let deleted = change(&store, "ann", "urn:n", |node| Ok(node.take().is_some()));
        assert!(deleted.await.unwrap().unwrap());
        publish(&store, "urn:n", "2", "<n/>".to_owned(), many()).await.unwrap();
        let node = find(&store, "ann", "urn:n").await.unwrap().unwrap();
        assert_eq!(node.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["2"]);
    }

    #[tokio::test]
    async fn an_account_keeps_no_more_bytes_than_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        let text = "x".repeat(ITEM_BYTES);
        let fitting = ACCOUNT_BYTES / ITEM_BYTES;
        for id in 0..fitting {
            publish(&store, "urn:n", &id.to_string(), text.clone(), many()).await.unwrap();
        }
        let more = publish(&store, "urn:n", "more", text.clone(), many()).await;
        assert_eq!(more, Err(Refusal::Full));
        // What takes the place of something as large still fits.
        publish(&store, "urn:n", "0", text, many()).await.unwrap();
    }

    #[tokio::test]
    async fn an_account_has_no_more_nodes_than_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        for number in 0..NODES {
            let node = format!("urn:n:{number}");
            publish(&store, &node, "1", "<n/>".to_owned(), many()).await.unwrap();
        }
        let more = publish(&store, "urn:more", "1", "<n/>".to_owned(), many()).await;
        assert_eq!(more, Err(Refusal::NodesExceeded));
    }

    #[tokio::test]
    async fn what_kinds_of_client_want_is_known_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let nodes: BTreeSet<String> = ["urn:a".to_owned(), "urn:b".to_owned()].into();
        set_wanted(&open(&folder), "sha-1", "v", &nodes).await.unwrap();
        assert_eq!(wanted(&open(&folder), "sha-1", "v").await.unwrap(), Some(nodes));
        assert_eq!(wanted(&open(&folder), "sha-1", "w").await.unwrap(), None);
    }
}
