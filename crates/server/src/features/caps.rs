//! XEP-0115: Entity Capabilities of the server, in its stream features (section 6.3), and of residents,
//! in their presence. What the hash stands for is answered at the node that names it. Clients' own caps
//! are made use of in `delivery/interest.rs`.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::caps::{Caps as Short, version};
use televisor_xmpp::payload::disco::Info;

use crate::accounts::{BoxFuture, Locality};
use crate::context::Context;
use crate::feature::{Claim, Feature, Request, Spec, Target};
use crate::features::disco_info;

/// The software, as a URI.
const NODE: &str = "urn:televisor:server";

/// Says in short what the server and its residents can.
pub(crate) struct Caps;

impl Feature for Caps {
    fn spec(&self) -> Spec {
        Spec::xep(
            "XEP-0115",
            "Entity Capabilities",
            "1.6.0",
            "the server's in stream features, residents' in presence; clients' are verified, and \
             decide what they are told",
        )
    }

    fn claims(&self) -> &'static [Claim] {
        &[]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::CAPS]
    }

    fn disco_node<'a>(
        &'a self,
        context: &'a Context,
        request: &'a Request<'a>,
        node: &'a str,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(std::future::ready(about(context, request, node)))
    }

    fn answer<'a>(
        &'a self,
        _context: &'a Context,
        _request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(std::future::ready(Err(Condition::ServiceUnavailable.into())))
    }
}

/// Answers what a hash stands for, if it is the one of now.
fn about(
    context: &Context,
    request: &Request<'_>,
    node: &str,
) -> Result<Option<Element>, StanzaError> {
    let wanted = node.strip_prefix(NODE).and_then(|rest| rest.strip_prefix('#'));
    let Some(wanted) = wanted.filter(|_| request.payload.namespace() == ns::DISCO_INFO) else {
        return Ok(None);
    };
    let mut info = disco_info::info(context, &request.target, request.asker.locality())?;
    let same = short(&info).is_some_and(|short| short.version == wanted);
    info.set_attr("node", node);
    Ok(same.then_some(info))
}

fn short(info: &Element) -> Option<Short> {
    let version = version(&Info::read(info).ok()?)?;
    Some(Short { hash: "sha-1".to_owned(), node: NODE.to_owned(), version })
}

/// Returns the server's caps, for the features of a stream from this side of the door.
pub(crate) fn of_server(context: &Context, locality: Locality) -> Option<Element> {
    let made = || {
        let info = disco_info::info(context, &Target::Server, locality).ok()?;
        short(&info).map(|short| short.to_element())
    };
    context.memory().caps.get_or_make(locality, made)
}

/// Returns a resident's caps.
pub(crate) fn of_resident(context: &Context, localpart: &str) -> Option<Element> {
    let target = Target::Resident(localpart.to_owned());
    let info = disco_info::info(context, &target, Locality::Lan).ok()?;
    short(&info).map(|short| short.to_element())
}

/// The server's caps once they are made: its features do not change while it runs.
#[derive(Debug, Default)]
pub(crate) struct Made {
    lan: std::sync::OnceLock<Option<Element>>,
    remote: std::sync::OnceLock<Option<Element>>,
}

impl Made {
    fn get_or_make(
        &self,
        locality: Locality,
        make: impl FnOnce() -> Option<Element>,
    ) -> Option<Element> {
        let place = match locality {
            Locality::Lan => &self.lan,
            Locality::Remote => &self.remote,
        };
        place.get_or_init(make).clone()
    }
}
