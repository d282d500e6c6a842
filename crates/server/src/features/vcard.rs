//! XEP-0054: vcard-temp, and XEP-0153: the photo's hash in presence.
//!
//! Everybody reads, only the owner writes; residents bring their own. Whoever sets another photo
//! is seen with it at once: presence is said again with the new hash. The photo is published as an
//! avatar, too (XEP-0398), and the rest as a vCard4 (XEP-0292).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::delivery::presence;
use crate::error::internal;
use crate::feature::{Claim, Feature, Kind, Request, Spec, Target, Viewer};
use crate::pubsub::{avatar, vcard4};
use crate::roster::hex;
use crate::storage::vcard;

/// Bytes of one vCard: a photo of 96 KiB in base64, and the words. A stanza holds more.
const BYTES: usize = 160 * 1024;

/// Keeps vCards.
pub(crate) struct VCard;

impl Feature for VCard {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0054",
            title: "vcard-temp",
            version: "1.3",
            note: "own get and set, others' get, residents'; 160 KiB at most",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "vCard", namespace: ns::VCARD_TEMP, kind: None }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::VCARD_TEMP]
    }

    fn account_disco(&self, _viewer: Viewer) -> &'static [&'static str] {
        &[ns::VCARD_TEMP]
    }

    fn is_for_contacts(&self) -> bool {
        true
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            match (request.kind, &request.target) {
                (Kind::Get, target) => get(context, &request, target).await.map(Some),
                (Kind::Set, Target::Own) => set(context, &request).await.map(|()| None),
                (Kind::Set, Target::Server | Target::Account(_) | Target::Resident(_)) => {
                    Err(Condition::Forbidden.into())
                }
            }
        })
    }
}

async fn get(
    context: &Context,
    request: &Request<'_>,
    target: &Target,
) -> Result<Element, StanzaError> {
    let account = match target {
        Target::Own => &request.session()?.account,
        Target::Account(account) => account,
        Target::Server => {
            let resident = context.resident_for_domain().and_then(|r| r.vcard());
            return resident.ok_or_else(|| Condition::ServiceUnavailable.into());
        }
        Target::Resident(localpart) => {
            let resident = context.resident(localpart).and_then(|r| r.vcard());
            return resident.ok_or_else(|| Condition::ServiceUnavailable.into());
        }
    };
    let kept = kept(context, account).await.map_err(|error| trouble(&error))?;
    match kept {
        Some(vcard) => Ok(vcard),
        // XEP-0054 section 3.1: one's own is empty.
        None if *target == Target::Own => Ok(Element::new("vCard", ns::VCARD_TEMP)),
        // Section 3.3: MUST be the same as where there is no such account.
        None => Err(Condition::ServiceUnavailable.into()),
    }
}

/// Returns the vCard an account has set.
pub(crate) async fn kept(context: &Context, account: &str) -> Result<Option<Element>, Error> {
    let text = vcard::get(context.store(), account).await?;
    Ok(text.and_then(|text| Element::parse(text.as_bytes()).ok()))
}

async fn set(context: &Context, request: &Request<'_>) -> Result<(), StanzaError> {
    let account = &request.session()?.account;
    if keep(context, account, request.payload).await? {
        converted(avatar::of_vcard(context, account, request.payload).await);
    }
    converted(vcard4::of_vcard_temp(context, account, request.payload).await);
    Ok(())
}

/// The vCard stands, even if what else shows it could not be changed.
fn converted(done: Result<(), StanzaError>) {
    if let Err(error) = done {
        tracing::warn!(condition = %error.condition, "a vCard could not be converted");
    }
}

/// Keeps a vCard, and shows its photo if that is another; returns whether it is.
pub(crate) async fn keep(
    context: &Context,
    account: &str,
    card: &Element,
) -> Result<bool, StanzaError> {
    let text = card.to_xml();
    if text.len() > BYTES {
        let error = StanzaError::new(Condition::NotAcceptable);
        return Err(error.with_text("the vCard is too large (choose a smaller picture)"));
    }
    let photo = photo_sha1(card)?;
    store(context, account, text, photo).await.map_err(|error| trouble(&error))
}

async fn store(
    context: &Context,
    account: &str,
    text: String,
    photo_sha1: String,
) -> Result<bool, Error> {
    let before = vcard::photo(context.store(), account).await?;
    let changed = before.as_deref() != Some(photo_sha1.as_str());
    vcard::set(context.store(), account, text, photo_sha1).await?;
    if changed {
        presence::photo_changed(context, account).await?;
    }
    Ok(changed)
}

/// XEP-0153 section 3.1: the SHA-1 of the picture itself; empty if there is none.
fn photo_sha1(vcard: &Element) -> Result<String, StanzaError> {
    let photo = vcard.child("PHOTO", ns::VCARD_TEMP);
    let Some(binary) = photo.and_then(|photo| photo.child("BINVAL", ns::VCARD_TEMP)) else {
        return Ok(String::new());
    };
    let text: String = binary.text().split_ascii_whitespace().collect();
    if text.is_empty() {
        return Ok(String::new());
    }
    let bytes = STANDARD.decode(text).map_err(|_| StanzaError::new(Condition::BadRequest))?;
    Ok(hex(&Sha1::digest(bytes)))
}

fn trouble(error: &Error) -> StanzaError {
    internal(error, "a vCard could not be read or kept")
}
