//! RFC 6120 section 7: resource binding.

use super::carrier::{Carrier, Payload, PayloadError, field};
use crate::element::Element;
use crate::jid::FullJid;
use crate::ns;

/// `<bind/>`, asking or answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// The client asks for a resource, or leaves the choice to the server. What it asks for has not
    /// been checked to be a resourcepart.
    Request {
        /// The wanted resource.
        resource: Option<String>,
    },
    /// The server says what it became.
    Bound(FullJid),
}

impl Payload for Bind {
    const NAME: &'static str = "bind";
    const NAMESPACE: &'static str = ns::BIND;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqSet, Carrier::IqResult];

    fn read(element: &Element) -> Result<Self, PayloadError> {
        if let Some(jid) = field(element, "jid") {
            return jid.parse().map(Self::Bound).map_err(|_| PayloadError::Invalid("jid"));
        }
        let resource = field(element, "resource").filter(|resource| !resource.is_empty());
        Ok(Self::Request { resource })
    }

    fn to_element(&self) -> Element {
        let bind = Element::builder(Self::NAME, Self::NAMESPACE);
        match self {
            Self::Request { resource: None } => bind.build(),
            Self::Request { resource: Some(resource) } => bind.field("resource", resource).build(),
            Self::Bound(jid) => bind.field("jid", jid.to_string()).build(),
        }
    }
}
