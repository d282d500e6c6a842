//! What a client never acknowledged, when its session ends for good (XEP-0198 section 5): it is dealt
//! with as if that resource had not been there.

use crate::context::Context;
use crate::delivery;
use crate::outbox::{Outbox, reread};
use crate::router::Origin;

/// Sees to it that nothing is lost, nor comes twice to those who have it.
pub(crate) fn give_up(context: &Context, origin: &Origin, outbox: &Outbox) {
    for kept in outbox.give_up() {
        if let Some(stanza) = reread(context.aliases(), &kept.bytes) {
            delivery::undelivered(context, origin, stanza, kept.at);
        }
    }
}
