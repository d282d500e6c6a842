//! XEP-0092: Software Version.

use super::carrier::{Carrier, Payload, PayloadError, field};
use crate::element::Element;
use crate::ns;

/// What software an entity runs; all empty, the question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Version {
    /// The name of the software.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What it runs on.
    pub os: Option<String>,
}

impl Payload for Version {
    const NAME: &'static str = "query";
    const NAMESPACE: &'static str = ns::VERSION;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqGet, Carrier::IqResult];

    fn read(query: &Element) -> Result<Self, PayloadError> {
        Ok(Self {
            name: field(query, "name"),
            version: field(query, "version"),
            os: field(query, "os"),
        })
    }

    fn to_element(&self) -> Element {
        [("name", &self.name), ("version", &self.version), ("os", &self.os)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .fold(Element::builder(Self::NAME, Self::NAMESPACE), |query, (name, value)| {
                query.field(name, value)
            })
            .build()
    }
}
