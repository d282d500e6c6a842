//! What residents publish about themselves, read as nodes: their vCard (XEP-0292), and the picture in
//! it as an avatar (XEP-0084). They keep nothing here: each node is made of the vCard they have.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::pubsub::avatar::Picture;
use crate::pubsub::config::Config;
use crate::pubsub::interests::Wanted;
use crate::pubsub::node::{Item, Node};
use crate::pubsub::notify::Notice;
use crate::pubsub::vcard4;

/// The id of items that there is one of.
const CURRENT: &str = "current";

/// The nodes a resident may have.
const NODES: [&str; 3] = [ns::AVATAR_DATA, ns::AVATAR_METADATA, ns::VCARD4_NODE];

/// Returns the one item of a resident's node: its id and payload.
pub(crate) fn item(context: &Context, localpart: &str, node: &str) -> Option<(String, Element)> {
    let vcard = context.resident(localpart)?.vcard()?;
    match node {
        ns::VCARD4_NODE => Some((CURRENT.to_owned(), vcard4::of_resident(&vcard)?)),
        ns::AVATAR_DATA => {
            let picture = Picture::of_vcard(&vcard)?;
            Some((picture.id(), picture.data()))
        }
        ns::AVATAR_METADATA => {
            let picture = Picture::of_vcard(&vcard)?;
            Some((picture.id(), picture.metadata()))
        }
        _ => None,
    }
}

/// Returns the names of a resident's nodes.
pub(crate) fn nodes(context: &Context, localpart: &str) -> Vec<&'static str> {
    let has = |node: &&str| item(context, localpart, node).is_some();
    NODES.into_iter().filter(has).collect()
}

/// Tells a resource here what residents have at the nodes it wants: everybody here sees them.
pub(crate) fn tell_last(context: &Context, jid: &str, wanted: &Wanted) {
    let node = Node::new(Config::default());
    for resident in context.residents() {
        let account = resident.localpart();
        for name in NODES.into_iter().filter(|name| wanted.contains(*name)) {
            let Some((id, payload)) = item(context, account, name) else { continue };
            let item = Item {
                id,
                publisher: context.address(account),
                published: context.clock().now(),
                bytes: 0,
                payload: Some(payload.to_xml()),
            };
            Notice { context, account, name, node: &node }.last(jid, &item);
        }
    }
}
