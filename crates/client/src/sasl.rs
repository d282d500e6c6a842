//! SASL with SCRAM, the best mechanism both sides have (RFC 6120 section 6, RFC 5802, RFC 9266,
//! XEP-0474).
//!
//! Left out: PLAIN. The receiver always has SCRAM, and this device never sends its secret.

use televisor_xmpp::Element;
use televisor_xmpp::features::{offered_channel_bindings, offered_mechanisms};
use televisor_xmpp::sasl::{SaslCondition, SaslReply, SaslRequest};
use televisor_xmpp::scram::client::{Binding, start};
use televisor_xmpp::scram::{ChannelBinding, Mechanism, Offer, ScramError};
use uuid::Uuid;

use crate::error::Error;
use crate::stream::XmppStream;

/// Proves that we know the password, and has the server prove it too.
pub(crate) async fn authenticate(
    stream: &mut XmppStream,
    offered: &Element,
    binding: Option<ChannelBinding>,
    localpart: &str,
    password: &str,
) -> Result<(), Error> {
    let mechanisms = offered_mechanisms(offered);
    // XEP-0440: a server that names its types of channel binding must name this one; older servers
    // name none.
    let types = offered_channel_bindings(offered);
    let usable = types.is_empty() || types.iter().any(|t| t == ChannelBinding::TLS_EXPORTER);
    let binding = binding.filter(|_| usable);
    let mechanism = Mechanism::choose(mechanisms.iter().map(String::as_str), binding.is_some())
        .ok_or(Error::NoLogin("no mechanism in common"))?;
    let how = match (&binding, mechanism.plus) {
        (Some(binding), true) => Binding::Bound(binding),
        (Some(_), false) => Binding::NotOffered,
        (None, _) => Binding::Unsupported,
    };
    let nonce = Uuid::new_v4().simple().to_string();
    let (first, started) = start(mechanism, localpart, password, how, &nonce).map_err(scram)?;
    // XEP-0474: nobody in between took anything out of the offer.
    let started = started.offered(&Offer { mechanisms, bindings: types });
    let mechanism = mechanism.as_str().to_owned();
    let auth = SaslRequest::Auth { mechanism, initial: Some(first.into_bytes()) };
    stream.send(&auth.to_element()).await?;

    let SaslReply::Challenge(challenge) = reply(stream).await? else { return Err(Error::Impostor) };
    // The derivation is meant to be slow: not on a thread that serves others.
    let responded = tokio::task::spawn_blocking(move || started.respond(&challenge)).await;
    let (last, responded) = responded.map_err(|_| Error::Ended)?.map_err(scram)?;
    stream.send(&SaslRequest::Response(last.into_bytes()).to_element()).await?;

    let proof = match reply(stream).await? {
        SaslReply::Success(proof) => proof,
        // COMPAT(servers without additional data in success): the proof comes in one more challenge.
        SaslReply::Challenge(proof) => {
            stream.send(&SaslRequest::Response(Vec::new()).to_element()).await?;
            match reply(stream).await? {
                SaslReply::Success(_) => Some(proof),
                _ => None,
            }
        }
        SaslReply::Failure(_) => None,
    };
    responded.verify(&proof.unwrap_or_default()).map_err(scram)
}

/// Waits for the server's next word; a failure is an error here.
async fn reply(stream: &mut XmppStream) -> Result<SaslReply, Error> {
    let element = stream.next().await?;
    match SaslReply::from_element(&element) {
        Ok(Some(SaslReply::Failure(failure))) => match failure.condition {
            SaslCondition::TemporaryAuthFailure | SaslCondition::Aborted => {
                Err(Error::Stream(failure.condition.to_string()))
            }
            condition => Err(Error::Refused { condition: condition.to_string() }),
        },
        Ok(Some(reply)) => Ok(reply),
        Ok(None) | Err(_) => Err(Error::Stream(format!("{} in the login", element.name()))),
    }
}

fn scram(error: ScramError) -> Error {
    match error {
        ScramError::ServerSignature | ScramError::Tampered => Error::Impostor,
        ScramError::Refused => Error::Refused { condition: error.to_string() },
        other => Error::Stream(other.to_string()),
    }
}
