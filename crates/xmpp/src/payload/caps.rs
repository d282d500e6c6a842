//! XEP-0115: Entity Capabilities.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::carrier::{Carrier, Payload, PayloadError, required};
use super::disco::Info;
use crate::element::Element;
use crate::ns;

/// A short name for what an entity answers to `disco#info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caps {
    /// The hash function, `sha-1` in practice.
    pub hash: String,
    /// The software, as a URI.
    pub node: String,
    /// The hash of the answer, in base64.
    pub version: String,
}

impl Caps {
    /// Makes the short name of `info` (section 5.1 of the XEP). Forms are left out: `info` must not
    /// have any.
    #[must_use]
    pub fn for_info(node: &str, info: &Info) -> Self {
        let mut identities: Vec<String> = info
            .identities
            .iter()
            .map(|identity| {
                let lang = identity.lang.as_deref().unwrap_or_default();
                let name = identity.name.as_deref().unwrap_or_default();
                format!("{}/{}/{lang}/{name}<", identity.category, identity.kind)
            })
            .collect();
        identities.sort_unstable();
        let mut features: Vec<String> = info.features.iter().map(|var| format!("{var}<")).collect();
        features.sort_unstable();
        let all = identities.concat() + &features.concat();
        Self {
            hash: "sha-1".to_owned(),
            node: node.to_owned(),
            version: STANDARD.encode(Sha1::digest(all)),
        }
    }
}

impl Payload for Caps {
    const NAME: &'static str = "c";
    const NAMESPACE: &'static str = ns::CAPS;
    const CARRIERS: &'static [Carrier] = &[Carrier::Presence];

    fn read(caps: &Element) -> Result<Self, PayloadError> {
        Ok(Self {
            hash: required(caps, "hash")?.to_owned(),
            node: required(caps, "node")?.to_owned(),
            version: required(caps, "ver")?.to_owned(),
        })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr("hash", &self.hash)
            .attr("node", &self.node)
            .attr("ver", &self.version)
            .build()
    }
}
