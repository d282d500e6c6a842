//! XEP-0308: Last Message Correction.

use super::carrier::{Carrier, Payload, PayloadError, required};
use crate::element::Element;
use crate::ns;

/// Says that a message stands in place of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// The `id` of the first message that is corrected.
    pub id: String,
}

impl Payload for Replace {
    const NAME: &'static str = "replace";
    const NAMESPACE: &'static str = ns::CORRECTION;
    const CARRIERS: &'static [Carrier] = &[Carrier::Message];

    fn read(replace: &Element) -> Result<Self, PayloadError> {
        Ok(Self { id: required(replace, "id")?.to_owned() })
    }

    fn to_element(&self) -> Element {
        Element::builder(Self::NAME, Self::NAMESPACE).attr("id", &self.id).build()
    }
}
