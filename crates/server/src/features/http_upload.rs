//! XEP-0363: HTTP File Upload: slots, for members of the household.
//!
//! The embedding program keeps the files, and says at which URLs ([`Slots`]); it puts the feature in
//! with [`ServerParts::features`](crate::ServerParts::features). The server itself is the service, so
//! there is no other address to find. Purposes: `message`, which is the default, and `ephemeral`;
//! what is wanted for another is kept as long as usual.

use std::sync::Arc;

use jiff::Timestamp;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, ErrorKind, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::payload::Payload as _;
use televisor_xmpp::payload::forms::{Field, Form, FormKind};

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::feature::{Asker, Claim, Feature, Kind, Request, Spec, Target};
use crate::router::Origin;

/// Its line in the compliance document, since it is in no list of the server's own.
pub(crate) const SPEC: Spec = Spec::xep(
    "XEP-0363",
    "HTTP File Upload",
    "1.2.0",
    "for the household; quota, expiry, purposes `message` and `ephemeral`; \
     where the embedding program keeps files",
);

/// The most bytes of a file name, as sent.
const NAME: usize = 1024;

/// Who keeps files.
pub trait Slots: Send + Sync {
    /// Returns the most bytes of one file.
    fn max_file_size(&self) -> u64;

    /// Promises a slot.
    fn slot<'a>(&'a self, wanted: SlotRequest<'a>) -> BoxFuture<'a, Result<Slot, NoSlot>>;
}

/// What a member of the household wants to upload.
#[derive(Debug, Clone)]
pub struct SlotRequest<'a> {
    /// Who.
    pub origin: &'a Origin,
    /// The name of this host as that session spells it.
    pub host: &'a str,
    /// The file's name, as it was given.
    pub filename: &'a str,
    /// Its bytes.
    pub size: u64,
    /// What it is said to be.
    pub content_type: Option<&'a str>,
    /// When it must be gone.
    pub expire_before: Option<Timestamp>,
}

/// A slot: both URLs are `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Where the file is put.
    pub put: String,
    /// Where it is fetched.
    pub get: String,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSlot {
    /// The file is too large, whatever else is there.
    TooLarge {
        /// The most bytes of one file.
        most: u64,
    },
    /// There is no room now.
    Full {
        /// When there will be.
        again: Timestamp,
    },
    /// Something is broken.
    Broken,
}

/// Answers requests for slots.
#[derive(Clone)]
pub struct HttpUpload(pub Arc<dyn Slots>);

impl std::fmt::Debug for HttpUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HttpUpload").finish_non_exhaustive()
    }
}

impl Feature for HttpUpload {
    fn spec(&self) -> Spec {
        SPEC
    }

    fn claims(&self) -> &'static [Claim] {
        &[Claim { name: "request", namespace: ns::HTTP_UPLOAD, kind: Some(Kind::Get) }]
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::HTTP_UPLOAD, PURPOSE_MESSAGE, PURPOSE_EPHEMERAL]
    }

    fn is_for_contacts(&self) -> bool {
        // They are told that it is not for them.
        true
    }

    fn server_identity(&self) -> Option<(&'static str, &'static str)> {
        // COMPAT(slixmpp): looks for this before it looks at the features.
        Some(("store", "file"))
    }

    fn server_form(&self) -> Option<Element> {
        let most = Field::answer("max-file-size", [self.0.max_file_size().to_string()]);
        let form = Form::new(FormKind::Result).form_type(ns::HTTP_UPLOAD).field(most);
        Some(form.to_element())
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let Asker::Session(origin) = request.asker else {
                return Err(Condition::Forbidden.into());
            };
            if request.target != Target::Server {
                return Err(Condition::ServiceUnavailable.into());
            }
            let host = context.router().spelling(origin);
            let host = host.unwrap_or_else(|| context.domain().to_owned());
            let wanted = wanted(origin, &host, request.payload)?;
            match self.0.slot(wanted).await {
                Ok(slot) => Ok(Some(rendered(&slot))),
                Err(refusal) => Err(refused(refusal)),
            }
        })
    }
}

const PURPOSE_MESSAGE: &str = "urn:xmpp:http:upload:purpose:0#message";
const PURPOSE_EPHEMERAL: &str = "urn:xmpp:http:upload:purpose:0#ephemeral";

fn wanted<'a>(
    origin: &'a Origin,
    host: &'a str,
    request: &'a Element,
) -> Result<SlotRequest<'a>, StanzaError> {
    let wrong = |text: &str| StanzaError::new(Condition::BadRequest).with_text(text);
    let filename = request.attr("filename").filter(|name| !name.trim().is_empty());
    let filename = filename.ok_or_else(|| wrong("the file needs a name"))?;
    if filename.len() > NAME {
        return Err(wrong("the name of the file is too long"));
    }
    let size = request.attr("size").and_then(|size| size.parse().ok());
    let size = size.filter(|size| *size > 0);
    let size = size.ok_or_else(|| wrong("the size of the file is not a number of bytes"))?;
    let ephemeral = request.child("ephemeral", ns::HTTP_UPLOAD_PURPOSE);
    let expire_before = match ephemeral {
        None => None,
        Some(ephemeral) => {
            let stamp = ephemeral.attr("expire-before").and_then(|stamp| stamp.parse().ok());
            Some(stamp.ok_or_else(|| wrong("`expire-before` is not a time"))?)
        }
    };
    let content_type = request.attr("content-type");
    Ok(SlotRequest { origin, host, filename, size, content_type, expire_before })
}

fn rendered(slot: &Slot) -> Element {
    let url = |name: &str, url: &str| Element::builder(name, ns::HTTP_UPLOAD).attr("url", url);
    Element::builder("slot", ns::HTTP_UPLOAD)
        .child(url("put", &slot.put))
        .child(url("get", &slot.get))
        .build()
}

fn refused(refusal: NoSlot) -> StanzaError {
    match refusal {
        NoSlot::TooLarge { most } => {
            let most = most.to_string();
            let text = format!("File too large. The maximum file size is {most} bytes");
            let too_large = Element::builder("file-too-large", ns::HTTP_UPLOAD)
                .field("max-file-size", most)
                .build();
            StanzaError::new(Condition::NotAcceptable).with_text(text).with_application(too_large)
        }
        NoSlot::Full { again } => {
            let stamp = again.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let retry = Element::builder("retry", ns::HTTP_UPLOAD).attr("stamp", stamp).build();
            StanzaError::new(Condition::ResourceConstraint)
                .with_kind(ErrorKind::Wait)
                .with_text("Quota reached. Files that have had their time make room")
                .with_application(retry)
        }
        NoSlot::Broken => Condition::InternalServerError.into(),
    }
}
