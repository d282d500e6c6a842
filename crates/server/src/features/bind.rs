//! RFC 6120 section 7.1: one stream, one resource. Who has one and asks for another is told so; the
//! first is bound in `binding`.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec};

/// Refuses a second resource.
pub(crate) struct Bind;

impl Feature for Bind {
    fn spec(&self) -> Spec {
        Spec::rfc("RFC 6120 section 7", "Resource Binding", "one resource on one stream")
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "bind", namespace: ns::BIND, kind: Some(Kind::Set) }]
    }

    fn answer<'a>(
        &'a self,
        _: &'a Context,
        _: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(std::future::ready(Err(Condition::NotAllowed.into())))
    }
}
