//! XEP-0184: Message Delivery Receipts.

use super::carrier::{Carrier, Payload, PayloadError, required};
use crate::element::Element;
use crate::ns;

/// Asks for a receipt. The message needs an `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request;

/// Says that a message arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The `id` of that message.
    pub id: String,
}

impl Payload for Request {
    const NAME: &'static str = "request";
    const NAMESPACE: &'static str = ns::RECEIPTS;
    const CARRIERS: &'static [Carrier] = &[Carrier::Message];

    fn read(_: &Element) -> Result<Self, PayloadError> {
        Ok(Self)
    }

    fn to_element(&self) -> Element {
        Element::new(Self::NAME, Self::NAMESPACE)
    }
}

impl Payload for Received {
    const NAME: &'static str = "received";
    const NAMESPACE: &'static str = ns::RECEIPTS;
    const CARRIERS: &'static [Carrier] = &[Carrier::Message];

    fn read(received: &Element) -> Result<Self, PayloadError> {
        Ok(Self { id: required(received, "id")?.to_owned() })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE).attr("id", &self.id).build()
    }
}
