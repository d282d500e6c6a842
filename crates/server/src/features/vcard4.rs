//! XEP-0292: vCard4 over XMPP, asked for by a plain iq. The vCard itself is published at a node; what
//! it says is the same as in the vCard of old (see `pubsub/vcard4.rs`).

use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::features::vcard as temp;
use crate::pubsub::service::{self, Publication, trouble};
use crate::pubsub::{convert, vcard4};
use crate::resident::Resident;

/// Keeps vCards as of RFC 6351.
pub(crate) struct VCard4;

impl Feature for VCard4 {
    fn spec(&self) -> Spec {
        Spec::xep(
            "XEP-0292",
            "vCard4 Over XMPP",
            "0.12.0",
            "as a node and by iq; names, birthday, link, title, role and note as in vcard-temp",
        )
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "vcard", namespace: ns::VCARD4, kind: None }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::VCARD4]
    }

    fn account_disco(&self, _viewer: Viewer) -> &'static [&'static str] {
        &[ns::VCARD4]
    }

    fn is_for_contacts(&self) -> bool {
        true
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let account = match (&request.target, request.kind) {
                (Target::Own, _) => request.session()?.account.clone(),
                (Target::Account(account), Kind::Get) => account.clone(),
                (Target::Resident(localpart), Kind::Get) => {
                    let resident = context.resident(localpart);
                    return of_resident(resident);
                }
                (Target::Server, Kind::Get) => {
                    return of_resident(context.resident_for_domain());
                }
                (Target::Account(_) | Target::Resident(_) | Target::Server, Kind::Set) => {
                    return Err(Condition::Forbidden.into());
                }
            };
            match request.kind {
                Kind::Get => get(context, &account, &request).await,
                Kind::Set => set(context, &account, &request).await.map(|()| None),
            }
        })
    }
}

fn of_resident(resident: Option<&Arc<dyn Resident>>) -> Result<Option<Element>, StanzaError> {
    let vcard = resident.and_then(|resident| vcard4::of_resident(&resident.vcard()?));
    vcard.map(Some).ok_or_else(|| Condition::ServiceUnavailable.into())
}

fn of_temp(vcard: Option<Element>) -> Result<Option<Element>, StanzaError> {
    let vcard = vcard.as_ref().and_then(vcard4::of_temp);
    vcard.map(Some).ok_or_else(|| Condition::ServiceUnavailable.into())
}

async fn get(
    context: &Context,
    account: &str,
    request: &Request<'_>,
) -> Result<Option<Element>, StanzaError> {
    if let Some((_, vcard)) = vcard4::published(context, account).await? {
        let who = service::who(context, account, request.asker).await?;
        let node = service::find(context, account, ns::VCARD4_NODE).await?;
        // For whoever may not read it there is none.
        node.may_read(&who).map_err(|_| Condition::ServiceUnavailable)?;
        return Ok(Some(vcard));
    }
    let kept = temp::kept(context, account).await.map_err(|error| trouble(&error))?;
    match (of_temp(kept), &request.target) {
        // As XEP-0054 sections 3.1 and 3.3: one's own is empty, another's as if nobody were there.
        (Err(_), Target::Own) => Ok(Some(Element::new("vcard", ns::VCARD4))),
        (found, _) => found,
    }
}

async fn set(context: &Context, account: &str, request: &Request<'_>) -> Result<(), StanzaError> {
    let who = service::who(context, account, request.asker).await?;
    let before = vcard4::published(context, account).await?;
    let id = before.map_or_else(|| "current".to_owned(), |(id, _)| id);
    let publication = Publication::new(ns::VCARD4_NODE, &id, request.payload.clone());
    service::publish(context, account, who, publication).await?;
    convert::published(context, account, ns::VCARD4_NODE).await;
    Ok(())
}
