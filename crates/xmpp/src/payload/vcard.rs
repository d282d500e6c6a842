//! XEP-0054: vcard-temp. Kept as the element it is, so that what we do not know is not lost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::carrier::{Carrier, Payload, PayloadError, field};
use crate::element::Element;
use crate::ns;

/// A vCard; empty, the question or the answer that there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VCard(Element);

impl VCard {
    /// Makes a vCard that holds a name.
    #[must_use]
    pub fn named(formatted_name: &str) -> Self {
        let vcard = Element::builder(Self::NAME, Self::NAMESPACE).field("FN", formatted_name);
        Self(vcard.build())
    }

    /// Makes an empty one: the question.
    #[must_use]
    pub fn empty() -> Self {
        Self(Element::new(Self::NAME, Self::NAMESPACE))
    }

    /// Returns the name that people read.
    #[must_use]
    pub fn formatted_name(&self) -> Option<String> {
        field(&self.0, "FN").filter(|name| !name.is_empty())
    }

    /// Returns the picture, if it is in the vCard itself.
    #[must_use]
    pub fn photo(&self) -> Option<Vec<u8>> {
        let photo = self.0.child("PHOTO", ns::VCARD_TEMP)?;
        let encoded = field(photo, "BINVAL")?;
        let encoded: String = encoded.split_ascii_whitespace().collect();
        STANDARD.decode(encoded).ok().filter(|photo| !photo.is_empty())
    }

    /// Returns the SHA-1 of the picture, as [`Update`](super::avatar::Update) carries it.
    #[must_use]
    pub fn photo_hash(&self) -> Option<String> {
        let digest = Sha1::digest(self.photo()?);
        Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns the element.
    #[must_use]
    pub const fn element(&self) -> &Element {
        &self.0
    }
}

impl Payload for VCard {
    const NAME: &'static str = "vCard";
    const NAMESPACE: &'static str = ns::VCARD_TEMP;
    const CARRIERS: &'static [Carrier] = &[Carrier::IqGet, Carrier::IqSet, Carrier::IqResult];

    fn read(vcard: &Element) -> Result<Self, PayloadError> {
        Ok(Self(vcard.clone()))
    }

    fn to_element(&self) -> Element {
        self.0.clone()
    }
}
