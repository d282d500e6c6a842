//! Settings and limits of a link.

use std::time::Duration;

use televisor_xmpp::ns;
use televisor_xmpp::payload::caps::Caps;
use televisor_xmpp::payload::disco::{Identity, Info};
use televisor_xmpp::payload::vcard::VCard;
use televisor_xmpp::payload::version::Version;

/// The port XEP-0174 implementations have always used; any other may be announced.
pub const PORT: u16 = 5298;

/// How to take part in the link.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to announce and to look.
    pub discovery: televisor_discovery::Config,
    /// The TCP port to listen on; 0 means any.
    pub port: u16,
    /// What to answer about ourselves.
    pub about: About,
    /// The bounds of everything.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            discovery: televisor_discovery::Config::default(),
            port: PORT,
            about: About::default(),
            limits: Limits::default(),
        }
    }
}

/// What the crate itself answers to anybody on the link: disco#info (XEP-0030), version (XEP-0092)
/// and vCard (XEP-0054). A ping (XEP-0199) is always answered.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Identities and features; those of the crate's own answers are added.
    pub info: Info,
    /// The node of the entity capabilities (XEP-0115) announced in TXT.
    pub caps_node: Option<String>,
    /// Name and version of the software.
    pub version: Option<Version>,
    /// The vCard, where there is one.
    pub vcard: Option<VCard>,
}

impl About {
    /// What disco#info answers, with the features the crate itself has.
    pub(crate) fn disco_info(&self) -> Info {
        // The hash of entity capabilities does not cover forms here, so there are none.
        let mut info = Info { node: None, forms: Vec::new(), ..self.info.clone() };
        if info.identities.is_empty() {
            info.identities.push(Identity::new("client", "pc", None));
        }
        let answered = [
            Some(ns::DISCO_INFO),
            self.caps_node.is_some().then_some(ns::CAPS),
            Some(ns::PING),
            self.version.is_some().then_some(ns::VERSION),
            self.vcard.is_some().then_some(ns::VCARD_TEMP),
        ];
        for feature in answered.into_iter().flatten() {
            if !info.features.iter().any(|known| known == feature) {
                info.features.push(feature.to_owned());
            }
        }
        info
    }

    /// The entity capabilities to announce.
    pub(crate) fn caps(&self) -> Option<Caps> {
        let info = self.disco_info();
        self.caps_node.as_deref().map(|node| Caps::for_info(node, &info))
    }
}

/// The bounds of a link. Sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most peers in the roster; who is announced after that is left out.
    pub peers: usize,
    /// Most streams in all, half-open ones included.
    pub streams: usize,
    /// Most streams from one address.
    pub streams_per_address: usize,
    /// The largest stanza of a peer before its header is complete or TLS is decided.
    pub stanza_opening: usize,
    /// The largest stanza of a peer that has proven nothing: chat fits.
    pub stanza_unproven: usize,
    /// The largest stanza of a peer proven to be of the household.
    pub stanza_proven: usize,
    /// Deepest nesting of elements.
    pub depth: usize,
    /// Most bytes per second read from one stream, averaged.
    pub bytes_per_second: usize,
    /// Most stanzas waiting to be sent to one peer.
    pub queue: usize,
    /// Most stanzas waiting to be taken from [`Incoming`](crate::Incoming).
    pub incoming: usize,
    /// How long a stream may take from its first byte until stanzas can flow.
    pub opening: Duration,
    /// How long a stream may be silent before it is closed.
    pub idle: Duration,
    /// How long an iq waits for its answer.
    pub request: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            peers: 512,
            streams: 128,
            streams_per_address: 8,
            stanza_opening: 10 * 1024,
            stanza_unproven: 64 * 1024,
            stanza_proven: 256 * 1024,
            depth: 64,
            bytes_per_second: 1024 * 1024,
            queue: 256,
            incoming: 256,
            opening: Duration::from_secs(10),
            idle: Duration::from_secs(10 * 60),
            request: Duration::from_secs(30),
        }
    }
}
