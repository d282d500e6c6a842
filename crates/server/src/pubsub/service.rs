//! XEP-0060: what requests do to an account's nodes, and who is told of it. Features, and whatever
//! converts one form of something into another, publish here.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::payload::forms::Form;

use crate::context::Context;
use crate::error::internal;
use crate::feature::Asker;
use crate::pubsub::config::Config;
use crate::pubsub::node::{Draft, Node, Payload};
use crate::pubsub::notify::Notice;
use crate::pubsub::refusal::Refusal;
use crate::pubsub::standing::Who;
use crate::random::token;
use crate::roster::Roster;
use crate::storage::pubsub as kept;

/// Finds out who asks about an account's nodes.
pub(crate) async fn who(
    context: &Context,
    account: &str,
    asker: Asker<'_>,
) -> Result<Who, StanzaError> {
    let address = match asker {
        Asker::Session(origin) if origin.account == account => {
            return Ok(Who::owner(&origin.jid.to_string()));
        }
        Asker::Session(origin) => origin.jid.to_string(),
        Asker::Remote(jid) => jid.to_string(),
    };
    let roster = Roster::load(context, account).await.map_err(|error| trouble(&error))?;
    Ok(Who::of(&roster, &context.address(account), &address))
}

/// An item to be published.
#[derive(Debug, Clone)]
pub(crate) struct Publication<'a> {
    pub(crate) node: &'a str,
    /// Whether there is an item at all.
    pub(crate) item: bool,
    pub(crate) id: Option<String>,
    pub(crate) payload: Option<Element>,
    pub(crate) options: Option<Form>,
}

impl<'a> Publication<'a> {
    /// Makes one that has all there is to it.
    pub(crate) fn new(node: &'a str, id: &str, payload: Element) -> Self {
        let (id, payload) = (Some(id.to_owned()), Some(payload));
        Self { node, item: true, id, payload, options: None }
    }
}

/// Section 7.1: publishes, and tells whoever is to know. Returns the id of the item.
pub(crate) async fn publish(
    context: &Context,
    account: &str,
    who: Who,
    publication: Publication<'_>,
) -> Result<String, StanzaError> {
    let Publication { node: name, item, id, payload, options } = publication;
    let text = payload.as_ref().map(|payload| Payload {
        namespace: payload.namespace().to_owned(),
        text: payload.to_xml(),
    });
    let draft = Draft { item, id, payload: text };
    let fresh = token().map_err(|_| Condition::InternalServerError)?;
    let now = context.clock().now();
    let defaults = Config::for_node(name);
    let published = kept::change(context.store(), account, name, move |node| {
        let node = match node {
            Some(node) => {
                if let Some(options) = &options
                    && node.config.with_options(options)? != node.config
                {
                    return Err(Refusal::Precondition);
                }
                node.expire(now);
                node
            }
            // Section 7.1.4: made by publishing, which only its owner can.
            None => {
                who.must_own()?;
                let config = match &options {
                    Some(options) => defaults.with_options(options)?,
                    None => defaults,
                };
                node.insert(Node::new(config))
            }
        };
        let id = node.publish(&who, draft, fresh, now)?;
        Ok((id, who.full, node.clone()))
    });
    let (id, publisher, node) = done(published.await)?;
    let notice = Notice { context, account, name, node: &node };
    notice.published(item.then_some(id.as_str()), &publisher, payload).await;
    Ok(id)
}

/// Section 7.2: takes items back, and tells if the publisher or the node wants it.
pub(crate) async fn retract(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    ids: Vec<String>,
    notify: Option<bool>,
) -> Result<(), StanzaError> {
    let gone = ids.clone();
    let node = change(context, account, name, move |node| node.retract(&who, &gone)).await?.1;
    if notify.unwrap_or(node.config.notify_retract) {
        Notice { context, account, name, node: &node }.retracted(&ids).await;
    }
    Ok(())
}

/// Section 8.5: takes all items back.
pub(crate) async fn purge(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
) -> Result<(), StanzaError> {
    let node = change(context, account, name, move |node| node.purge(&who)).await?.1;
    if node.config.notify_retract {
        let purge = Element::builder("purge", ns::PUBSUB_EVENT).attr("node", name);
        Notice { context, account, name, node: &node }.tell(purge.build()).await;
    }
    Ok(())
}

/// Section 8.4: takes the node away.
pub(crate) async fn delete(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    redirect: Option<Element>,
) -> Result<(), StanzaError> {
    let deleted = kept::change(context.store(), account, name, move |node| {
        who.must_own()?;
        node.take().ok_or(Refusal::NotFound)
    });
    let node = done(deleted.await)?;
    if node.config.notify_delete {
        let delete = Element::builder("delete", ns::PUBSUB_EVENT).attr("node", name);
        let delete = delete.children(redirect).build();
        Notice { context, account, name, node: &node }.tell(delete).await;
    }
    Ok(())
}

/// Section 8.1: makes a node.
pub(crate) async fn create(
    context: &Context,
    account: &str,
    who: Who,
    name: &str,
    form: Option<Form>,
) -> Result<(), StanzaError> {
    let mut config = Config::for_node(name);
    let made = kept::change(context.store(), account, name, move |node| {
        who.must_own()?;
        if node.is_some() {
            return Err(Refusal::NodeExists);
        }
        if let Some(form) = form {
            config.apply(&form)?;
        }
        *node = Some(Node::new(config));
        Ok(())
    });
    done(made.await)
}

/// Changes a node that is there; returns what `work` does, and the node as it is then.
pub(crate) async fn change<T: Send + 'static>(
    context: &Context,
    account: &str,
    name: &str,
    work: impl FnOnce(&mut Node) -> Result<T, Refusal> + Send + 'static,
) -> Result<(T, Node), StanzaError> {
    let now = context.clock().now();
    let changed = kept::change(context.store(), account, name, move |node| {
        let node = node.as_mut().ok_or(Refusal::NotFound)?;
        node.expire(now);
        let answer = work(node)?;
        Ok((answer, node.clone()))
    });
    done(changed.await)
}

/// Returns a node that is there.
pub(crate) async fn find(
    context: &Context,
    account: &str,
    name: &str,
) -> Result<Node, StanzaError> {
    let node = kept::find(context.store(), account, name).await.map_err(|error| trouble(&error))?;
    let mut node = node.ok_or(Refusal::NotFound)?;
    node.expire(context.clock().now());
    Ok(node)
}

fn done<T>(changed: Result<Result<T, Refusal>, Error>) -> Result<T, StanzaError> {
    Ok(changed.map_err(|error| trouble(&error))??)
}

/// Answers for trouble with the database.
pub(crate) fn trouble(error: &Error) -> StanzaError {
    internal(error, "a node could not be read or kept")
}
