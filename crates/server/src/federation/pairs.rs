//! For which domains the other end of a stream may speak.

use std::sync::Arc;

use televisor_xmpp::element::Element;
use televisor_xmpp::jid::Jid;
use televisor_xmpp::stream::StreamCondition;

use super::peer::Peer;
use crate::alias::Aliases;

/// The domains that were authenticated, each for one name of ours.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    admitted: Vec<(Arc<Peer>, String)>,
}

impl Pairs {
    /// Lets a domain speak to a name of ours.
    pub(super) fn admit(&mut self, peer: Arc<Peer>, ours: &str) {
        if !self.has(peer.domain(), ours) {
            self.admitted.push((peer, ours.to_owned()));
        }
    }

    pub(super) fn has(&self, domain: &str, ours: &str) -> bool {
        self.admitted.iter().any(|(peer, name)| peer.domain() == domain && name == ours)
    }

    pub(super) fn len(&self) -> usize {
        self.admitted.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.admitted.is_empty()
    }

    /// The domain that was authenticated first.
    pub(super) fn first(&self) -> Option<&Arc<Peer>> {
        self.admitted.first().map(|(peer, _)| peer)
    }

    /// Every domain, once.
    pub(super) fn peers(&self) -> Vec<Arc<Peer>> {
        let mut peers: Vec<Arc<Peer>> = Vec::new();
        for (peer, _) in &self.admitted {
            if !peers.iter().any(|known| Arc::ptr_eq(known, peer)) {
                peers.push(Arc::clone(peer));
            }
        }
        peers
    }

    /// Finds out who sent a stanza, which must be allowed to, and to us (RFC 6120 section 8.1).
    pub(super) fn sender(
        &self,
        stanza: &Element,
        aliases: &Aliases,
    ) -> Result<&Arc<Peer>, StreamCondition> {
        let address = |name: &str| -> Result<Jid, StreamCondition> {
            let text = stanza.attr(name).ok_or(StreamCondition::ImproperAddressing)?;
            text.parse().map_err(|_| StreamCondition::ImproperAddressing)
        };
        let (from, to) = (address("from")?, address("to")?);
        let domain = from.domainpart().as_str();
        let speaks = self.admitted.iter().find(|(peer, _)| peer.domain() == domain);
        let (peer, _) = speaks.ok_or(StreamCondition::InvalidFrom)?;
        let ours = |name: &str| aliases.is_ours(name);
        let host = to.domainpart().as_str();
        if ours(host) { Ok(peer) } else { Err(StreamCondition::HostUnknown) }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::super::Limits;
    use super::*;

    fn sender(from: &str, to: &str) -> Result<String, StreamCondition> {
        let aliases = Aliases::new("tv.local", vec!["tv.example".to_owned()]);
        let peer = |domain| Arc::new(Peer::new(domain, &Limits::default(), Instant::now()));
        let mut pairs = Pairs::default();
        pairs.admit(peer("example.org"), "tv.example");
        pairs.admit(peer("rooms.example.org"), "tv.example");
        let stanza = format!("<message xmlns='jabber:server' {from} {to}/>");
        let stanza = Element::parse(stanza.as_bytes()).unwrap();
        pairs.sender(&stanza, &aliases).map(|peer| peer.domain().to_owned())
    }

    #[test]
    fn each_authenticated_domain_speaks_for_itself() {
        let to = "to='uuid@tv.example'";
        assert_eq!(sender("from='joe@example.org/x'", to), Ok("example.org".to_owned()));
        assert_eq!(sender("from='Rooms.Example.org'", to), Ok("rooms.example.org".to_owned()));
        for spoofed in ["from='joe@example.net'", "from='uuid@tv.example'", "from='a@org'"] {
            assert_eq!(sender(spoofed, to), Err(StreamCondition::InvalidFrom));
        }
    }

    #[test]
    fn both_addresses_must_be_there_and_the_second_be_ours() {
        let (from, to) = ("from='joe@example.org'", "to='uuid@tv.example'");
        for (from, to) in [("", to), (from, ""), ("from='@'", to), (from, "to='@'")] {
            assert_eq!(sender(from, to), Err(StreamCondition::ImproperAddressing));
        }
        assert_eq!(sender(from, "to='joe@example.org'"), Err(StreamCondition::HostUnknown));
    }
}
