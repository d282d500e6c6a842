//! XEP-0092: Software Version. Says what the server is; not on what system it runs, which helps
//! nobody but an attacker.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target};

/// Answers what software this is.
pub(crate) struct Version;

impl Feature for Version {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0092",
            title: "Software Version",
            version: "1.1",
            note: "without the operating system",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "query", namespace: ns::VERSION, kind: Some(Kind::Get) }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::VERSION]
    }

    fn is_for_contacts(&self) -> bool {
        true
    }

    fn answer<'a>(
        &'a self,
        _context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            match request.target {
                Target::Server | Target::Resident(_) => Ok(Some(
                    Element::builder("query", ns::VERSION)
                        .field("name", "Televisor")
                        .field("version", env!("CARGO_PKG_VERSION"))
                        .build(),
                )),
                Target::Own | Target::Account(_) => Err(Condition::ServiceUnavailable.into()),
            }
        })
    }
}
