//! XEP-0030: Service Discovery, `disco#info`: what the server, an account or a resident is and can.
//!
//! The server also says, to each session, which side of the household's door that is on: a form of
//! XEP-0128, described in `docs/protocol.md`.
//!
//! Left out: nodes; there are none yet, so every node is `item-not-found`.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Asker, Claim, Feature, Kind, Request, Spec, Target};

/// Answers who somebody is.
pub(crate) struct DiscoInfo;

/// The type of the form that says which side of the household's door a session is on.
const LOCALITY: &str = "urn:televisor:locality:0";

/// What a resident has through the server's features.
const OF_RESIDENTS: [&str; 5] = [ns::DISCO_INFO, ns::PING, ns::TIME, ns::VCARD_TEMP, ns::VERSION];

impl Feature for DiscoInfo {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0030",
            title: "Service Discovery (info)",
            version: "2.5rc3",
            note: "server with locality (XEP-0128), own account, residents; no nodes",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "query", namespace: ns::DISCO_INFO, kind: Some(Kind::Get) }]
    }

    fn disco(&self) -> &'static [&'static str] {
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
            if request.payload.attr("node").is_some_and(|node| !node.is_empty()) {
                return Err(Condition::ItemNotFound.into());
            }
            let mut info = info(context, &request.target)?;
            if request.target == Target::Server {
                info.push(locality(request.asker));
            }
            Ok(Some(info))
        })
    }
}

fn info(context: &Context, target: &Target) -> Result<Element, StanzaError> {
    let (identity, features) = match target {
        Target::Server => (("server", "im", "Televisor".to_owned()), of_server(context)),
        Target::Own => {
            let features = vec![ns::DISCO_INFO.to_owned(), ns::VCARD_TEMP.to_owned()];
            (("account", "registered", String::new()), features)
        }
        Target::Account(_) => {
            // Everybody here may know that the account is one.
            (("account", "registered", String::new()), vec![ns::DISCO_INFO.to_owned()])
        }
        Target::Resident(localpart) => {
            let resident = context.resident(localpart);
            let resident = resident.ok_or(Condition::ServiceUnavailable)?;
            let (category, kind) = resident.identity();
            let own = OF_RESIDENTS.iter().map(|f| (*f).to_owned()).chain(resident.features());
            ((category, kind, resident.name()), own.collect())
        }
    };
    Ok(query(identity, features))
}

/// Says which side of the door the asker is on (XEP-0128).
fn locality(asker: Asker<'_>) -> Element {
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
        .child(field("locality", None, asker.locality().as_str()))
        .build()
}

fn of_server(context: &Context) -> Vec<String> {
    let features = context.features().flat_map(Feature::disco).map(|f| (*f).to_owned());
    features.chain([ns::MESSAGE_OFFLINE.to_owned()]).collect()
}

fn query(identity: (&str, &str, String), mut features: Vec<String>) -> Element {
    features.sort_unstable();
    features.dedup();
    let (category, kind, name) = identity;
    let name = Some(name).filter(|name| !name.is_empty());
    let identity = Element::builder("identity", ns::DISCO_INFO)
        .attr("category", category)
        .attr("type", kind)
        .attr_opt("name", name)
        .build();
    let feature =
        |var: String| Element::builder("feature", ns::DISCO_INFO).attr("var", var).build();
    Element::builder("query", ns::DISCO_INFO)
        .child(identity)
        .children(features.into_iter().map(feature))
        .build()
}
