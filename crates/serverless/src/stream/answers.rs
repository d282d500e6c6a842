//! What is answered without asking anybody: disco#info (XEP-0030), version (XEP-0092), ping
//! (XEP-0199) and vCard (XEP-0054), as far as the embedder has given something to answer.

use televisor_xmpp::payload::Payload;
use televisor_xmpp::payload::caps::Caps;
use televisor_xmpp::payload::disco::Info;
use televisor_xmpp::payload::ping::Ping;
use televisor_xmpp::payload::vcard::VCard;
use televisor_xmpp::payload::version::Version;
use televisor_xmpp::{Condition, Element, IqType, Kind, Stanza, StanzaError, ns};

use crate::config::About;

/// Returns the stream feature that spares a peer the question (XEP-0174 section 10).
pub(super) fn feature(about: &About) -> Element {
    let node = about.caps().map(|caps| node(&caps));
    Info { node, ..about.disco_info() }.to_element()
}

/// Answers a request, or leaves it to the embedder.
pub(super) fn answer(about: &About, iq: &Stanza) -> Option<Element> {
    if iq.kind() != Kind::Iq(IqType::Get) {
        return None;
    }
    let asked = iq.payload()?;
    let payload = match (asked.name(), asked.namespace()) {
        (Info::NAME, ns::DISCO_INFO) => return Some(disco_info(about, iq, asked.attr("node"))),
        (Version::NAME, ns::VERSION) => Some(about.version.as_ref()?.to_element()),
        (Ping::NAME, ns::PING) => None,
        (VCard::NAME, ns::VCARD_TEMP) => Some(about.vcard.as_ref()?.to_element()),
        _ => return None,
    };
    Some(iq.result(payload).into_element())
}

fn disco_info(about: &About, iq: &Stanza, node: Option<&str>) -> Element {
    let ours = about.caps().map(|caps| self::node(&caps));
    if node.is_some_and(|node| ours.as_deref() != Some(node)) {
        let error = StanzaError::new(Condition::ItemNotFound);
        return error.reply_to(iq.element()).unwrap_or_else(|| iq.result(None).into_element());
    }
    let info = Info { node: node.map(str::to_owned), ..about.disco_info() };
    iq.result(info.to_element()).into_element()
}

fn node(caps: &Caps) -> String {
    format!("{}#{}", caps.node, caps.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            caps_node: Some("https://televisor.example".to_owned()),
            version: Some(Version { name: Some("Televisor".to_owned()), ..Version::default() }),
            ..About::default()
        }
    }

    fn asked(payload: &str) -> Option<Element> {
        let text = format!("<iq xmlns='jabber:client' type='get' id='1'>{payload}</iq>");
        let iq = Stanza::try_from(Element::parse(text.as_bytes()).unwrap()).unwrap();
        answer(&about(), &iq)
    }

    #[test]
    fn the_announced_capabilities_are_the_hash_of_the_answer() {
        let announced = about().caps().unwrap();
        let node = node(&announced);
        let query = format!("<query xmlns='{}' node='{node}'/>", ns::DISCO_INFO);
        let answer = asked(&query).unwrap();
        let told = Info::read(answer.children().next().unwrap()).unwrap();
        assert_eq!(told.node.as_deref(), Some(node.as_str()));
        assert_eq!(Caps::for_info(&announced.node, &told), announced);
    }

    #[test]
    fn another_node_is_not_found() {
        let answer = asked(&format!("<query xmlns='{}' node='x'/>", ns::DISCO_INFO)).unwrap();
        assert_eq!(StanzaError::of(&answer).unwrap().condition, Condition::ItemNotFound);
    }

    #[test]
    fn what_the_embedder_did_not_give_is_left_to_it() {
        assert!(asked("<vCard xmlns='vcard-temp'/>").is_none());
        assert!(asked("<query xmlns='jabber:iq:version'/>").is_some());
        assert!(asked("<ping xmlns='urn:xmpp:ping'/>").is_some());
    }
}
