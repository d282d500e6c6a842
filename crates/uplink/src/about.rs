//! What the receiver is, for those who ask.

use televisor_xmpp::payload::caps::Caps;
use televisor_xmpp::payload::disco::{Identity, Info};
use televisor_xmpp::payload::{Payload as _, version::Version};
use televisor_xmpp::{Element, ns};

/// The software, as entity capabilities name it (XEP-0115 section 4).
const NODE: &str = "urn:televisor:receiver";
/// XEP-0172 section 4.3 and XEP-0292 section 4: where a nickname and a vCard are published.
const VCARD4_NODE: &str = "urn:xmpp:vcard4";

/// What the receiver is, for those who ask.
#[derive(Debug, Clone)]
pub struct About {
    /// The friendly name: nickname (XEP-0172) and name in disco#info.
    pub name: String,
    /// The version of the software (XEP-0092).
    pub version: String,
    /// The presence, without addresses: `<presence/>` with a status.
    pub presence: Element,
    /// The vCard (XEP-0054): `<vCard xmlns='vcard-temp'/>` with FN.
    pub vcard: Element,
    /// Namespaces of iq requests that the taker of the stanzas answers itself (by
    /// [`Uplink::send`](crate::Uplink::send)), such as ad-hoc commands; told in disco#info. All other
    /// requests are answered here.
    pub answers: Vec<String>,
    /// Further features told in disco#info, such as receipts.
    pub features: Vec<String>,
}

impl About {
    /// XEP-0030.
    pub(crate) fn info(&self) -> Info {
        let own = [ns::DISCO_INFO, ns::PING, ns::TIME, ns::VCARD_TEMP, ns::VERSION, ns::CAPS];
        let mut features: Vec<String> = own.into_iter().map(str::to_owned).collect();
        features.extend(self.answers.iter().chain(&self.features).cloned());
        features.sort_unstable();
        features.dedup();
        let identities = vec![Identity::new("client", "bot", Some(&self.name))];
        Info { identities, features, ..Info::default() }
    }

    /// XEP-0092.
    pub(crate) fn software(&self) -> Element {
        let name = Some("Televisor".to_owned());
        Version { name, version: Some(self.version.clone()), os: None }.to_element()
    }

    /// XEP-0115.
    pub(crate) fn caps(&self) -> Caps {
        Caps::for_info(NODE, &self.info())
    }

    /// `presence` as it is sent, with our capabilities.
    pub(crate) fn dressed(&self, presence: &Element) -> Element {
        let mut presence = presence.clone();
        presence.remove_attr("from");
        presence.retain_children(|child| !child.is("c", ns::CAPS));
        if presence.attr("type").is_none() {
            presence.push(self.caps().to_element());
        }
        presence
    }

    /// Says whether `node` of disco#info is all of us.
    pub(crate) fn is_us(&self, node: Option<&str>) -> bool {
        node.is_none_or(|node| {
            let caps = self.caps();
            node.strip_prefix(NODE).and_then(|rest| rest.strip_prefix('#')) == Some(&caps.version)
        })
    }

    /// `<nick/>` (XEP-0172).
    pub(crate) fn nick(&self) -> Element {
        Element::builder("nick", ns::NICK).text(&self.name).build()
    }

    /// What is published besides the vCard: the nickname, and a vCard of the newer kind.
    pub(crate) fn publications(&self) -> [Element; 2] {
        let text = Element::builder("fn", ns::VCARD4).field("text", &self.name);
        let vcard = Element::builder("vcard", ns::VCARD4).child(text).build();
        [publish(ns::NICK, self.nick()), publish(VCARD4_NODE, vcard)]
    }
}

/// XEP-0163 section 3: one item, which replaces the one before.
fn publish(node: &str, payload: Element) -> Element {
    let item = Element::builder("item", ns::PUBSUB).attr("id", "current").child(payload);
    let publish = Element::builder("publish", ns::PUBSUB).attr("node", node).child(item);
    Element::builder("pubsub", ns::PUBSUB).child(publish).build()
}

#[cfg(test)]
pub(crate) fn sample() -> About {
    About {
        name: "Test Set-top Box".to_owned(),
        version: "0.1.0".to_owned(),
        presence: Element::builder("presence", ns::CLIENT).field("status", "On air").build(),
        vcard: Element::builder("vCard", ns::VCARD_TEMP).field("FN", "Test Set-top Box").build(),
        answers: vec![ns::COMMANDS.to_owned()],
        features: vec![ns::RECEIPTS.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_carries_the_hash_of_what_disco_answers() {
        let about = sample();
        let presence = about.dressed(&about.presence);
        let caps = Caps::read(presence.child("c", ns::CAPS).unwrap()).unwrap();
        assert!(about.is_us(None));
        assert!(about.is_us(Some(&format!("{}#{}", caps.node, caps.version))));
        assert!(!about.is_us(Some("urn:televisor:receiver#else")));
        assert_eq!(about.dressed(&presence), presence);
        let info = about.info();
        assert!(info.features.iter().any(|feature| feature == ns::COMMANDS));
        assert_eq!(info.identities[0].kind, "bot");
    }
}
