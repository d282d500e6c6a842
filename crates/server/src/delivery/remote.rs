//! What becomes of a stanza that came from another server, and of one that could not be sent there.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::Condition;

use crate::context::Context;
use crate::federation::RemoteLink;

/// Takes one stanza of an authenticated stream: `from` belongs to the link's domain, `to` is ours,
/// and both are canonical. Answers go by [`Federation::send`](crate::federation::Federation::send).
pub(crate) async fn receive(_context: &Context, link: &RemoteLink, stanza: Element) {
    tracing::debug!(domain = link.domain, name = stanza.name(), "a stanza from outside");
}

/// Takes back a stanza that could not be delivered: it goes to the local sender as an error.
pub(crate) async fn bounced(_context: &Context, stanza: Element, condition: Condition) {
    tracing::debug!(to = stanza.attr("to"), %condition, "a stanza comes back");
}
