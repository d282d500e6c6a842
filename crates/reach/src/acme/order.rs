//! One certificate: ordered, the name proven by dns-01 (RFC 8555, section 8.4), fetched.

use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Identifier, NewOrder, Order, OrderStatus,
    RetryPolicy,
};

use super::trouble::{Trouble, words};
use crate::dns::Updater;

/// How long the authority may take to look at the proof, and to sign.
const PATIENCE: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).timeout(Duration::from_secs(120));

/// What the authority gave: both PEM, the chain with the certificate itself first.
pub(super) struct Issued {
    pub(super) chain: String,
    pub(super) key: String,
}

/// Obtains a certificate for `name`.
pub(super) async fn obtain(
    account: &Account,
    name: &str,
    updater: &Updater,
) -> Result<Issued, Trouble> {
    let identifiers = [Identifier::Dns(name.to_owned())];
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
    let proven = prove(&mut order, name, updater).await;
    // Whatever came of it: the proof has done its service.
    if let Err(failure) = updater.prove(name, None).await {
        tracing::debug!("the proof for {name} stays in DNS: {failure}");
    }
    proven?;
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&PATIENCE).await?;
    Ok(Issued { chain, key })
}

async fn prove(order: &mut Order, name: &str, updater: &Updater) -> Result<(), Trouble> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        match authorization.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            other => return Err(Trouble::Refused(format!("the authorization is {other:?}"))),
        }
        let mut challenge = authorization
            .challenge(ChallengeType::Dns01)
            .ok_or_else(|| Trouble::Refused("it offers no dns-01".to_owned()))?;
        let value = challenge.key_authorization().dns_value();
        updater.prove(name, Some(&value)).await?;
        challenge.set_ready().await?;
    }
    match order.poll_ready(&PATIENCE).await? {
        OrderStatus::Ready | OrderStatus::Valid => Ok(()),
        _ => Err(why_not(order).await),
    }
}

/// The order itself says no more than "invalid"; the reason is with the challenge.
async fn why_not(order: &mut Order) -> Trouble {
    let mut reason = "the proof was not accepted".to_owned();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else { continue };
        if let Some(error) = state.challenges.iter().find_map(|c| c.error.as_ref()) {
            reason = words(error);
        }
    }
    Trouble::Refused(reason)
}
