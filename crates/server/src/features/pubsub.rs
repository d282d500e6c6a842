//! XEP-0060: publish-subscribe on each account's bare address, for publishers and subscribers
//! (sections 5 to 7), with the defaults of XEP-0163. What owners may do is in `pubsub_owner.rs`.
//!
//! Left out: subscription options and ids, leases, collections, content-based subscriptions.

use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::Form;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::pubsub::limits::TEXT;
use crate::pubsub::refusal::Refusal;
use crate::pubsub::service::{self, Publication};
use crate::pubsub::standing::Who;
use crate::pubsub::{approval, convert, discovery, retrieval, subscribing};
use crate::random::token;

/// Keeps nodes, for publishers and subscribers.
pub(crate) struct PubSub;

impl Feature for PubSub {
    fn spec(&self) -> Spec {
        Spec::xep(
            "XEP-0060",
            "Publish-Subscribe",
            "1.30.0",
            "on accounts: all access models, publish-options, affiliations, paging; no subscription \
             options; 256 nodes, 1000 items each, 192 KiB an item, 16 MiB an account",
        )
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "pubsub", namespace: ns::PUBSUB, kind: None }]
    }

    fn account_disco(&self, _viewer: Viewer) -> &'static [&'static str] {
        &discovery::FEATURES
    }

    fn account_identity(&self) -> Option<(&'static str, &'static str)> {
        Some(("pubsub", "pep"))
    }

    fn disco_node<'a>(
        &'a self,
        context: &'a Context,
        request: &'a Request<'a>,
        node: &'a str,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(discovery::node(context, request, node))
    }

    fn disco_items<'a>(
        &'a self,
        context: &'a Context,
        request: &'a Request<'a>,
    ) -> BoxFuture<'a, Result<Vec<Element>, StanzaError>> {
        Box::pin(discovery::nodes(context, request))
    }

    fn is_for_contacts(&self) -> bool {
        true
    }

    fn takes_sets_of_contacts(&self) -> bool {
        true
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let account = match &request.target {
                Target::Own => request.session()?.account.clone(),
                Target::Account(account) => account.clone(),
                Target::Resident(localpart) => {
                    return retrieval::of_resident(context, &request, localpart).map(Some);
                }
                Target::Server => return Err(Condition::ServiceUnavailable.into()),
            };
            let who = service::who(context, &account, request.asker).await?;
            match request.kind {
                Kind::Get => get(context, &account, who, request.payload).await.map(Some),
                Kind::Set => set(context, &account, who, request.payload).await,
            }
        })
    }
}

async fn get(
    context: &Context,
    account: &str,
    who: Who,
    pubsub: &Element,
) -> Result<Element, StanzaError> {
    let verb = verb(pubsub)?;
    match verb.name() {
        "items" => retrieval::items(context, account, &who, pubsub, verb).await,
        "subscriptions" => subscribing::subscriptions(context, account, &who, verb).await,
        "affiliations" => subscribing::affiliations(context, account, &who, verb).await,
        "options" | "default" => Err(Refusal::NoOptions.into()),
        _ => Err(Refusal::BadRequest.into()),
    }
}

async fn set(
    context: &Context,
    account: &str,
    who: Who,
    pubsub: &Element,
) -> Result<Option<Element>, StanzaError> {
    let verb = verb(pubsub)?;
    match verb.name() {
        "publish" => publish(context, account, who, pubsub, verb).await.map(Some),
        "retract" => retract(context, account, who, verb).await.map(|()| None),
        "create" => create(context, account, who, pubsub, verb).await,
        "subscribe" => {
            let node = node(verb)?;
            let subscribed = subscribing::subscribe(context, account, who, node, verb).await?;
            approval::asked(context, account, node, &subscribed);
            Ok(Some(wrap(subscribed)))
        }
        "unsubscribe" => {
            let ended = subscribing::unsubscribe(context, account, who, node(verb)?, verb).await?;
            Ok(Some(wrap(ended)))
        }
        "options" => Err(Refusal::NoOptions.into()),
        _ => Err(Refusal::BadRequest.into()),
    }
}

/// What is asked for: the first child.
fn verb(pubsub: &Element) -> Result<&Element, Refusal> {
    let mut children = pubsub.children().filter(|child| child.namespace() == pubsub.namespace());
    children.next().ok_or(Refusal::BadRequest)
}

