//! XEP-0257: Client Certificate Management.
//!
//! Nobody logs in by a certificate here: what one proves is the embedding program's affair, see
//! [`ClientCertificates`](crate::ClientCertificates). So no session has to end when one is revoked.

use rustls::server::ParsedCertificate;
use rustls_pki_types::CertificateDer;
use televisor_store::Error;
use televisor_xmpp::element::Element;
use televisor_xmpp::error::{Condition, StanzaError};
use televisor_xmpp::ns;
use televisor_xmpp::payload::certificates as payload;
use televisor_xmpp::payload::{Payload as _, PayloadError};

use crate::accounts::BoxFuture;
use crate::context::Context;
use crate::error::internal;
use crate::feature::{Claim, Feature, Kind, Request, Spec};
use crate::router::Origin;
use crate::storage::certificates::Added;

/// Bytes of one certificate: more than any has that a device makes for itself.
const BYTES: usize = 8 * 1024;

/// Bytes of a certificate's name.
const NAME: usize = 256;

/// Keeps certificates.
pub(crate) struct Certificates;

const CLAIMS: [Claim; 4] = [
    Claim { name: "append", namespace: ns::CERTIFICATES, kind: Some(Kind::Set) },
    Claim { name: "items", namespace: ns::CERTIFICATES, kind: Some(Kind::Get) },
    Claim { name: "disable", namespace: ns::CERTIFICATES, kind: Some(Kind::Set) },
    Claim { name: "revoke", namespace: ns::CERTIFICATES, kind: Some(Kind::Set) },
];

impl Feature for Certificates {
    fn spec(&self) -> Spec {
        Spec {
            document: "XEP-0257",
            title: "Client Certificate Management for SASL EXTERNAL",
            version: "0.3",
            note: "the management: 8 an account; nobody logs in by one, so none is `no-cert-management`",
        }
    }

    fn claims(&self) -> &'static [Claim] {
        &CLAIMS
    }

    fn disco(&self) -> &'static [&'static str] {
        &[ns::CERTIFICATES]
    }

    fn answer<'a>(
        &'a self,
        context: &'a Context,
        request: Request<'a>,
    ) -> BoxFuture<'a, Result<Option<Element>, StanzaError>> {
        Box::pin(async move {
            let origin = request.owner()?;
            safe(origin)?;
            let (account, payload) = (origin.account.as_str(), request.payload);
            match payload.name() {
                "append" => append(context, account, payload::Append::read(payload)?).await?,
                "items" => return items(context, account).await.map(Some),
                "disable" => {
                    remove(context, account, payload::Disable::read(payload).map(|p| p.name))
                        .await?;
                }
                _ => {
                    remove(context, account, payload::Revoke::read(payload).map(|p| p.name)).await?
                }
            }
            Ok(None)
        })
    }
}

/// "Security Considerations": nobody may have been in between. On this machine nobody is.
fn safe(origin: &Origin) -> Result<(), StanzaError> {
    if origin.peer.secure || origin.peer.loopback {
        return Ok(());
    }
    Err(StanzaError::new(Condition::PolicyViolation).with_text("only inside TLS"))
}

async fn append(
    context: &Context,
    account: &str,
    append: payload::Append,
) -> Result<(), StanzaError> {
    let refuse = |condition, text: &str| Err(StanzaError::new(condition).with_text(text));
    let payload::Append { name, der, .. } = append;
    if der.len() > BYTES || name.len() > NAME {
        return refuse(Condition::NotAcceptable, "the certificate, or its name, is too long");
    }
    if ParsedCertificate::try_from(&CertificateDer::from(der.as_slice())).is_err() {
        return refuse(Condition::NotAcceptable, "that is no X.509 certificate");
    }
    let added = context.client_certificates().add(account, name, der).await;
    match added.map_err(|error| trouble(&error))? {
        Added::Kept => Ok(()),
        Added::NameInUse => refuse(Condition::Conflict, "a certificate has that name already"),
        Added::Known => refuse(Condition::Conflict, "that certificate is registered already"),
        Added::TooMany => refuse(Condition::ResourceConstraint, "disable another one first"),
        Added::NoAccount => Err(Condition::NotAuthorized.into()),
    }
}

async fn items(context: &Context, account: &str) -> Result<Element, StanzaError> {
    let kept = context.client_certificates().of(account).await.map_err(|error| trouble(&error))?;
    let items = kept.into_iter().map(|(name, der)| payload::Registered { name, der }).collect();
    Ok(payload::Certificates { items }.to_element())
}

async fn remove(
    context: &Context,
    account: &str,
    name: Result<String, PayloadError>,
) -> Result<(), StanzaError> {
    let gone = context.client_certificates().remove(account, &name?).await;
    if gone.map_err(|error| trouble(&error))? {
        Ok(())
    } else {
        Err(Condition::ItemNotFound.into())
    }
}

fn trouble(error: &Error) -> StanzaError {
    internal(error, "certificates could not be read or kept")
}
