//! XEP-0153: vCard-Based Avatars, the note in presence.

use super::carrier::{Carrier, Payload, PayloadError};
use crate::element::Element;
use crate::ns;

/// What a presence says about the avatar in the vCard (section 4.3 of the XEP).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Not known yet.
    NotReady,
    /// There is none.
    NoAvatar,
    /// There is one, with this SHA-1 in lower-case hexadecimal.
    Hash(String),
}

impl Payload for Update {
    const NAME: &'static str = "x";
    const NAMESPACE: &'static str = ns::VCARD_UPDATE;
    const CARRIERS: &'static [Carrier] = &[Carrier::Presence];

    fn read(update: &Element) -> Result<Self, PayloadError> {
        let Some(photo) = update.child("photo", ns::VCARD_UPDATE) else {
            return Ok(Self::NotReady);
        };
        let hash = photo.text().trim().to_ascii_lowercase();
        match hash.len() {
            0 => Ok(Self::NoAvatar),
            40 if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => Ok(Self::Hash(hash)),
            _ => Err(PayloadError::Invalid("photo")),
        }
    }

    fn to_element(&self) -> Element {
        let update = Element::builder(Self::NAME, Self::NAMESPACE);
        match self {
            Self::NotReady => update.build(),
            Self::NoAvatar => update.field("photo", "").build(),
            Self::Hash(hash) => update.field("photo", hash).build(),
        }
    }
}
