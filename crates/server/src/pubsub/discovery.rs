//! XEP-0060 sections 5.1 to 5.5: what an account's nodes are, by service discovery.

use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::{Field, FormKind};

use crate::context::Context;
use crate::feature::{Request, Target};
use crate::pubsub::node::{Node, Subscribed};
use crate::pubsub::residents;
use crate::pubsub::service::{self, trouble};
use crate::storage::pubsub as kept;

/// What the form of a node's metadata is called (section 5.4).
const META_DATA: &str = "http://jabber.org/protocol/pubsub#meta-data";

/// What an account says of itself because of its nodes (sections 10 and 9).
pub(crate) const FEATURES: [&str; 38] = [
    "http://jabber.org/protocol/pubsub",
    "http://jabber.org/protocol/pubsub#access-authorize",
    "http://jabber.org/protocol/pubsub#access-open",
    "http://jabber.org/protocol/pubsub#access-presence",
    "http://jabber.org/protocol/pubsub#access-roster",
    "http://jabber.org/protocol/pubsub#access-whitelist",
    "http://jabber.org/protocol/pubsub#auto-create",
    "http://jabber.org/protocol/pubsub#auto-subscribe",
    "http://jabber.org/protocol/pubsub#config-node",
    "http://jabber.org/protocol/pubsub#config-node-max",
    "http://jabber.org/protocol/pubsub#create-and-configure",
    "http://jabber.org/protocol/pubsub#create-nodes",
    "http://jabber.org/protocol/pubsub#delete-items",
    "http://jabber.org/protocol/pubsub#delete-nodes",
    "http://jabber.org/protocol/pubsub#filtered-notifications",
    "http://jabber.org/protocol/pubsub#instant-nodes",
    "http://jabber.org/protocol/pubsub#item-ids",
    "http://jabber.org/protocol/pubsub#last-published",
    "http://jabber.org/protocol/pubsub#manage-subscriptions",
    "http://jabber.org/protocol/pubsub#member-affiliation",
    "http://jabber.org/protocol/pubsub#meta-data",
    "http://jabber.org/protocol/pubsub#modify-affiliations",
    "http://jabber.org/protocol/pubsub#multi-items",
    "http://jabber.org/protocol/pubsub#outcast-affiliation",
    "http://jabber.org/protocol/pubsub#persistent-items",
    "http://jabber.org/protocol/pubsub#presence-subscribe",
    "http://jabber.org/protocol/pubsub#publish",
    "http://jabber.org/protocol/pubsub#publish-only-affiliation",
    "http://jabber.org/protocol/pubsub#publish-options",
    "http://jabber.org/protocol/pubsub#publisher-affiliation",
    "http://jabber.org/protocol/pubsub#pubsub-on-a-jid",
    "http://jabber.org/protocol/pubsub#purge-nodes",
    "http://jabber.org/protocol/pubsub#retract-items",
    "http://jabber.org/protocol/pubsub#retrieve-affiliations",
    "http://jabber.org/protocol/pubsub#retrieve-default",
    "http://jabber.org/protocol/pubsub#retrieve-items",
    "http://jabber.org/protocol/pubsub#retrieve-subscriptions",
    "http://jabber.org/protocol/pubsub#subscribe",
];

/// What an account says of itself to its own clients: what is kept the same in several places, and
/// what messages may carry.
pub(crate) const CONVERSIONS: [&str; 4] = [
    "urn:xmpp:bookmarks:1#compat",
    "urn:xmpp:bookmarks:1#compat-pep",
    "urn:xmpp:mds:server-assist:0",
    "urn:xmpp:pep-vcard-conversion:0",
];

