//! XEP-0049: Private XML Storage. Bookmarks (XEP-0048) in it are those of XEP-0402.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, ErrorKind, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::error::internal;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::pubsub::bookmarks;
use crate::storage::private::{self, Key};

/// Keeps what clients want to have back.
pub(crate) struct Private;

impl Feature for Private {
    fn spec(&self) -> Spec {
        Spec::xep(
            "XEP-0049",
            "Private XML Storage",
            "1.2",
            "128 elements and 512 KiB for each account; bookmarks are converted",
        )
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "query", namespace: ns::PRIVATE, kind: None }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::PRIVATE]
    }

    fn account_disco(&self, viewer: Viewer) -> &'static [&'static str] {
        match viewer {
            Viewer::Owner => &[ns::PRIVATE],
            Viewer::Other => &[],
        }
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            match request.target {
                Target::Own => {}
                Target::Account(_) | Target::Resident(_) => {
                    return Err(Condition::Forbidden.into());
                }
                Target::Server => return Err(Condition::ServiceUnavailable.into()),
            }
            let account = &request.session()?.account;
            match request.kind {
                Kind::Get => get(context, account, request.payload).await.map(Some),
                Kind::Set => set(context, account, request.payload).await.map(|()| None),
            }
        })
    }
}

async fn get(context: &Context, account: &str, query: &Element) -> Result<Element, StanzaError> {
    let mut wanted = query.children();
    let (Some(wanted), None) = (wanted.next(), wanted.next()) else {
        return Err(StanzaError::new(Condition::BadRequest));
    };
    let element = if is_bookmarks(wanted) {
        bookmarks::storage(context, account).await?
    } else {
        let text = private::get(context.store(), account, wanted.name(), wanted.namespace()).await;
        let kept = text.map_err(|error| trouble(&error))?;
        let kept = kept.and_then(|text| Element::parse(text.as_bytes()).ok());
        // What there is not is returned as it was asked for.
        kept.unwrap_or_else(|| wanted.clone())
    };
    Ok(Element::builder("query", ns::PRIVATE).child(element).build())
}

async fn set(context: &Context, account: &str, query: &Element) -> Result<(), StanzaError> {
    let own = |child: &Element| !child.namespace().is_empty() && child.namespace() != ns::PRIVATE;
    if query.children().next().is_none() || !query.children().all(own) {
        return Err(Condition::NotAcceptable.into());
    }
    let elements = query.children().filter(|child| !is_bookmarks(child));
    let elements: Vec<_> =
        elements.map(|child| (Key::new(child.name(), child.namespace()), child.to_xml())).collect();
    let kept = private::set(context.store(), account, elements).await;
    if !kept.map_err(|error| trouble(&error))? {
        let full = StanzaError::new(Condition::ResourceConstraint).with_kind(ErrorKind::Cancel);
        return Err(full.with_text("the private storage is full (delete something first)"));
    }
    for storage in query.children().filter(|child| is_bookmarks(child)) {
        bookmarks::from_private(context, account, storage).await?;
    }
    Ok(())
}

fn is_bookmarks(child: &Element) -> bool {
    child.is("storage", ns::BOOKMARKS_OLD)
}

fn trouble(error: &Error) -> StanzaError {
    internal(error, "private storage could not be read or kept")
}
