//! XEP-0203: Delayed Delivery.

use jiff::Timestamp;

use super::carrier::{Carrier, Payload, PayloadError, required};
use super::time::format_stamp;
use crate::element::Element;
use crate::jid::Jid;
use crate::ns;

/// When a stanza was first sent, and who kept it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    /// Who kept it.
    pub from: Option<Jid>,
    /// When it was sent.
    pub stamp: Timestamp,
    /// Why it was kept, for a person.
    pub reason: Option<String>,
}

impl Payload for Delay {
    const NAME: &'static str = "delay";
    const NAMESPACE: &'static str = ns::DELAY;
    const CARRIERS: &'static [Carrier] = &[Carrier::Message, Carrier::Presence];

    fn read(delay: &Element) -> Result<Self, PayloadError> {
        let from = delay.attr("from").map(str::parse).transpose();
        let reason = delay.text();
        Ok(Self {
            from: from.map_err(|_| PayloadError::Invalid("from"))?,
            stamp: required(delay, "stamp")?.parse().map_err(|_| PayloadError::Invalid("stamp"))?,
            reason: (!reason.is_empty()).then_some(reason),
        })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr_opt("from", self.from.as_ref().map(Jid::to_string))
            .attr("stamp", format_stamp(self.stamp))
            .text(self.reason.as_deref().unwrap_or_default())
            .build()
    }
}