/// Answers what a node is, or which items it has, to whoever may read it.
pub(crate) async fn node(
    context: &Context,
    request: &Request<'_>,
    name: &str,
) -> Result<Option<Element>, StanzaError> {
    let account = match &request.target {
        Target::Own => request.session()?.account.clone(),
        Target::Account(account) => account.clone(),
        Target::Resident(localpart) => return Ok(of_resident(context, request, localpart, name)),
        Target::Server => return Ok(None),
    };
    let found = kept::find(context.store(), &account, name).await;
    let Some(mut node) = found.map_err(|error| trouble(&error))? else { return Ok(None) };
    node.expire(context.clock().now());
    node.may_read(&service::who(context, &account, request.asker).await?)?;
    let namespace = request.payload.namespace();
    let query = Element::builder("query", namespace).attr("node", name);
    let query = if namespace == ns::DISCO_ITEMS {
        let owner = context.address(&account);
        let item = |id: &str| {
            let item = Element::builder("item", ns::DISCO_ITEMS).attr("jid", owner.as_str());
            item.attr("name", id).build()
        };
        query.children(node.items.iter().map(|kept| item(&kept.id)))
    } else {
        query.children(leaf()).child(metadata(context, &account, &node))
    };
    Ok(Some(query.build()))
}

fn of_resident(
    context: &Context,
    request: &Request<'_>,
    localpart: &str,
    name: &str,
) -> Option<Element> {
    let (id, _) = residents::item(context, localpart, name)?;
    let namespace = request.payload.namespace();
    let query = Element::builder("query", namespace).attr("node", name);
    if namespace == ns::DISCO_INFO {
        return Some(query.children(leaf()).build());
    }
    let item = Element::builder("item", ns::DISCO_ITEMS)
        .attr("jid", context.address(localpart))
        .attr("name", id);
    Some(query.child(item).build())
}

fn leaf() -> [Element; 2] {
    let identity = Element::builder("identity", ns::DISCO_INFO)
        .attr("category", "pubsub")
        .attr("type", "leaf");
    let feature = Element::builder("feature", ns::DISCO_INFO).attr("var", ns::PUBSUB);
    [identity.build(), feature.build()]
}

/// Section 5.4: the configuration, and what is so by itself.
fn metadata(context: &Context, account: &str, node: &Node) -> Element {
    let mut form = node.config.form(FormKind::Result);
    for field in &mut form.fields {
        if field.var.as_deref() == Some("FORM_TYPE") {
            field.values = vec![META_DATA.to_owned()];
        }
    }
    let owner = context.address(account);
    let subscribed = node.subscriptions.values().filter(|state| **state == Subscribed::Yes);
    form.field(Field::answer("pubsub#creator", [owner.as_str()]))
        .field(Field::answer("pubsub#owner", [owner.as_str()]))
        .field(Field::answer("pubsub#num_subscribers", [subscribed.count().to_string()]))
        .to_element()
}

/// Lists the nodes that whoever asks may read (XEP-0163 section 6.2).
pub(crate) async fn nodes(
    context: &Context,
    request: &Request<'_>,
) -> Result<Vec<Element>, StanzaError> {
    let account = match &request.target {
        Target::Own => request.session()?.account.clone(),
        Target::Account(account) => account.clone(),
        Target::Resident(localpart) => {
            let nodes = residents::nodes(context, localpart).into_iter();
            let owner = context.address(localpart);
            return Ok(nodes.map(|name| item(&owner, name, "")).collect());
        }
        Target::Server => return Ok(Vec::new()),
    };
    let who = service::who(context, &account, request.asker).await?;
    let nodes: Result<_, Error> = kept::nodes(context.store(), &account).await;
    let nodes = nodes.map_err(|error| trouble(&error))?;
    let owner = context.address(&account);
    let open = nodes.iter().filter(|(_, node)| node.may_read(&who).is_ok());
    Ok(open.map(|(name, node)| item(&owner, name, &node.config.title)).collect())
}

fn item(owner: &str, node: &str, title: &str) -> Element {
    Element::builder("item", ns::DISCO_ITEMS)
        .attr("jid", owner)
        .attr("node", node)
        .attr_opt("name", Some(title).filter(|title| !title.is_empty()))
        .build()
}
