//! XEP-0221: Data Forms Media Element: what a field shows.

use crate::element::Element;
use crate::ns;
use crate::payload::carrier::{Carrier, Payload, PayloadError, required};

/// `<media/>`: one thing to show, at one or more places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Media {
    /// Pixels; pictures only.
    pub height: Option<u16>,
    /// Pixels; pictures only.
    pub width: Option<u16>,
    /// Where it is; each place has the same, maybe in another format.
    pub uris: Vec<MediaUri>,
}

/// `<uri/>`: where the thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaUri {
    /// Its MIME type.
    pub kind: String,
    /// The place: `http:`, `https:` or `cid:` (XEP-0231).
    pub uri: String,
}

impl Media {
    /// Makes a picture at one place.
    #[must_use]
    pub fn picture(width: u16, height: u16, kind: &str, uri: &str) -> Self {
        let uri = MediaUri { kind: kind.to_owned(), uri: uri.to_owned() };
        Self { height: Some(height), width: Some(width), uris: vec![uri] }
    }
}

impl Payload for Media {
    const NAME: &'static str = "media";
    const NAMESPACE: &'static str = ns::MEDIA_ELEMENT;
    const CARRIERS: &'static [Carrier] = &[];

    fn read(media: &Element) -> Result<Self, PayloadError> {
        let pixels = |name| {
            let pixels = media.attr(name).map(str::parse);
            pixels.transpose().map_err(|_| PayloadError::Invalid(name))
        };
        let uris = media.children().filter(|child| child.is("uri", ns::MEDIA_ELEMENT));
        let uri = |uri: &Element| {
            let kind = required(uri, "type")?.to_owned();
            Ok(MediaUri { kind, uri: uri.text().trim().to_owned() })
        };
        Ok(Self {
            height: pixels("height")?,
            width: pixels("width")?,
            uris: uris.map(uri).collect::<Result<_, _>>()?,
        })
    }

    fn to_element(&self) -> Element {
        let uri = |uri: &MediaUri| {
            Element::builder("uri", ns::MEDIA_ELEMENT)
                .attr("type", &uri.kind)
                .text(&uri.uri)
                .build()
        };
        Element::builder(Self::NAME, Self::NAMESPACE)
            .attr_opt("height", self.height.map(|pixels| pixels.to_string()))
            .attr_opt("width", self.width.map(|pixels| pixels.to_string()))
            .children(self.uris.iter().map(uri))
            .build()
    }
}
