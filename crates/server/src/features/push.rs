//! XEP-0357: Push Notifications, the switch: a device says which app server wakes it. When that is asked
//! to, and what it is told, is in `push`.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, ErrorKind, StanzaError};
use televisor_xmpp::jid::Jid;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::Form;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::storage::push::{self, Registration};

/// Bytes of the form that an app server wants published, and of a node's name.
const OPTIONS: usize = 4 * 1024;
const NODE: usize = 1024;

/// The type of that form.
const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";

/// Switches push on and off.
pub(crate) struct Push;

impl Feature for Push {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0357",
            title: "Push Notifications",
            version: "0.4.1",
            note: "how many messages wait, and nothing else; one notice in ten seconds; \
                   16 registrations an account; dropped when refused",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[
            Claim { name: "enable", namespace: ns::PUSH, kind: Some(Kind::Set) },
            Claim { name: "disable", namespace: ns::PUSH, kind: Some(Kind::Set) },
        ]
    }

    fn account_disco(&self, viewer: Viewer) -> &'static [&'static str] {
        match viewer {
            Viewer::Owner => &[ns::PUSH],
            Viewer::Other => &[],
        }
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let origin = request.session()?;
            if request.target != Target::Own {
                return Err(Condition::Forbidden.into());
            }
            let jid = app_server(request.payload)?;
            let node = request.payload.attr("node");
            if node.is_some_and(|node| node.len() > NODE) {
                return Err(wrong("the node is too long"));
            }
            let account = &origin.account;
            let done = if request.payload.name() == "enable" {
                let registration = Registration {
                    jid,
                    node: node.unwrap_or_default().to_owned(),
                    options: options(request.payload)?,
                    resource: origin.jid.resourcepart().to_owned(),
                };
                push::set(context.store(), account, registration).await
            } else {
                push::remove(context.store(), account, &jid, node).await.map(|()| true)
            };
            match done {
                Ok(true) => Ok(None),
                Ok(false) => Err(StanzaError::new(Condition::ResourceConstraint)
                    .with_kind(ErrorKind::Wait)
                    .with_text("too many devices are registered: disable one")),
                Err(error) => {
                    tracing::error!(%error, "a registration could not be kept");
                    Err(Condition::InternalServerError.into())
                }
            }
        })
    }
}

/// Returns the app server, which must be named (sections 5 and 6).
fn app_server(payload: &Element) -> Result<String, StanzaError> {
    let jid = payload.attr("jid").and_then(|jid| jid.parse::<Jid>().ok());
    jid.map(|jid| jid.to_string()).ok_or_else(|| wrong("`jid` must be that of an app server"))
}

/// Returns the form that the app server wants back with each notice.
fn options(payload: &Element) -> Result<Option<String>, StanzaError> {
    let Some(form) = payload.child("x", ns::DATA_FORMS) else { return Ok(None) };
    let kind = Form::from_element(form).ok().flatten();
    if kind.as_ref().and_then(Form::about) != Some(PUBLISH_OPTIONS) {
        return Err(wrong("the form must be one of publish-options"));
    }
    let text = form.to_xml();
    if text.len() > OPTIONS {
        return Err(wrong("the form is too long"));
    }
    Ok(Some(text))
}

fn wrong(text: &str) -> StanzaError {
    StanzaError::new(Condition::BadRequest).with_text(text)
}
