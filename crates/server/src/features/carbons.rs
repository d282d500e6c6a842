//! XEP-0280: Message Carbons, the switch. What is copied to whom is in `delivery/carbons.rs`.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Asker, Claim, Feature, Kind, Request, Spec, Target};

/// Switches carbons on and off for the session that asks.
pub(crate) struct Carbons;

impl Feature for Carbons {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0280",
            title: "Message Carbons",
            version: "1.0.1",
            note: "with the rules of section 6.1, errors included; kept apart: rooms do not share nicknames",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[
            Claim { name: "enable", namespace: ns::CARBONS, kind: Some(Kind::Set) },
            Claim { name: "disable", namespace: ns::CARBONS, kind: Some(Kind::Set) },
        ]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::CARBONS, ns::CARBONS_RULES]
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let Asker::Session(origin) = request.asker else {
                return Err(Condition::NotAllowed.into());
            };
            match request.target {
                Target::Own | Target::Server => {
                    context.router().set_carbons(origin, request.payload.name() == "enable");
                    Ok(None)
                }
                Target::Account(_) | Target::Resident(_) => Err(Condition::NotAllowed.into()),
            }
        })
    }
}
