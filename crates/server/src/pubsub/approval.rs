//! XEP-0060 section 8.6: the owner of a node with the access model `authorize` is asked by a form in a
//! message whether somebody may subscribe, and answers by one.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::{Field, FieldKind, Form, FormKind};
use televisor_xmpp::stanza::Stanza;

use crate::context::Context;
use crate::delivery::place;
use crate::pubsub::node::Subscribed;
use crate::pubsub::notify::Notice;
use crate::pubsub::refusal::Refusal;
use crate::pubsub::service;
use crate::pubsub::standing::Who;
use crate::random::token;
use crate::router::Origin;

const FORM_TYPE: &str = "http://jabber.org/protocol/pubsub#subscribe_authorization";

/// Asks the owner, if `subscription` waits for that.
pub(crate) fn asked(context: &Context, account: &str, name: &str, subscription: &Element) {
    if subscription.attr("subscription") != Some(Subscribed::Pending.as_str()) {
        return;
    }
    let jid = subscription.attr("jid").unwrap_or_default();
    let subscriber = Field::new(FieldKind::JidSingle, "pubsub#subscriber_jid");
    let form = Form::asking("Subscription to a node")
        .form_type(FORM_TYPE)
        .field(Field::text("pubsub#node").label("Node").value(name))
        .field(subscriber.label("Who wants to subscribe").value(jid))
        .field(Field::boolean("pubsub#allow", false).label("Whether it may"));
    let message = Element::builder("message", ns::CLIENT)
        .attr("from", context.address(account))
        .attr_opt("id", token().ok())
        .child(form.to_element())
        .build();
    context.router().send_each(&place::available(context, account, 0), &message);
}

/// Takes a message of a session to its own account; returns whether it is an answer of the owner's.
pub(crate) async fn answered(context: &Context, origin: &Origin, message: &Stanza) -> bool {
    // Looked for first: nearly no message has one.
    let Some(x) = message.child("x", ns::DATA_FORMS) else { return false };
    let own = context.address(&origin.account);
    if message.to().is_some_and(|to| to.to_string() != own) {
        return false;
    }
    let form = Form::read(x).ok().filter(|form| form.about() == Some(FORM_TYPE));
    let Some(form) = form else { return false };
    if form.kind == FormKind::Submit {
        decide(context, origin, &form).await;
    }
    true
}

async fn decide(context: &Context, origin: &Origin, form: &Form) {
    let (Some(name), Some(jid)) =
        (form.value("pubsub#node"), form.value("pubsub#subscriber_jid").map(str::to_owned))
    else {
        return;
    };
    let allow = matches!(form.value("pubsub#allow"), Some("true" | "1"));
    let (who, subscriber) = (Who::owner(&origin.jid.to_string()), jid.clone());
    let changed = service::change(context, &origin.account, name, move |node| {
        if node.subscriptions.get(&subscriber) != Some(&Subscribed::Pending) {
            return Err(Refusal::NotSubscribed);
        }
        node.set_subscription(&who, &subscriber, allow.then_some(Subscribed::Yes))
    });
    // Who decides what has been decided already is not told: a message is no request.
    if let Ok(((), node)) = changed.await {
        let state = if allow { Subscribed::Yes.as_str() } else { "none" };
        let account = &origin.account;
        Notice { context, account, name, node: &node }.subscription(&jid, state);
    }
}
