//! XEP-0202: Entity Time, as XEP-0082 writes it, with the household's offset.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target};

/// Answers what time it is.
pub(crate) struct Time;

impl Feature for Time {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0202",
            title: "Entity Time",
            version: "2.0",
            note: "for the server and its residents",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "time", namespace: ns::TIME, kind: Some(Kind::Get) }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::TIME]
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
            match request.target {
                Target::Server | Target::Resident(_) => Ok(Some(now(context))),
                Target::Own | Target::Account(_) => Err(Condition::ServiceUnavailable.into()),
            }
        })
    }
}

fn now(context: &Context) -> Element {
    let now = context.clock().zoned();
    // XEP-0202 section 3: an offset of nothing is `Z` or `+00:00`; jiff writes the second.
    Element::builder("time", ns::TIME)
        .field("tzo", now.strftime("%:z").to_string())
        .field("utc", now.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .build()
}
