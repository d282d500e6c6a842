//! XEP-0060 section 8: what the owner of a node may do with it, and XEP-0163: each account owns the
//! nodes at its own address.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::FormKind;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::features::pubsub::{form, node};
use crate::pubsub::config::Config;
use crate::pubsub::discovery::CONVERSIONS;
use crate::pubsub::notify::Notice;
use crate::pubsub::refusal::Refusal;
use crate::pubsub::standing::Who;
use crate::pubsub::{convert, managing, service};

/// Lets owners manage their nodes.
pub(crate) struct PubSubOwner;

impl Feature for PubSubOwner {
    fn spec(&self) -> Spec {
        Spec::xep(
            "XEP-0163",
            "Personal Eventing Protocol",
            "1.2.2",
            "on every account; filtered by caps, also for contacts on other servers; no XEP-0033 \
             addresses",
        )
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "pubsub", namespace: ns::PUBSUB_OWNER, kind: None }]
    }

    fn account_disco(&self, viewer: Viewer) -> &'static [&'static str] {
        match viewer {
            Viewer::Owner => &CONVERSIONS,
            Viewer::Other => &[],
        }
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let account = match &request.target {
                Target::Own => request.session()?.account.clone(),
                Target::Account(_) | Target::Resident(_) => {
                    return Err(Condition::Forbidden.into());
                }
                Target::Server => return Err(Condition::ServiceUnavailable.into()),
            };
            let who = service::who(context, &account, request.asker).await?;
            let verb = request.payload.children().find(|c| c.namespace() == ns::PUBSUB_OWNER);
            let verb = verb.ok_or(Refusal::BadRequest)?;
            match request.kind {
                Kind::Get => get(context, &account, verb).await.map(Some),
                Kind::Set => set(context, &account, who, verb).await.map(|()| None),
            }
        })
    }
}

async fn get(context: &Context, account: &str, verb: &Element) -> Result<Element, StanzaError> {
    let answer = match verb.name() {
        "configure" => {
            let name = node(verb)?;
            let config = service::find(context, account, name).await?.config;
            Element::builder("configure", ns::PUBSUB_OWNER)
                .attr("node", name)
                .child(config.form(FormKind::Form).to_element())
                .build()
        }
        "default" => {
            let form = Config::default().form(FormKind::Form).to_element();
            Element::builder("default", ns::PUBSUB_OWNER).child(form).build()
        }
        "subscriptions" => managing::subscriptions(context, account, node(verb)?).await?,
        "affiliations" => managing::affiliations(context, account, node(verb)?).await?,
        _ => return Err(Refusal::BadRequest.into()),
    };
    Ok(Element::builder("pubsub", ns::PUBSUB_OWNER).child(answer).build())
}

async fn set(
    context: &Context,
    account: &str,
    who: Who,
    verb: &Element,
) -> Result<(), StanzaError> {
    let name = node(verb)?;
    match verb.name() {
        "configure" => configure(context, account, who, name, verb).await,
        "delete" => {
            let redirect = verb.child("redirect", ns::PUBSUB_OWNER).cloned().map(|mut redirect| {
                redirect.change_namespace(ns::PUBSUB_OWNER, ns::PUBSUB_EVENT);
                redirect
            });
            service::delete(context, account, who, name, redirect).await?;
            convert::taken_back(context, account, name).await;
            Ok(())
        }
        "purge" => {
            service::purge(context, account, who, name).await?;
            convert::taken_back(context, account, name).await;
            Ok(())
        }
        "subscriptions" => managing::set_subscriptions(context, account, who, name, verb).await,
        "affiliations" => managing::set_affiliations(context, account, who, name, verb).await,
        _ => Err(Refusal::BadRequest.into()),
    }
}

/// Section 8.2.4: a form that is cancelled changes nothing.
async fn configure(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    verb: &Element,
) -> Result<(), StanzaError> {
    let form = form(verb)?.ok_or(Refusal::BadRequest)?;
    if form.kind == FormKind::Cancel {
        service::find(context, account, name).await?;
        return Ok(());
    }
    let changed = service::change(context, account, name, move |node| {
        let mut config = node.config.clone();
        config.apply(&form)?;
        node.configure(&who, config)
    });
    let node = changed.await?.1;
    managing::recalculate(context, account, name).await?;
    if node.config.notify_config {
        let form = node.config.form(FormKind::Result).to_element();
        let form = Some(form).filter(|_| node.config.deliver_payloads);
        let told = Element::builder("configuration", ns::PUBSUB_EVENT).attr("node", name);
        Notice { context, account, name, node: &node }.tell(told.children(form).build()).await;
    }
    Ok(())
}
