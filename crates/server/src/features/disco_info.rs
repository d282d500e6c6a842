//! XEP-0030: Service Discovery, `disco#info`: what the server, an account or a resident is and can.
//!
//! The server also says, to each session, which side of the household's door that is on: a form of
//! XEP-0128, described in `docs/protocol.md`.
//!
//! Nodes are the features' own: one that no feature knows is `item-not-found`.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::{BoxFuture, Locality};
use crate::context::Context;
use crate::error::internal;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::features::contact_addresses;
use crate::roster::Roster;

/// Answers who somebody is.
pub(crate) struct DiscoInfo;

/// The type of the form that says which side of the household's door a session is on.
const LOCALITY: &str = "urn:televisor:locality:0";

/// What a resident has through the server's features.
const OF_RESIDENTS: [&str; 7] = [
    ns::DISCO_INFO,
    ns::DISCO_ITEMS,
    ns::LAST_ACTIVITY,
    ns::PING,
    ns::TIME,
    ns::VCARD_TEMP,
    ns::VERSION,
];

impl Feature for DiscoInfo {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0030",
            title: "Service Discovery (info)",
            version: "2.5rc3",
            note: "server with locality (XEP-0128), residents, nodes, accounts for those who may see them",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "query", namespace: ns::DISCO_INFO, kind: Some(Kind::Get) }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::DISCO_INFO]
    }

    fn account_disco(&self, _viewer: Viewer) -> &'static [&'static str] {
        &[ns::DISCO_INFO]
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
            refuse_strangers(context, &request).await?;
            if let Some(node) = node(&request) {
                return about_node(context, &request, node).await.map(Some);
            }
            info(context, &request.target, request.asker.locality()).map(Some)
        })
    }
}

/// Section 8: whoever does not see an account's presence MUST NOT learn that there is one, with a node
/// and without.
async fn refuse_strangers(context: &Context, request: &Request<'_>) -> Result<(), StanzaError> {
    let Target::Account(account) = &request.target else { return Ok(()) };
    let shows = Roster::shows(context, account, request.asker).await;
    if shows.map_err(|error| internal(&error, "whom an account shows itself could not be read"))? {
        return Ok(());
    }
    Err(Condition::ServiceUnavailable.into())
}

/// Returns the node that is asked about.
pub(crate) fn node<'a>(request: &Request<'a>) -> Option<&'a str> {
    request.payload.attr("node").filter(|node| !node.is_empty())
}

/// Asks each feature whether the node is one of its own.
pub(crate) async fn about_node(
    context: &Context,
    request: &Request<'_>,
    node: &str,
) -> Result<Element, StanzaError> {
    for feature in context.features() {
        if let Some(answer) = feature.disco_node(context, request, node).await? {
            return Ok(answer);
        }
    }
    Err(Condition::ItemNotFound.into())
}

/// Says what somebody is and can, to somebody on this side of the door.
pub(crate) fn info(
    context: &Context,
    target: &Target,
    side: Locality,
) -> Result<Element, StanzaError> {
    Ok(match target {
        Target::Server => {
            let more = context.features().filter_map(Feature::server_identity);
            let more = more.map(|(category, kind)| identity(category, kind, None));
            let own = identity("server", "im", Some("Televisor"));
            let identities = std::iter::once(own).chain(more).collect();
            let mut info = query(identities, of_server(context));
            info.push(locality(side));
            context.features().filter_map(Feature::server_form).for_each(|form| info.push(form));
            if let Some(addresses) = contact_addresses::form(context) {
                info.push(addresses);
            }
            info
        }
        Target::Own => of_account(context, Viewer::Owner),
        Target::Account(_) => of_account(context, Viewer::Other),
        Target::Resident(localpart) => {
            let resident = context.resident(localpart);
            let resident = resident.ok_or(Condition::ServiceUnavailable)?;
            let (category, kind) = resident.identity();
            let own = OF_RESIDENTS.iter().map(|f| (*f).to_owned()).chain(resident.features());
            let commands = !resident.commands().is_empty();
            let commands = [ns::COMMANDS, ns::DATA_FORMS].into_iter().filter(|_| commands);
            let own = own.chain(commands.map(str::to_owned));
            query(vec![identity(category, kind, Some(&resident.name()))], own.collect())
        }
    })
}

/// What an account is and can, by its features.
fn of_account(context: &Context, viewer: Viewer) -> Element {
    let more = context.features().filter_map(Feature::account_identity);
    let more = more.map(|(category, kind)| identity(category, kind, None));
    let identities = std::iter::once(identity("account", "registered", None)).chain(more);
    let features = context.features().flat_map(|feature| feature.account_disco(viewer));
    query(identities.collect(), features.map(|feature| (*feature).to_owned()).collect())
}

/// Says which side of the door the asker is on (XEP-0128).
fn locality(side: Locality) -> Element {
    let field = |var: &str, kind: Option<&str>, value: &str| {
        Element::builder("field", ns::DATA_FORMS)
            .attr("var", var)
            .attr_opt("type", kind)
            .field("value", value)
            .build()
    };
    Element::builder("x", ns::DATA_FORMS)
        .attr("type", "result")
        .child(field("FORM_TYPE", Some("hidden"), LOCALITY))
        .child(field("locality", None, side.as_str()))
        .build()
}

fn of_server(context: &Context) -> Vec<String> {
    let features = context.features().flat_map(Feature::disco).map(|f| (*f).to_owned());
    features.chain([ns::MESSAGE_OFFLINE.to_owned()]).collect()
}

fn identity(category: &str, kind: &str, name: Option<&str>) -> Element {
    Element::builder("identity", ns::DISCO_INFO)
        .attr("category", category)
        .attr("type", kind)
        .attr_opt("name", name.filter(|name| !name.is_empty()))
        .build()
}

fn query(identities: Vec<Element>, mut features: Vec<String>) -> Element {
    features.sort_unstable();
    features.dedup();
    let feature =
        |var: String| Element::builder("feature", ns::DISCO_INFO).attr("var", var).build();
    Element::builder("query", ns::DISCO_INFO)
        .children(identities)
        .children(features.into_iter().map(feature))
        .build()
}