/// Returns the name of the node that a request is about.
pub(crate) fn node(verb: &Element) -> Result<&str, Refusal> {
    let name = verb.attr("node").filter(|name| !name.is_empty()).ok_or(Refusal::NodeRequired)?;
    if name.len() > TEXT { Err(Refusal::NotAcceptable) } else { Ok(name) }
}

/// Puts the answer to a request into `<pubsub/>`.
pub(crate) fn wrap(answer: Element) -> Element {
    Element::builder("pubsub", ns::PUBSUB).child(answer).build()
}

async fn publish(
    context: &Context,
    account: &str,
    who: Who,
    pubsub: &Element,
    verb: &Element,
) -> Result<Element, StanzaError> {
    let name = node(verb)?;
    let owner = who.is_owner();
    let publication = publication(name, pubsub, verb)?;
    let has_item = publication.item;
    let id = service::publish(context, account, who, publication).await?;
    if owner {
        convert::published(context, account, name).await;
    }
    let item = has_item.then(|| Element::builder("item", ns::PUBSUB).attr("id", id).build());
    let answer = Element::builder("publish", ns::PUBSUB).attr("node", name).children(item);
    Ok(wrap(answer.build()))
}

fn publication<'a>(
    name: &'a str,
    pubsub: &Element,
    verb: &Element,
) -> Result<Publication<'a>, Refusal> {
    let mut items = verb.children().filter(|child| child.is("item", ns::PUBSUB));
    let item = items.next();
    if items.next().is_some() {
        return Err(Refusal::ItemsExceeded);
    }
    let mut payloads = item.into_iter().flat_map(Element::children);
    let payload = payloads.next().cloned();
    if payloads.next().is_some() {
        return Err(Refusal::InvalidPayload);
    }
    let id = item.and_then(|item| item.attr("id")).filter(|id| !id.is_empty());
    if id.is_some_and(|id| id.len() > TEXT) {
        return Err(Refusal::NotAcceptable);
    }
    let options = match pubsub.child("publish-options", ns::PUBSUB) {
        None => None,
        Some(options) => Some(form(options)?.ok_or(Refusal::InvalidOptions)?),
    };
    let id = id.map(str::to_owned);
    Ok(Publication { node: name, item: item.is_some(), id, payload, options })
}

/// Returns the form in an element, if there is one.
pub(crate) fn form(parent: &Element) -> Result<Option<Form>, Refusal> {
    let x = parent.child("x", ns::DATA_FORMS);
    x.map(|x| Form::read(x).map_err(|_| Refusal::BadRequest)).transpose()
}

async fn retract(
    context: &Context,
    account: &str,
    who: Who,
    verb: &Element,
) -> Result<(), StanzaError> {
    let name = node(verb)?;
    let items = verb.children().filter(|child| child.is("item", ns::PUBSUB));
    let id = |item: &Element| item.attr("id").filter(|id| !id.is_empty()).map(str::to_owned);
    let ids: Option<Vec<String>> = items.map(id).collect();
    let ids = ids.filter(|ids| !ids.is_empty()).ok_or(Refusal::ItemRequired)?;
    let notify = match verb.attr("notify") {
        Some("true" | "1") => Some(true),
        Some(_) => Some(false),
        None => None,
    };
    let owner = who.is_owner();
    service::retract(context, account, who, name, ids, notify).await?;
    if owner {
        convert::taken_back(context, account, name).await;
    }
    Ok(())
}

async fn create(
    context: &Context,
    account: &str,
    who: Who,
    pubsub: &Element,
    verb: &Element,
) -> Result<Option<Element>, StanzaError> {
    let instant = verb.attr("node").is_none_or(str::is_empty);
    let name = if instant {
        token().map_err(|_| Condition::InternalServerError)?
    } else {
        node(verb)?.to_owned()
    };
    let config = match configuration(pubsub)? {
        Some(configure) => form(configure)?,
        None => None,
    };
    service::create(context, account, who, &name, config).await?;
    let created = Element::builder("create", ns::PUBSUB).attr("node", name);
    Ok(instant.then(|| wrap(created.build())))
}

/// Section 8.1.3: `<configure/>` follows `<create/>`, and names no node of its own.
fn configuration(pubsub: &Element) -> Result<Option<&Element>, Refusal> {
    let configure = pubsub.child("configure", ns::PUBSUB);
    match configure {
        Some(configure) if configure.attr("node").is_some() => Err(Refusal::BadRequest),
        configure => Ok(configure),
    }
}
