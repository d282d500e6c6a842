//! XEP-0199: XMPP Ping. Answers `<ping/>` sent to the server, to an account, or to a resident.
//!
//! Left out here: pings that the server starts itself (see `session.rs` for idle sessions).

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target};

/// Answers pings.
pub(crate) struct Ping;

impl Feature for Ping {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0199",
            title: "XMPP Ping",
            version: "2.0.1",
            note: "both ways between server and client",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "ping", namespace: ns::PING, kind: Some(Kind::Get) }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::PING]
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
                Target::Server | Target::Own | Target::Resident(_) => Ok(None),
                Target::Account(_) => Err(Condition::ServiceUnavailable.into()),
            }
        })
    }
}
