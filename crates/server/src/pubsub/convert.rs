//! One thing in several places: what a client publishes at one of them is put at the others, too, so
//! that clients of any age see the same. Only what a client does is followed, never what was put
//! there by this.

use televisor_xmpp::error::StanzaError;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::pubsub::{avatar, bookmarks, vcard4};

/// Is told that the owner published at a node.
pub(crate) async fn published(context: &Context, account: &str, node: &str) {
    let done = match node {
        ns::AVATAR_METADATA => avatar::to_vcard(context, account).await,
        ns::VCARD4_NODE => vcard4::to_vcard_temp(context, account).await,
        ns::BOOKMARKS => bookmarks::to_old(context, account).await,
        ns::BOOKMARKS_OLD => bookmarks::from_old_node(context, account).await,
        _ => return,
    };
    failed(node, done);
}

/// Is told that the owner took something back. Bookmarks of old that go have only been tidied up.
pub(crate) async fn taken_back(context: &Context, account: &str, node: &str) {
    let done = match node {
        ns::AVATAR_METADATA => avatar::to_vcard(context, account).await,
        ns::BOOKMARKS => bookmarks::to_old(context, account).await,
        _ => return,
    };
    failed(node, done);
}

/// What was published stands all the same.
fn failed(node: &str, done: Result<(), StanzaError>) {
    if let Err(error) = done {
        tracing::warn!(node, condition = %error.condition, "what was published could not be converted");
    }
}
