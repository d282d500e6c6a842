//! XEP-0084: User Avatar, and XEP-0398: the same picture in the vCard of old, both ways.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::StanzaError;
use televisor_xmpp::ns;

use crate::context::Context;
use crate::features::vcard;
use crate::pubsub::config::AccessModel;
use crate::pubsub::last;
use crate::pubsub::node::{Item, Node};
use crate::pubsub::refusal::Refusal;
use crate::pubsub::service::{self, Publication, trouble};
use crate::pubsub::standing::Who;
use crate::roster::hex;
use crate::storage::pubsub as kept;

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Its media type.
    kind: String,
    bytes: Vec<u8>,
}

impl Picture {
    /// Returns the picture in a vCard, if there is one.
    pub(crate) fn of_vcard(vcard: &Element) -> Option<Self> {
        let photo = vcard.child("PHOTO", ns::VCARD_TEMP)?;
        let bytes = decode(&photo.child("BINVAL", ns::VCARD_TEMP)?.text())?;
        let kind = photo.child("TYPE", ns::VCARD_TEMP).map(Element::text);
        let kind = kind.filter(|kind| !kind.is_empty()).unwrap_or_else(|| sniff(&bytes).to_owned());
        Some(Self { kind, bytes })
    }

    /// Returns its id: the SHA-1 of its bytes (XEP-0084 section 4.2.1).
    pub(crate) fn id(&self) -> String {
        hex(&Sha1::digest(&self.bytes))
    }

    /// Makes the payload of the node for data.
    pub(crate) fn data(&self) -> Element {
        Element::builder("data", ns::AVATAR_DATA).text(STANDARD.encode(&self.bytes)).build()
    }

    /// Makes the payload of the node for metadata.
    pub(crate) fn metadata(&self) -> Element {
        let info = Element::builder("info", ns::AVATAR_METADATA)
            .attr("bytes", self.bytes.len().to_string())
            .attr("id", self.id())
            .attr("type", self.kind.as_str());
        Element::builder("metadata", ns::AVATAR_METADATA).child(info).build()
    }

    fn photo(&self) -> Element {
        Element::builder("PHOTO", ns::VCARD_TEMP)
            .field("TYPE", &self.kind)
            .field("BINVAL", STANDARD.encode(&self.bytes))
            .build()
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

/// The media type of a picture that does not say.
fn sniff(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, ..] => "image/jpeg",
        [b'G', b'I', b'F', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => "image/png",
    }
}

/// XEP-0398 section 3.1: puts the picture that was published into the vCard, or takes it out. Only a
/// picture that all contacts may see: they all may see the vCard.
pub(crate) async fn to_vcard(context: &Context, account: &str) -> Result<(), StanzaError> {
    let Some(picture) = published(context, account).await? else { return Ok(()) };
    let kept = vcard::kept(context, account).await.map_err(|error| trouble(&error))?;
    let old = kept.as_ref().and_then(Picture::of_vcard);
    if old.map(|old| old.bytes) == picture.as_ref().map(|picture| picture.bytes.clone()) {
        return Ok(());
    }
    let mut card = kept.unwrap_or_else(|| Element::new("vCard", ns::VCARD_TEMP));
    card.retain_children(|child| !child.is("PHOTO", ns::VCARD_TEMP));
    if let Some(picture) = picture {
        card.push(picture.photo());
    }
    vcard::keep(context, account, &card).await.map(|_| ())
}

/// Returns the picture the nodes have now: `Some(None)` if they say that there is none, `None` if
/// nothing follows from them.
async fn published(
    context: &Context,
    account: &str,
) -> Result<Option<Option<Picture>>, StanzaError> {
    let found = last::last(context, account, ns::AVATAR_METADATA).await;
    let Some((_, item)) = found.map_err(|error| trouble(&error))? else { return Ok(Some(None)) };
    let metadata = item.payload.and_then(|text| Element::parse(text.as_bytes()).ok());
    let Some(metadata) = metadata else { return Ok(None) };
    // Section 3.1: the one that is kept here, and not only linked to.
    let mut infos = metadata.children().filter(|child| child.is("info", ns::AVATAR_METADATA));
    let Some(info) = infos.find(|info| info.attr("url").is_none()) else {
        let none = !metadata.has_child("info", ns::AVATAR_METADATA);
        return Ok(none.then_some(None));
    };
    let id = info.attr("id").unwrap_or_default().to_owned();
    let data = data(context, account, id.clone()).await.map_err(|error| trouble(&error))?;
    let kind = info.attr("type").unwrap_or("image/png").to_owned();
    let bytes = data.and_then(|data| decode(&data.text()));
    let picture = bytes.map(|bytes| Picture { kind, bytes });
    // What is not what its id says is not passed on.
    Ok(picture.filter(|picture| picture.id().eq_ignore_ascii_case(&id)).map(Some))
}

/// Returns the data published under an id, if all contacts may see it.
async fn data(context: &Context, account: &str, id: String) -> Result<Option<Element>, Error> {
    let pick = move |node: &Node| -> Result<(Vec<Item>, ()), Refusal> {
        match node.config.access_model {
            AccessModel::Open | AccessModel::Presence => {}
            AccessModel::Authorize | AccessModel::Roster | AccessModel::Whitelist => {
                return Err(Refusal::Closed);
            }
        }
        Ok((node.items.iter().filter(|item| item.id == id).cloned().collect(), ()))
    };
    let found = kept::items(context.store(), account, ns::AVATAR_DATA, pick).await?;
    let text = found.ok().and_then(|(_, mut items, ())| items.pop()?.payload);
    Ok(text.and_then(|text| Element::parse(text.as_bytes()).ok()))
}

/// XEP-0398 section 3.2: publishes the picture of a vCard that was set.
pub(crate) async fn of_vcard(
    context: &Context,
    account: &str,
    vcard: &Element,
) -> Result<(), StanzaError> {
    let owner = || Who::owner(&context.address(account));
    let before = last::last(context, account, ns::AVATAR_METADATA).await;
    let before = before.map_err(|error| trouble(&error))?.map(|(_, item)| item.id);
    let Some(picture) = Picture::of_vcard(vcard) else {
        if before.is_none() {
            return Ok(());
        }
        // XEP-0084 section 4.2.4: there is none any more.
        let none = Element::new("metadata", ns::AVATAR_METADATA);
        let publication = Publication::new(ns::AVATAR_METADATA, "current", none);
        return service::publish(context, account, owner(), publication).await.map(|_| ());
    };
    let id = picture.id();
    if before.as_ref() == Some(&id) {
        return Ok(());
    }
    let data = Publication::new(ns::AVATAR_DATA, &id, picture.data());
    service::publish(context, account, owner(), data).await?;
    let metadata = Publication::new(ns::AVATAR_METADATA, &id, picture.metadata());
    service::publish(context, account, owner(), metadata).await.map(|_| ())
}
