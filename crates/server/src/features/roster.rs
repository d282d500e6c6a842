//! RFC 6121 section 2: roster get and set, with versioning (section 2.6).

use std::collections::BTreeSet;

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::BareJid;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::delivery::subscribe;
use crate::error::internal;
use crate::feature::{Claim, Feature, Kind, Request, Spec};
use crate::pubsub::managing;
use crate::roster::{Push, Roster as View, has_room, is_fixed};
use crate::router::Origin;
use crate::storage::roster;

/// Groups of one contact.
const GROUPS: usize = 32;

/// Bytes of a name or group (as a part of a JID has, RFC 7622 section 3).
const TEXT: usize = 1023;

/// Keeps rosters.
pub(crate) struct Roster;

impl Feature for Roster {
    fn spec(&self) -> Spec {
        Spec {
            document: "RFC 6121 section 2",
            title: "Managing the Roster",
            version: "",
            note: "get, set, push, versioning (a digest; the whole roster where it differs)",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "query", namespace: ns::ROSTER, kind: None }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::ROSTER]
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            // Section 2.3.3: nobody sees or sets another's roster.
            let origin = request.owner()?;
            match request.kind {
                Kind::Get => get(context, origin, &request).await.map_err(|e| trouble(&e)),
                Kind::Set => set(context, &origin.account, request.payload).await.map(|()| None),
            }
        })
    }
}

/// Section 2.2, and 2.6: nothing where the client's copy is the same.
async fn get(
    context: &Context,
    origin: &Origin,
    request: &Request<'_>,
) -> Result<Option<Element>, Error> {
    context.router().set_interested(origin);
    let roster = View::load(context, &origin.account).await?;
    let known = request.payload.attr("ver");
    Ok(if known == Some(roster.version().as_str()) { None } else { Some(roster.query()) })
}

/// What a roster set wants, checked.
struct Wanted {
    contact: BareJid,
    remove: bool,
    name: Option<String>,
    groups: Vec<String>,
}

async fn set(context: &Context, account: &str, query: &Element) -> Result<(), StanzaError> {
    let wanted = wanted(query)?;
    let contact = wanted.contact.to_string();
    if contact == context.address(account) {
        return Err(Condition::NotAllowed.into());
    }
    let push = if wanted.remove {
        if is_fixed(context, &contact) {
            let error = StanzaError::new(Condition::NotAllowed);
            return Err(error.with_text("the household is on everybody's roster"));
        }
        remove(context, account, &contact).await?
    } else {
        update(context, account, &contact, wanted).await?
    };
    push.deliver(context).await.map_err(|error| trouble(&error))?;
    // Groups decide who may read nodes, too (XEP-0163 section 7.1).
    managing::contact_changed(context, account, &contact).await;
    Ok(())
}

/// Reads a roster set (section 2.3.3, 2.5.3).
fn wanted(query: &Element) -> Result<Wanted, StanzaError> {
    let mut items = query.children();
    let (Some(item), None) = (items.next(), items.next()) else {
        return Err(Condition::BadRequest.into());
    };
    if !item.is("item", ns::ROSTER) {
        return Err(Condition::BadRequest.into());
    }
    let jid: Jid = item
        .attr("jid")
        .ok_or(Condition::BadRequest)?
        .parse()
        .map_err(|_| StanzaError::new(Condition::JidMalformed))?;
    let name = item.attr("name").map(str::to_owned).filter(|name| !name.is_empty());
    let groups: Vec<String> =
        item.children().filter(|child| child.is("group", ns::ROSTER)).map(Element::text).collect();
    let too_long = |text: &String| text.len() > TEXT;
    if name.as_ref().is_some_and(too_long)
        || groups.iter().any(|group| group.is_empty() || too_long(group))
        || groups.len() > GROUPS
    {
        return Err(Condition::NotAcceptable.into());
    }
    if groups.iter().collect::<BTreeSet<_>>().len() < groups.len() {
        return Err(Condition::BadRequest.into());
    }
    let remove = item.attr("subscription") == Some("remove");
    Ok(Wanted { contact: jid.bare().clone(), remove, name, groups })
}

/// Adds or changes an item; the subscription is not the client's to set (section 2.1.2.5).
async fn update(
    context: &Context,
    account: &str,
    contact: &str,
    wanted: Wanted,
) -> Result<Push, StanzaError> {
    if !has_room(context, account, contact).await.map_err(|error| trouble(&error))? {
        return Err(Condition::ResourceConstraint.into());
    }
    roster::change(context.store(), account, contact, move |entry| {
        entry.listed = true;
        entry.name = wanted.name;
        entry.groups = wanted.groups;
    })
    .await
    .map_err(|error| trouble(&error))?;
    Ok(Push::new(account, contact))
}

/// Section 2.5: what there is of a subscription ends both ways first.
async fn remove(context: &Context, account: &str, contact: &str) -> Result<Push, StanzaError> {
    let before = View::load(context, account).await.map_err(|error| trouble(&error))?;
    if before.item(contact).is_none() {
        return Err(Condition::ItemNotFound.into());
    }
    subscribe::end(context, account, contact).await.map_err(|error| trouble(&error))?;
    Ok(Push::new(account, contact))
}

fn trouble(error: &Error) -> StanzaError {
    internal(error, "a roster could not be read or changed")
}
