//! In-process entities with an address: what the embedding program itself is on its server.

use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::Jid;

use crate::accounts::BoxFuture;
use crate::command::Command;
use crate::subscription::Subscription;

/// An entity that lives in this process. It is on every account's roster, and always available.
pub trait Resident: Send + Sync {
    /// Returns its localpart.
    fn localpart(&self) -> &str;

    /// Returns what people call it.
    fn name(&self) -> String;

    /// Takes one stanza addressed to it (a message, or an iq that no feature of the server
    /// answers for it) and returns the stanzas it says to that. Those without a `to` go to the
    /// sender; `from` is stamped. An iq result or error must carry the request's `id`.
    fn receive(&self, stanza: Element, sender: Sender) -> BoxFuture<'_, Vec<Element>>;

    /// Returns its presence now: a `<presence/>` without addresses.
    fn presence(&self) -> Element;

    /// Returns its vCard-temp (XEP-0054), if it has one.
    fn vcard(&self) -> Option<Element> {
        None
    }

    /// Returns its service discovery identity: category and type (XEP-0030).
    fn identity(&self) -> (&'static str, &'static str) {
        ("client", "bot")
    }

    /// Returns the features it has itself, beside those the server has for it (XEP-0030).
    fn features(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns the ad-hoc commands it brings (XEP-0050), in the order they are listed.
    fn commands(&self) -> Vec<Arc<dyn Command>> {
        Vec::new()
    }

    /// Whether what is addressed to the bare domain is its to answer, too.
    fn answers_for_domain(&self) -> bool {
        false
    }
}

/// Who sent a stanza to a [`Resident`].
#[derive(Debug, Clone)]
pub struct Sender {
    /// The full address, in canonical form.
    pub jid: Jid,
    /// The account, if it is one of the household's.
    pub account: Option<String>,
    /// Whether the session is on the same link as the server.
    pub on_link: bool,
    /// How the resident stands to the sender's bare address, for senders on other servers (RFC 6121
    /// section 3): `None` for one of the household's, and for a stranger, of whom there is no entry
    /// in the resident's roster.
    pub subscription: Option<Subscription>,
}
