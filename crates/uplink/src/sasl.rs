//! SASL with SCRAM, the best mechanism both sides have (RFC 6120 section 6, RFC 5802, RFC 9266).
//!
//! Left out: PLAIN. A server that wants to see the password is not one to give it to.

use televisor_xmpp::Element;
use televisor_xmpp::features::{offered_channel_bindings, offered_mechanisms};
use televisor_xmpp::sasl::{SaslCondition, SaslReply, SaslRequest};
use televisor_xmpp::scram::client::{Binding, Responded, start};
use televisor_xmpp::scram::{ChannelBinding, Mechanism, ScramError};
use uuid::Uuid;

use crate::failure::Failure;
use crate::stream::XmppStream;

/// Proves that we know the password, and has the server prove it too.
pub(crate) async fn authenticate(
    stream: &mut XmppStream,
    offered: &Element,
    binding: Option<&ChannelBinding>,
    localpart: &str,
    password: &str,
) -> Result<(), Failure> {
    let mechanisms = offered_mechanisms(offered);
    let binding = binding.filter(|_| may_bind(offered, &mechanisms));
    let mechanism = Mechanism::choose(mechanisms.iter().map(String::as_str), binding.is_some())
        .ok_or_else(|| {
            Failure::Refused(
                "the server offers no login by SCRAM, which does not show it the password"
                    .to_owned(),
            )
        })?;
    let how = match (binding, mechanism.plus) {
        (Some(binding), true) => Binding::Bound(binding),
        (Some(_), false) => Binding::NotOffered,
        (None, _) => Binding::Unsupported,
    };
    let nonce = Uuid::new_v4().simple().to_string();
    let (first, started) = start(mechanism, localpart, password, how, &nonce).map_err(scram)?;
    let mechanism = mechanism.as_str().to_owned();
    let auth = SaslRequest::Auth { mechanism, initial: Some(first.into_bytes()) };
    stream.send(&auth.to_element()).await?;

    let SaslReply::Challenge(challenge) = reply(stream).await? else { return Err(impostor()) };
    // The derivation is meant to be slow: not on a thread that serves others.
    let responded = tokio::task::spawn_blocking(move || started.respond(&challenge)).await;
    let (last, responded) = responded.map_err(|_| Failure::Stopped)?.map_err(scram)?;
    stream.send(&SaslRequest::Response(last.into_bytes()).to_element()).await?;
    finish(stream, responded).await
}

/// Says whether the binding we have is one that the server knows, or the server knows none at all.
fn may_bind(offered: &Element, mechanisms: &[String]) -> bool {
    // COMPAT(ejabberd 23): mechanisms with binding are offered on TLS 1.3, and only older types are
    // understood. So this type is used where it is named (XEP-0440) alone, and elsewhere we must seem
    // to have none: to say that we miss the server's would look like an attack to it.
    let named = offered_channel_bindings(offered).iter().any(|t| t == ChannelBinding::TLS_EXPORTER);
    named || !mechanisms.iter().any(|name| name.ends_with("-PLUS"))
}

async fn finish(stream: &mut XmppStream, responded: Responded) -> Result<(), Failure> {
    let proof = match reply(stream).await? {
        SaslReply::Success(proof) => proof,
        // COMPAT(servers without additional data in success): the proof comes in one more challenge.
        SaslReply::Challenge(proof) => {
            stream.send(&SaslRequest::Response(Vec::new()).to_element()).await?;
            match reply(stream).await? {
                SaslReply::Success(_) => Some(proof),
                SaslReply::Challenge(_) | SaslReply::Failure(_) => None,
            }
        }
        SaslReply::Failure(_) => None,
    };
    responded.verify(&proof.unwrap_or_default()).map_err(scram)
}

/// Waits for the server's next word; a failure is an error here.
async fn reply(stream: &mut XmppStream) -> Result<SaslReply, Failure> {
    let element = stream.next().await?;
    match SaslReply::from_element(&element) {
        Ok(Some(SaslReply::Failure(failure))) => Err(match failure.condition {
            SaslCondition::TemporaryAuthFailure | SaslCondition::Aborted => Failure::Lost(format!(
                "the server cannot check the login now ({})",
                failure.condition
            )),
            condition => Failure::Refused(format!("the server refused the login ({condition})")),
        }),
        Ok(Some(reply)) => Ok(reply),
        Ok(None) | Err(_) => Err(Failure::Lost(format!("{} in the login", element.name()))),
    }
}

fn scram(error: ScramError) -> Failure {
    match error {
        ScramError::ServerSignature => impostor(),
        other => Failure::Refused(format!("the login failed: {other}")),
    }
}

fn impostor() -> Failure {
    Failure::Refused("the server could not prove that it knows the account".to_owned())
}

#[cfg(test)]
mod tests {
    use televisor_xmpp::features::{channel_bindings, features, mechanisms};

    use super::*;

    #[test]
    fn the_channel_is_bound_where_the_server_names_the_way() {
        let offer = |names: &[&str], types: &[&str]| {
            let names = mechanisms(names.iter().copied());
            features([names, channel_bindings(types.iter().copied())])
        };
        let may = |offer: Element| may_bind(&offer, &offered_mechanisms(&offer));
        assert!(may(offer(&["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"], &["tls-exporter"])));
        assert!(may(offer(&["SCRAM-SHA-1"], &[])));
        assert!(!may(offer(&["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"], &[])));
        assert!(!may(offer(&["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"], &["tls-unique"])));
    }
}
