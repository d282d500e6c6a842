//! XEP-0030: Service Discovery, `disco#items`: the server's items are its residents, an account's
//! are its available resources, for itself; whatever else there is, and nodes, are the features'.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::features::disco_info::{about_node, node};

/// Answers what belongs to somebody.
pub(crate) struct DiscoItems;

impl Feature for DiscoItems {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0030",
            title: "Service Discovery (items)",
            version: "2.5rc3",
            note: "residents, and the own account's resources, nodes",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "query", namespace: ns::DISCO_ITEMS, kind: Some(Kind::Get) }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::DISCO_ITEMS]
    }

    fn account_disco(&self, _viewer: Viewer) -> &'static [&'static str] {
        &[ns::DISCO_ITEMS]
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
            if let Some(node) = node(&request) {
                return of_node(context, &request, node).await.map(Some);
            }
            let mut items = items(context, &request)?;
            for feature in context.features() {
                items.extend(feature.disco_items(context, &request).await?);
            }
            Ok(Some(Element::builder("query", ns::DISCO_ITEMS).children(items).build()))
        })
    }
}

/// Section 8: of another's account, a node that is not there or may not be seen has no items, as
/// every node of an account that does not exist.
async fn of_node(
    context: &Context,
    request: &Request<'_>,
    node: &str,
) -> Result<Element, StanzaError> {
    let answer = about_node(context, request, node).await;
    match (answer, &request.target) {
        (Err(error), Target::Account(_)) if error.condition != Condition::InternalServerError => {
            Ok(nothing(request.payload))
        }
        (answer, _) => answer,
    }
}

/// Answers that there are no items, at a node if one is named.
pub(crate) fn nothing(query: &Element) -> Element {
    let node = query.attr("node").filter(|node| !node.is_empty());
    Element::builder("query", ns::DISCO_ITEMS).attr_opt("node", node).build()
}

fn items(context: &Context, request: &Request<'_>) -> Result<Vec<Element>, StanzaError> {
    Ok(match request.target {
        Target::Server => {
            let resident = |r: &std::sync::Arc<dyn crate::Resident>| {
                item(&context.address(r.localpart()), Some(r.name()))
            };
            context.residents().iter().map(resident).collect()
        }
        Target::Own => {
            let sessions = context.router().sessions(&request.session()?.account).into_iter();
            let available = sessions.filter(|session| session.available.is_some());
            available.map(|session| item(&session.origin.jid.to_string(), None)).collect()
        }
        Target::Account(_) | Target::Resident(_) => Vec::new(),
    })
}

fn item(jid: &str, name: Option<String>) -> Element {
    Element::builder("item", ns::DISCO_ITEMS).attr("jid", jid).attr_opt("name", name).build()
}
