//! XEP-0357 section 7: the notice: how many messages wait, and nothing of what they say or who says it.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::{Field, Form, FormKind};
use televisor_xmpp::stanza::Stanza;
use tokio::sync::oneshot;

use crate::context::Context;
use crate::delivery::memory::Share;
use crate::delivery::outside;
use crate::delivery::place::Place;
use crate::push::answers::{self, Pending};
use crate::random::token;
use crate::storage::push::Registration;

/// The type of the form in a notice.
const SUMMARY: &str = "urn:xmpp:push:summary";

/// Where an app server's answer goes, if somebody waits for it.
pub(super) type Tell = Option<oneshot::Sender<Result<(), StanzaError>>>;

/// Sends a notice to one app server; the answer is seen to when it comes, by `answers`.
pub(super) fn publish(
    context: &Context,
    account: &str,
    registration: &Registration,
    count: u32,
    tell: Tell,
) {
    let Ok(id) = token() else { return };
    let id = format!("push-{id}");
    let pending = Pending::new(account, registration, tell);
    context.memory().push.answers.expect(&id, pending);
    match send(context, account, notice(context, registration, &id, count)) {
        Ok(()) => {}
        // Too much is under way here: the app server has not failed.
        Err(Condition::ResourceConstraint) => answers::unsent(context, &id),
        Err(condition) => answers::heard(context, &id, Err(condition.into())),
    }
}

fn send(context: &Context, account: &str, notice: Element) -> Result<(), Condition> {
    let to = notice.attr("to").and_then(|to| to.parse::<Jid>().ok());
    match Place::of(context, to.as_ref(), None) {
        Place::Elsewhere => {
            let stanza = Stanza::try_from(notice).map_err(|_| Condition::JidMalformed)?;
            outside::ask(context, &stanza, Share::Push(account.to_owned()))
        }
        Place::Resource(_, full) if context.router().send(&full, &notice) => Ok(()),
        Place::Resource(..) => Err(Condition::RecipientUnavailable),
        Place::Server | Place::Account(_) | Place::Resident(_) | Place::Nobody => {
            Err(Condition::ServiceUnavailable)
        }
    }
}

fn notice(context: &Context, registration: &Registration, id: &str, count: u32) -> Element {
    let count = Field::answer("message-count", [count.to_string()]);
    let summary = Form::new(FormKind::Submit).form_type(SUMMARY).field(count);
    let notification = Element::builder("notification", ns::PUSH).child(summary.to_element());
    let item = Element::builder("item", ns::PUBSUB).child(notification);
    let node = Some(registration.node.as_str()).filter(|node| !node.is_empty());
    let publish = Element::builder("publish", ns::PUBSUB).attr_opt("node", node).child(item);
    let mut pubsub = Element::builder("pubsub", ns::PUBSUB).child(publish);
    let options = registration.options.as_ref();
    if let Some(options) = options.and_then(|text| Element::parse(text.as_bytes()).ok()) {
        pubsub = pubsub.child(Element::builder("publish-options", ns::PUBSUB).child(options));
    }
    Element::builder("iq", ns::CLIENT)
        .attr("type", "set")
        .attr("id", id)
        .attr("from", context.domain())
        .attr("to", registration.jid.as_str())
        .child(pubsub)
        .build()
}
