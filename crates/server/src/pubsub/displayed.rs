//! XEP-0490: Message Displayed Synchronization. The node is a node like others, for its owner only;
//! what is here is the server's assistance (section 4.5.1): a message may carry what is to be published
//! there.

use televisor_xmpp::element::Element;
use televisor_xmpp::ns;
use televisor_xmpp::stanza::Stanza;

use crate::context::Context;
use crate::pubsub::service::{self, Publication};
use crate::pubsub::standing::Who;
use crate::router::Origin;

/// Takes out of a message what is meant for the node, and publishes it there.
pub(crate) async fn assist(context: &Context, origin: &Origin, message: &mut Stanza) {
    let Some(displayed) = message.child("displayed", ns::DISPLAYED_SYNCHRONISATION).cloned() else {
        return;
    };
    message.edit(|message| {
        message.retain_children(|child| !child.is("displayed", ns::DISPLAYED_SYNCHRONISATION));
    });
    let Some(to) = message.to().filter(|_| is_whole(&displayed)) else { return };
    let node = ns::DISPLAYED_SYNCHRONISATION;
    let publication = Publication::new(node, &to.to_string(), displayed);
    let who = Who::owner(&origin.jid.to_string());
    let published = service::publish(context, &origin.account, who, publication).await;
    if let Err(error) = published {
        tracing::warn!(condition = %error.condition, "what was displayed could not be published");
    }
}

/// Section 4.1: exactly one id of a message.
fn is_whole(displayed: &Element) -> bool {
    let ids = displayed.children().filter(|child| child.is("stanza-id", ns::STANZA_ID));
    ids.count() == 1
}
