//! XEP-0199: XMPP Ping.

use super::carrier::{Carrier, Payload, PayloadError};
use crate::element::Element;
use crate::ns;

/// Asks whether the other side is there. The answer is an empty result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ping;

impl Payload for Ping {
    const NAME: &'static str = "ping";
    const NAMESPACE: &'static str = ns::PING;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqGet];

    fn read(_: &Element) -> Result<Self, PayloadError> {
        Ok(Self)
    }

    fn to_element(&self) -> Element {
        Element::new(Self::NAME, Self::NAMESPACE)
    }
}
