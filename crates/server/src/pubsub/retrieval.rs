//! XEP-0060 section 6.5: retrieving items, all, some by id, the latest, or a page of them (XEP-0059).

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::context::Context;
use crate::feature::{Kind, Request};
use crate::features::pubsub::{node as node_of, wrap};
use crate::pubsub::node::{Item, Node};
use crate::pubsub::notify::Notice;
use crate::pubsub::page::{Page, Range};
use crate::pubsub::refusal::Refusal;
use crate::pubsub::residents;
use crate::pubsub::service::trouble;
use crate::pubsub::standing::Who;
use crate::storage::pubsub as kept;

/// Bytes of payload in one answer; what does not fit is left to the next page (section 6.5.4).
const ANSWER: usize = 1024 * 1024;

/// Which items are wanted.
enum Wanted {
    Ids(Vec<String>),
    Latest(usize),
    Range(Range),
    All,
}

/// Answers `<items/>`.
pub(crate) async fn items(
    context: &Context,
    account: &str,
    who: &Who,
    pubsub: &Element,
    verb: &Element,
) -> Result<Element, StanzaError> {
    let name = node_of(verb)?;
    let wanted = wanted(pubsub, verb)?;
    let (asker, now) = (who.clone(), context.clock().now());
    let pick = move |node: &Node| {
        node.may_read(&asker)?;
        if !node.config.persist_items {
            return Err(Refusal::NotPersistent);
        }
        let mut node = node.clone();
        node.expire(now);
        select(node.items, wanted)
    };
    let found = kept::items(context.store(), account, name, pick).await;
    let (node, items, set) = found.map_err(|error| trouble(&error))??;
    let notice = Notice { context, account, name, node: &node };
    let item = |item: &Item| {
        let payload = item.payload.as_ref().and_then(|text| Element::parse(text.as_bytes()).ok());
        notice.item(item, ns::PUBSUB, payload)
    };
    let list = Element::builder("items", ns::PUBSUB).attr("node", name);
    let mut answer = wrap(list.children(items.iter().map(item)).build());
    if let Some(set) = set {
        answer.push(set);
    }
    Ok(answer)
}

fn wanted(pubsub: &Element, verb: &Element) -> Result<Wanted, Refusal> {
    let ids = verb.children().filter(|child| child.is("item", ns::PUBSUB));
    let ids: Option<Vec<String>> = ids.map(|item| item.attr("id").map(str::to_owned)).collect();
    let ids = ids.ok_or(Refusal::BadRequest)?;
    if !ids.is_empty() {
        return Ok(Wanted::Ids(ids));
    }
    if let Some(set) = pubsub.child("set", ns::RSM) {
        return Range::of(set).map(Wanted::Range);
    }
    match verb.attr("max_items") {
        Some(number) => number.parse().map(Wanted::Latest).map_err(|_| Refusal::BadRequest),
        None => Ok(Wanted::All),
    }
}

/// Chooses among the items, oldest first; also says which page that is, if it is one.
fn select(items: Vec<Item>, wanted: Wanted) -> Result<(Vec<Item>, Option<Element>), Refusal> {
    let count = items.len();
    let (start, chosen) = match wanted {
        Wanted::Ids(ids) => {
            return Ok((items.into_iter().filter(|item| ids.contains(&item.id)).collect(), None));
        }
        Wanted::Range(range) => {
            let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
            let Page { start, end } = range.page(&ids)?;
            let chosen: Vec<Item> = items.into_iter().skip(start).take(end - start).collect();
            let (cut, chosen) = fitting(chosen, range.is_backward());
            let start = start + cut;
            let set = Page { start, end: start + chosen.len() }.set(count, ends(&chosen));
            return Ok((chosen, Some(set)));
        }
        Wanted::Latest(number) => {
            let start = count.saturating_sub(number);
            (start, items.into_iter().skip(start).collect())
        }
        Wanted::All => (0, items),
    };
    let (cut, chosen) = fitting(chosen, true);
    let start = start + cut;
    let page = Page { start, end: start + chosen.len() };
    let set = (cut > 0).then(|| page.set(count, ends(&chosen)));
    Ok((chosen, set))
}

/// Leaves out what makes the answer too large: the oldest if `backward`. Returns how many of the
/// oldest were left out.
fn fitting(mut items: Vec<Item>, backward: bool) -> (usize, Vec<Item>) {
    let mut bytes = 0_usize;
    let mut fits = |item: &Item| {
        bytes = bytes.saturating_add(item.bytes);
        bytes <= ANSWER
    };
    if backward {
        let kept = items.iter().rev().take_while(|item| fits(item)).count();
        let cut = items.len() - kept;
        items.drain(..cut);
        return (cut, items);
    }
    let kept = items.iter().take_while(|item| fits(item)).count();
    items.truncate(kept);
    (0, items)
}

fn ends(items: &[Item]) -> Option<(&str, &str)> {
    Some((items.first()?.id.as_str(), items.last()?.id.as_str()))
}

/// Answers what is asked of a resident: it has items, and nothing else.
pub(crate) fn of_resident(
    context: &Context,
    request: &Request<'_>,
    localpart: &str,
) -> Result<Element, StanzaError> {
    let verb = request.payload.child("items", ns::PUBSUB);
    let Some(verb) = verb.filter(|_| request.kind == Kind::Get) else {
        return Err(Condition::Forbidden.into());
    };
    let name = node_of(verb)?;
    let (id, payload) = residents::item(context, localpart, name).ok_or(Refusal::NotFound)?;
    let wanted: Vec<_> = verb.children().filter_map(|item| item.attr("id")).collect();
    let item = (wanted.is_empty() || wanted.contains(&id.as_str())).then(|| {
        Element::builder("item", ns::PUBSUB).attr("id", id.as_str()).child(payload).build()
    });
    Ok(wrap(Element::builder("items", ns::PUBSUB).attr("node", name).children(item).build()))
}
