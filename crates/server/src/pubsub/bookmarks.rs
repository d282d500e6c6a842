//! XEP-0402: bookmarks, one item each, and the two older places of XEP-0048: the node with one item,
//! and private storage (XEP-0049). The items of XEP-0402 are what is kept; the others follow.

use std::collections::BTreeMap;

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::pubsub::last;
use crate::pubsub::node::Node;
use crate::pubsub::service::{self, Publication, trouble};
use crate::pubsub::standing::Who;
use crate::storage::private;
use crate::storage::pubsub as kept;

/// The id of the one item of the older node.
const CURRENT: &str = "current";

/// Returns the bookmarks by address, in the form of XEP-0402.
async fn bookmarks(
    context: &Context,
    account: &str,
) -> Result<BTreeMap<String, Element>, StanzaError> {
    let pick = |node: &Node| Ok((node.items.clone(), ()));
    let found = kept::items(context.store(), account, ns::BOOKMARKS, pick).await;
    let Ok((_, items, ())) = found.map_err(|error| trouble(&error))? else {
        return Ok(BTreeMap::new());
    };
    let parsed = items.into_iter().filter_map(|item| {
        let conference = Element::parse(item.payload?.as_bytes()).ok()?;
        Some((item.id, conference))
    });
    Ok(parsed.collect())
}

/// Returns all bookmarks in the form of XEP-0048, with what else the older storage holds.
pub(crate) async fn storage(context: &Context, account: &str) -> Result<Element, StanzaError> {
    let bookmarks = bookmarks(context, account).await?;
    let others = others(context, account).await.map_err(|error| trouble(&error))?;
    let conferences = bookmarks.into_iter().map(|(jid, conference)| old(&jid, conference));
    let storage = Element::builder("storage", ns::BOOKMARKS_OLD);
    Ok(storage.children(conferences.chain(others)).build())
}

/// What XEP-0402 has no place for: links to pages.
async fn others(context: &Context, account: &str) -> Result<Vec<Element>, Error> {
    let text = private::get(context.store(), account, "storage", ns::BOOKMARKS_OLD).await?;
    let storage = text.and_then(|text| Element::parse(text.as_bytes()).ok());
    let children = storage.iter().flat_map(Element::children);
    Ok(children.filter(|child| !is_conference(child)).cloned().collect())
}

fn is_conference(child: &Element) -> bool {
    child.is("conference", ns::BOOKMARKS_OLD)
}

/// Casts a bookmark into the older form (XEP-0402 section 5.3.1).
fn old(jid: &str, mut conference: Element) -> Element {
    conference.change_namespace(ns::BOOKMARKS, ns::BOOKMARKS_OLD);
    conference.set_attr("jid", jid);
    conference
}

/// Casts a bookmark from the older form. What only the newer can say stays as it is in `before`.
fn new(mut conference: Element, before: Option<&Element>) -> Option<(String, Element)> {
    let jid: Jid = conference.remove_attr("jid")?.parse().ok()?;
    conference.change_namespace(ns::BOOKMARKS_OLD, ns::BOOKMARKS);
    if !conference.has_child("extensions", ns::BOOKMARKS) {
        let extensions = before.and_then(|before| before.child("extensions", ns::BOOKMARKS));
        extensions.into_iter().for_each(|extensions| conference.push(extensions.clone()));
    }
    Some((jid.to_string(), conference))
}

/// Puts the bookmarks into the older node; private storage is made of them when it is read.
pub(crate) async fn to_old(context: &Context, account: &str) -> Result<(), StanzaError> {
    let storage = storage(context, account).await?;
    let found = last::last(context, account, ns::BOOKMARKS_OLD).await;
    let found = found.map_err(|error| trouble(&error))?;
    let before = found.and_then(|(_, item)| item.payload);
    if before.as_deref() == Some(storage.to_xml().as_str()) {
        return Ok(());
    }
    let publication = Publication::new(ns::BOOKMARKS_OLD, CURRENT, storage);
    let who = Who::owner(&context.address(account));
    service::publish(context, account, who, publication).await.map(|_| ())
}

/// Takes over what was published at the older node.
pub(crate) async fn from_old_node(context: &Context, account: &str) -> Result<(), StanzaError> {
    let found = last::last(context, account, ns::BOOKMARKS_OLD).await;
    let found = found.map_err(|error| trouble(&error))?;
    let storage = found.and_then(|(_, item)| Element::parse(item.payload?.as_bytes()).ok());
    match storage.filter(|storage| storage.is("storage", ns::BOOKMARKS_OLD)) {
        Some(storage) => take_over(context, account, &storage).await,
        None => Ok(()),
    }
}

/// Takes over what was put into private storage.
pub(crate) async fn from_private(
    context: &Context,
    account: &str,
    storage: &Element,
) -> Result<(), StanzaError> {
    take_over(context, account, storage).await?;
    to_old(context, account).await
}

/// XEP-0402 section 5.3.2: publishes what is new or other, retracts what is gone, and leaves alone
/// what is the same.
async fn take_over(context: &Context, account: &str, storage: &Element) -> Result<(), StanzaError> {
    keep_others(context, account, storage).await.map_err(|error| trouble(&error))?;
    let before = bookmarks(context, account).await?;
    let conferences = storage.children().filter(|child| is_conference(child)).cloned();
    let now: BTreeMap<String, Element> = conferences
        .filter_map(|conference| {
            let room = conference.attr("jid").and_then(|jid| jid.parse::<Jid>().ok())?.to_string();
            new(conference, before.get(&room))
        })
        .collect();
    let owner = || Who::owner(&context.address(account));
    let gone: Vec<String> = before.keys().filter(|jid| !now.contains_key(*jid)).cloned().collect();
    for (jid, conference) in now.into_iter().filter(|(jid, now)| before.get(jid) != Some(now)) {
        let publication = Publication::new(ns::BOOKMARKS, &jid, conference);
        service::publish(context, account, owner(), publication).await?;
    }
    if !gone.is_empty() {
        service::retract(context, account, owner(), ns::BOOKMARKS, gone, Some(true)).await?;
    }
    Ok(())
}

/// Keeps what the newer form has no place for.
async fn keep_others(context: &Context, account: &str, storage: &Element) -> Result<(), Error> {
    let mut others = storage.clone();
    others.retain_children(|child| !is_conference(child));
    let text = others.to_xml();
    let key = private::Key::new("storage", ns::BOOKMARKS_OLD);
    private::set(context.store(), account, vec![(key, text)]).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bookmark_comes_back_as_it_was() {
        let conference = Element::parse(
            b"<conference xmlns='urn:xmpp:bookmarks:1' name='Oberon' autojoin='true'>\
              <nick>Puck</nick></conference>",
        )
        .unwrap();
        let cast = old("council@rooms.example", conference.clone());
        assert_eq!(cast.attr("jid"), Some("council@rooms.example"));
        assert_eq!(new(cast, None), Some(("council@rooms.example".to_owned(), conference)));
    }

    #[test]
    fn an_old_client_does_not_lose_what_it_does_not_know() {
        let before = Element::parse(
            b"<conference xmlns='urn:xmpp:bookmarks:1'><extensions><a xmlns='urn:a'/></extensions>\
              </conference>",
        )
        .unwrap();
        let said = Element::parse(b"<conference xmlns='storage:bookmarks' jid='r@rooms.example'/>");
        let (_, now) = new(said.unwrap(), Some(&before)).unwrap();
        assert_eq!(now, before);
    }
}
