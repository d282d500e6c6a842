//! XEP-0313: Message Archive Management, the asking. How messages get in is in `delivery/recording.rs` and
//! `archive/`.
//!
//! An archive is its account's alone. A page is at most 100 messages unless more are asked for, and never
//! more than a megabyte; a session that reads slowly is sent its page as slowly.
//!
//! What the archive hands out waits no longer for the account (XEP-0313 section 6.1.1): a message comes by
//! one of the two ways.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::result_set::Page;

use crate::accounts::BoxFuture;
use crate::archive::query::{self, Query};
use crate::archive::reading::{self, Archived, Found, PageWanted, Wanted};
use crate::archive::{ArchiveId, own_address, revive};
use crate::context::Context;
use crate::delivery::recording::{contact_address, handed_out};
use crate::error::internal;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Viewer};
use crate::router::Origin;

/// Messages in a page that is not asked to have another length, and in the longest.
const PAGE: usize = 100;
const LONGEST: usize = 500;

/// Answers questions to archives.
pub(crate) struct Archive;

impl Feature for Archive {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0313",
            title: "Message Archive Management",
            version: "1.1.3",
            note: "accounts' own archives, extended, with pages by XEP-0059; bodies, receipts, markers, \
                   reactions and the like; no groupchat",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[
            Claim { name: "query", namespace: ns::MAM, kind: None },
            Claim { name: "metadata", namespace: ns::MAM, kind: Some(Kind::Get) },
        ]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::RESULT_SETS, ns::STANZA_ID]
    }

    fn account_disco(&self, viewer: Viewer) -> &'static [&'static str] {
        match viewer {
            Viewer::Owner => &[
                ns::MAM,
                ns::MAM_EXTENDED,
                ns::MAM_GROUPCHAT_FIELD,
                ns::RESULT_SETS,
                ns::STANZA_ID,
            ],
            Viewer::Other => &[],
        }
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let origin = request.owner()?;
            if request.payload.attr("node").is_some_and(|node| !node.is_empty()) {
                return Err(Condition::ItemNotFound.into());
            }
            let answer = match (request.kind, request.payload.name()) {
                (Kind::Get, "metadata") => metadata(context, &origin.account).await?,
                (Kind::Get, _) => query::form(),
                (Kind::Set, _) => page(context, origin, request.payload).await?,
            };
            Ok(Some(answer))
        })
    }
}

/// Tells where an account's archive begins and ends (section 5.1).
pub(crate) async fn metadata(context: &Context, account: &str) -> Result<Element, StanzaError> {
    context.journal().flush().await;
    let address = own_address(account);
    let ends = context.store().read_aside(move |conn| reading::ends(conn, &address));
    let ends = ends.await.map_err(|error| failed(&error))?;
    let mut metadata = Element::builder("metadata", ns::MAM);
    if let Some((first, last)) = ends {
        for (name, id) in [("start", first), ("end", last)] {
            let end = Element::builder(name, ns::MAM)
                .attr("id", context.journal().names().name(account, id))
                .attr("timestamp", id.stamp());
            metadata = metadata.child(end);
        }
    }
    Ok(metadata.build())
}

/// Sends the page that is asked for, and returns what it is.
async fn page(
    context: &Context,
    origin: &Origin,
    payload: &Element,
) -> Result<Element, StanzaError> {
    let query = Query::read(payload, |address| context.aliases().inward_address(address))?;
    let wanted = wanted(context, &origin.account, &query)?;
    // A message that is still on its way to the disk belongs to the answer.
    context.journal().flush().await;
    let found = context.store().read_aside(move |conn| reading::find(conn, &wanted));
    let found = found.await.map_err(|error| failed(&error))?;
    let mut found = found.ok_or(Condition::ItemNotFound)?;
    let fin = fin(context, &origin.account, &found);
    if query.flip {
        found.messages.reverse();
    }
    let mut taken = Vec::with_capacity(found.messages.len());
    for (id, stanza) in found.messages {
        let result = result(context, origin, payload.attr("queryid"), id, &stanza);
        if !context.router().answer(&origin.jid, &result).await {
            break;
        }
        taken.push(id);
    }
    handed_out(context, &origin.account, &taken).await;
    Ok(fin)
}

/// Brings what is asked to numbers.
fn wanted(context: &Context, account: &str, query: &Query) -> Result<Wanted, StanzaError> {
    let names = context.journal().names();
    let id = |name: &str| {
        let id = names.id(account, name).map(ArchiveId::number);
        id.ok_or_else(|| StanzaError::from(Condition::ItemNotFound))
    };
    let optional = |name: &Option<String>| name.as_deref().map(id).transpose();
    let before = query.page.before.as_deref().filter(|name| !name.is_empty());
    let (before, after) = (before.map(id).transpose()?, optional(&query.page.after)?);
    let (before_id, after_id) = (optional(&query.before_id)?, optional(&query.after_id)?);
    let ids = query.ids.as_ref().map(|ids| ids.iter().map(|name| id(name)).collect());
    let ids: Option<Vec<i64>> = ids.transpose()?;
    let low = query.start.map_or(0, |start| ArchiveId::first_from(start).number());
    let high = query.end.map_or(i64::MAX, |end| ArchiveId::last_at(end).number());
    let known = [before, after, before_id, after_id].into_iter().flatten();
    Ok(Wanted {
        account: own_address(account),
        with: query.with.as_ref().map(|with| {
            let full = with.resourcepart().map(|_| with.to_string());
            (contact_address(context, with), full)
        }),
        low: after_id.map_or(low, |after| low.max(after.saturating_add(1))),
        high: before_id.map_or(high, |before| high.min(before.saturating_sub(1))),
        known: known.chain(ids.iter().flatten().copied()).collect(),
        ids,
        page: PageWanted {
            max: query.page.max.unwrap_or(PAGE).min(LONGEST),
            after,
            before,
            from_the_end: query.page.before.is_some(),
            index: query.page.index,
        },
    })
}

/// Makes `<result/>` of one message (section 4.2).
fn result(
    context: &Context,
    origin: &Origin,
    query: Option<&str>,
    id: ArchiveId,
    stanza: &[u8],
) -> Element {
    let name = context.journal().names().name(&origin.account, id);
    let delay = Element::builder("delay", ns::DELAY).attr("stamp", id.stamp());
    let forwarded =
        Element::builder("forwarded", ns::FORWARD).child(delay).children(revive(stanza));
    let result = Element::builder("result", ns::MAM)
        .attr_opt("queryid", query)
        .attr("id", name.as_str())
        .child(forwarded);
    Element::builder("message", ns::CLIENT)
        .attr("from", context.address(&origin.account))
        .attr("to", origin.jid.to_string())
        .attr("id", name)
        .child(result)
        .build()
}

/// Makes `<fin/>`, which says which page it was.
fn fin(context: &Context, account: &str, found: &Found) -> Element {
    let name = |(id, _): &Archived| context.journal().names().name(account, *id);
    let page = Page {
        first: found.messages.first().map(|first| (name(first), found.index)),
        last: found.messages.last().map(name),
        count: found.count,
    };
    Element::builder("fin", ns::MAM)
        .attr_opt("complete", found.complete.then_some("true"))
        .child(page.to_element())
        .build()
}

pub(crate) fn failed(error: &televisor_store::Error) -> StanzaError {
    internal(error, "an archive could not be read")
}
